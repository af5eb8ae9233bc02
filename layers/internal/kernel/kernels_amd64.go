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
			tile: tile512, row: row512, transpose: transpose512, expand: formats512.expand, storedRow: formats512.row,
			scaleMax: withScaleMax(scaleMax512), expSum: withExpSum(expSum512), divide: withDivide(divide512),
			siluMul: withElements(16, siluMul512, siluMul), add: withElements(16, add512, addTwo),
			mul: withElements(16, mul512, mulTwo), gelu: withValues(16, gelu512, gelus), geluTanh: withValues(16, geluTanh512, geluTanhs),
			sumSquares: withSumSquares(sumSquares512), scaleMul: withScaleMul(16, scaleMul512),
			sum: withSum(sum512), deviations: withDeviations(deviations512), centreMul: withCentreMul(16, centreMul512),
		})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		kernels = append(kernels, Kernel{
			name: "avx2", arithmetic: arithmetic("fma"), rows: len(tiles2), panels: 2,
			tile: tile2, row: row2, transpose: transpose2, expand: formats2.expand, storedRow: formats2.row,
			scaleMax: withScaleMax(scaleMax2), expSum: withExpSum(expSum2), divide: withDivide(divide2),
			siluMul: withElements(8, siluMul2, siluMul), add: withElements(8, add2, addTwo),
			mul: withElements(8, mul2, mulTwo), gelu: withValues(8, gelu2, gelus), geluTanh: withValues(8, geluTanh2, geluTanhs),
			sumSquares: withSumSquares(sumSquares2), scaleMul: withScaleMul(8, scaleMul2),
			sum: withSum(sum2), deviations: withDeviations(deviations2), centreMul: withCentreMul(8, centreMul2),
		})
	}
	return kernels
}
