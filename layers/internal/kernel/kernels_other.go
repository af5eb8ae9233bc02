//go:build !amd64 || noasm

package kernel

// assembly lists the kernels in assembly that the processor can run.
func assembly() []Kernel { return nil }

// assemblyDot returns the tile of pairs that goes with k and what makes pairs of
// rows, or what there is instead of them.
func assemblyDot(Kernel) (dot tileFunc, round func(dst, row []float32), missing string) {
	return nil, nil, "a build without kernels in assembly"
}

// pause passes a few nanoseconds.
func pause() {}
