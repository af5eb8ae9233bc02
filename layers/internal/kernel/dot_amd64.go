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

// assemblyDot returns the tile of pairs that goes with k, or what there is
// instead of one.
func assemblyDot(k Kernel) (dot tileFunc, missing string) {
	switch {
	case !cpu.X86.HasAVX512F:
		return nil, "one without AVX-512"
	case !cpu.X86.HasAVX512BF16:
		return nil, "one with AVX-512 but without AVX512-BF16"
	case k.name != "avx512":
		return nil, Variable + "=" + k.name
	}
	return dot512, ""
}

// dot512 is Kernel.dot for 1 to 14 rows.
func dot512(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, next *byte) {
	checkTile(mr, c, ldc, a, lda, w, k)
	if next == nil {
		next = (*byte)(unsafe.Pointer(unsafe.SliceData(w))) // in a cache already
	}
	dots512[mr-1](&c[0], ldc, unsafe.SliceData(a), lda, unsafe.SliceData(w), k, int(m), next)
}
