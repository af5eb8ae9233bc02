package kernel

import "runtime"

// relax passes the i-th moment of waiting for another thread: at first without
// giving up the processor, later letting other goroutines run, among them a
// helper that has none.
func relax(i int) {
	if i < 1000 {
		pause()
	} else {
		runtime.Gosched()
	}
}
