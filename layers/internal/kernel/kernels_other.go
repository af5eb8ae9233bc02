//go:build !amd64 || noasm

package kernel

// assembly lists the kernels in assembly that the processor can run.
func assembly() []Kernel { return nil }

// assemblyDot returns the tile of pairs that goes with k, or what there is
// instead of one.
func assemblyDot(Kernel) (dot tileFunc, missing string) {
	return nil, "a build without kernels in assembly"
}

// pause passes a few nanoseconds.
func pause() {}
