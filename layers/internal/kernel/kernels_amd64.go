//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// assembly lists the kernels in assembly that the processor can run, the
// fastest first.
func assembly() []Kernel {
	var kernels []Kernel
	if cpu.X86.HasAVX512F {
		kernels = append(kernels, Kernel{
			name: "avx512", arithmetic: arithmetic("fma"), rows: len(tiles512), panels: 4,
			tile: tile512, row: row512, transpose: transpose512,
			scaleMax: scaleMax, expSum: expSum, divide: divide,
		})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		kernels = append(kernels, Kernel{
			name: "avx2", arithmetic: arithmetic("fma"), rows: len(tiles2), panels: 2,
			tile: tile2, row: row2, transpose: transpose2,
			scaleMax: scaleMax, expSum: expSum, divide: divide,
		})
	}
	return kernels
}
