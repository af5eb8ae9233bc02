//go:build !noasm

package kernel

import "unsafe"

//go:generate go -C _asm run ./avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg kernel
//go:generate go -C _asm run ./avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg kernel

// tileAssembly is a tile of a fixed number of rows.
type tileAssembly func(c *float32, ldc int, a *float32, lda int, w *float32, k int, m int, next *byte)

var (
	tiles512 = [...]tileAssembly{
		tile512x1, tile512x2, tile512x3, tile512x4, tile512x5, tile512x6, tile512x7,
		tile512x8, tile512x9, tile512x10, tile512x11, tile512x12, tile512x13, tile512x14,
	}
	tiles2 = [...]tileAssembly{tile2x1, tile2x2, tile2x3, tile2x4, tile2x5, tile2x6}
)

// tile512 is tileFunc for 1 to 14 rows.
func tile512(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, next *byte) {
	checkTile(mr, c, ldc, a, lda, w, k)
	if next == nil {
		next = (*byte)(unsafe.Pointer(unsafe.SliceData(w))) // in a cache already
	}
	tiles512[mr-1](&c[0], ldc, unsafe.SliceData(a), lda, unsafe.SliceData(w), k, int(m), next)
}

// tile2 is tileFunc for 1 to 6 rows.
func tile2(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, next *byte) {
	checkTile(mr, c, ldc, a, lda, w, k)
	f, rows, panel := tiles2[mr-1], unsafe.SliceData(a), unsafe.SliceData(w)
	cached := (*byte)(unsafe.Pointer(panel))
	if next == nil {
		next = cached
	}
	f(&c[0], ldc, rows, lda, panel, k, int(m), next)
	if k > 0 {
		panel = &w[PanelWidth/2]
	}
	f(&c[PanelWidth/2], ldc, rows, lda, panel, k, int(m), cached)
}

// checkTile panics where a tile would leave its slices: assembly has no bounds
// of its own.
func checkTile(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int) {
	_ = c[(mr-1)*ldc+PanelWidth-1]
	if k > 0 {
		_, _ = a[(k-1)*lda+mr-1], w[k*PanelWidth-1]
	}
}

// row512 is rowFunc for four panels.
func row512(c, a, w []float32, stride, k int, m mode) {
	checkRow(4, c, a, w, stride, k)
	row512x128(&c[0], unsafe.SliceData(a), unsafe.SliceData(w), stride, k, int(m))
}

// row2 is rowFunc for two panels.
func row2(c, a, w []float32, stride, k int, m mode) {
	checkRow(2, c, a, w, stride, k)
	row2x64(&c[0], unsafe.SliceData(a), unsafe.SliceData(w), stride, k, int(m))
}

// checkRow panics where a row would leave its slices.
func checkRow(panels int, c, a, w []float32, stride, k int) {
	_ = c[panels*PanelWidth-1]
	if k > 0 {
		_, _ = a[k-1], w[(panels-1)*stride+k*PanelWidth-1]
	}
}

// transpose512 is Kernel.transpose, 16 rows by 16 values at a time.
func transpose512(dst []float32, stride int, src []float32, at *[laneCount]int, count, n int) {
	const width = 16
	whole := n / width
	if whole > 0 {
		checkTranspose(dst, stride, src, at[:], whole*width, width)
		transpose512x16(&dst[0], stride, &src[0], &at[0], whole)
	}
	transposeRest(dst, stride, src, at[:count], whole*width, n)
}

// transpose2 is Kernel.transpose, 8 rows by 8 values at a time.
func transpose2(dst []float32, stride int, src []float32, at *[laneCount]int, count, n int) {
	const width = 8
	whole := n / width
	for r := 0; r < count && whole > 0; r += width {
		checkTranspose(dst[r:], stride, src, at[r:r+width], whole*width, width)
		transpose2x8(&dst[r], stride, &src[0], &at[r], whole)
	}
	transposeRest(dst, stride, src, at[:count], whole*width, n)
}

// checkTranspose panics where a transposition of n values of each row would
// leave its slices.
func checkTranspose(dst []float32, stride int, src []float32, at []int, n, width int) {
	_ = dst[(n-1)*stride+width-1]
	for _, o := range at {
		_ = src[o : o+n]
	}
}

// transposeRest transposes values [from, n) of every row.
func transposeRest(dst []float32, stride int, src []float32, at []int, from, n int) {
	for i := from; i < n; i++ {
		for r, o := range at {
			dst[i*stride+r] = src[o+i]
		}
	}
}
