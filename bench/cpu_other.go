//go:build !unix

package bench

// cpuSeconds returns 0: the processor time of this process is not known.
func cpuSeconds() float64 { return 0 }
