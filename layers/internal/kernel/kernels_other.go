//go:build !amd64 || noasm

package kernel

// assembly lists the kernels in assembly that the processor can run.
func assembly() []Kernel { return nil }

// pause passes a few nanoseconds.
func pause() {}
