//go:build !noasm

package dense

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg dense

var fast = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// tile is tileGo on what the processor has.
func tile(c []float64, ldc int, a, b []float64, k int) {
	if !fast || k == 0 {
		tileGo(c, ldc, a, b, k)
		return
	}
	_, _, _ = c[(tileRows-1)*ldc+tileColumns-1], a[k*tileRows-1], b[k*tileColumns-1]
	tileAVX2(&c[0], ldc, &a[0], &b[0], k)
}
