//go:build !noasm

package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

var dots512 = [...]tileAssembly{
	dot512x1, dot512x2, dot512x3, dot512x4, dot512x5, dot512x6, dot512x7,
	dot512x8, dot512x9, dot512x10, dot512x11, dot512x12, dot512x13, dot512x14,
}

// assemblyDot returns the tile of pairs that goes with k and what makes pairs of
// rows, or what there is instead of them.
func assemblyDot(k Kernel) (dot tileFunc, round func(dst, row []float32), missing string) {
	switch {
	case !cpu.X86.HasAVX512F:
		return nil, nil, "one without AVX-512"
	case !cpu.X86.HasAVX512BF16:
		return nil, nil, "one with AVX-512 but without AVX512-BF16"
	case k.name != "avx512":
		return nil, nil, Variable + "=" + k.name
	}
	return dot512, round512, ""
}

// dot512 is Kernel.dot for 1 to 14 rows.
func dot512(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, next *byte) {
	checkTile(mr, c, ldc, a, lda, w, k)
	if next == nil {
		next = (*byte)(unsafe.Pointer(unsafe.SliceData(w))) // in a cache already
	}
	dots512[mr-1](&c[0], ldc, unsafe.SliceData(a), lda, unsafe.SliceData(w), k, int(m), next)
}

// round512 is Kernel.roundPairs.
func round512(dst, row []float32) {
	const width = 32
	dst = dst[:pairs(len(row))]
	whole := len(row) / width
	if whole > 0 {
		roundPairs512(&dst[0], &row[0], whole)
	}
	roundPairs(dst[whole*width/2:], row[whole*width:])
}
