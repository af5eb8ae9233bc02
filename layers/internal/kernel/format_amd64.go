//go:build !noasm

package kernel

import (
	"math/bits"
	"unsafe"
)

//go:generate go -C _asm run ./stored -out ../stored_amd64.s -stubs ../stored_amd64.go -pkg kernel

// formats is the functions of one instruction set that read stored values; of rows,
// those of one panel, of two, and of four where there are registers for them.
type formats struct {
	expandBF16   func(dst *float32, src *byte, k int)
	expandCodes8 func(dst *float32, src *byte, groups, group, offset int)
	expandCodes4 func(dst *float32, src *byte, groups, group, offset int)

	rowBF16         []func(c, x *float32, w *byte, stride, k, m int)
	rowCodes8       []rowOfCodes
	rowCodes8Offset []rowOfCodes
	rowCodes4       []rowOfCodes
}

// rowOfCodes multiplies a row with panels of groups of codes.
type rowOfCodes = func(c, x *float32, w *byte, stride, groups, group, m int)

var (
	formats512 = formats{expandBF16512, expandCodes8512, expandCodes4512,
		[]func(c, x *float32, w *byte, stride, k, m int){rowBF16x1v512, rowBF16x2v512, rowBF16x4v512},
		[]rowOfCodes{rowCodes8x1v512, rowCodes8x2v512, rowCodes8x4v512},
		[]rowOfCodes{rowCodes8Offsetx1v512, rowCodes8Offsetx2v512, rowCodes8Offsetx4v512},
		[]rowOfCodes{rowCodes4Offsetx1v512, rowCodes4Offsetx2v512, rowCodes4Offsetx4v512}}
	formats2 = formats{expandBF162, expandCodes82, expandCodes42,
		[]func(c, x *float32, w *byte, stride, k, m int){rowBF16x1v2, rowBF16x2v2},
		[]rowOfCodes{rowCodes8x1v2, rowCodes8x2v2},
		[]rowOfCodes{rowCodes8Offsetx1v2, rowCodes8Offsetx2v2},
		[]rowOfCodes{rowCodes4Offsetx1v2, rowCodes4Offsetx2v2}}
)

// expand is Kernel.expand.
func (e *formats) expand(f Format, dst []float32, src []byte, k int) {
	// Assembly has no bounds of its own.
	if dst, src = dst[:k*PanelWidth], src[:f.panelBytes(k)]; k == 0 {
		return
	}
	d, s := unsafe.SliceData(dst), unsafe.SliceData(src)
	offset := 0
	if f.offset {
		offset = 1
	}
	switch f.kind {
	case bfloat16s:
		e.expandBF16(d, s, k)
	case codes8:
		e.expandCodes8(d, s, k/f.group, f.group, offset)
	case codes4:
		e.expandCodes4(d, s, k/f.group, f.group, offset)
	default:
		f.expand(dst, src, k)
	}
}

// row is Kernel.storedRow.
func (e *formats) row(f Format, c, x []float32, w []byte, stride, k int, m mode) {
	panels := len(c) / PanelWidth
	_, _ = x[k-1], w[(panels-1)*stride+f.panelBytes(k)-1]
	i := bits.Len(uint(panels)) - 1
	out, in, panel := &c[0], &x[0], &w[0]
	switch {
	case f.kind == bfloat16s:
		e.rowBF16[i](out, in, panel, stride, k, int(m))
	case f.kind == codes4:
		e.rowCodes4[i](out, in, panel, stride, k/f.group, f.group, int(m))
	case f.offset:
		e.rowCodes8Offset[i](out, in, panel, stride, k/f.group, f.group, int(m))
	default:
		e.rowCodes8[i](out, in, panel, stride, k/f.group, f.group, int(m))
	}
}
