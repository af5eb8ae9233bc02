//go:build !noasm

package kernel

import "unsafe"

// formats is the functions of one instruction set that read stored values.
type formats struct {
	panels       int // that a row takes
	expandBF16   func(dst *float32, src *byte, k int)
	expandCodes8 func(dst *float32, src *byte, groups, group, offset int)
	expandCodes4 func(dst *float32, src *byte, groups, group, offset int)

	rowBF16         func(c, x *float32, w *byte, stride, k, m int)
	rowCodes8       func(c, x *float32, w *byte, stride, groups, group, m int)
	rowCodes8Offset func(c, x *float32, w *byte, stride, groups, group, m int)
	rowCodes4       func(c, x *float32, w *byte, stride, groups, group, m int)
}

var (
	formats512 = formats{4, expandBF16512, expandCodes8512, expandCodes4512,
		rowBF16x512, rowCodes8x512, rowCodes8Offsetx512, rowCodes4Offsetx512}
	formats2 = formats{2, expandBF162, expandCodes82, expandCodes42,
		rowBF16x2, rowCodes8x2, rowCodes8Offsetx2, rowCodes4Offsetx2}
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
	_, _, _ = c[e.panels*PanelWidth-1], x[k-1], w[(e.panels-1)*stride+f.panelBytes(k)-1]
	out, in, panel := &c[0], &x[0], &w[0]
	switch {
	case f.kind == bfloat16s:
		e.rowBF16(out, in, panel, stride, k, int(m))
	case f.kind == codes4:
		e.rowCodes4(out, in, panel, stride, k/f.group, f.group, int(m))
	case f.offset:
		e.rowCodes8Offset(out, in, panel, stride, k/f.group, f.group, int(m))
	default:
		e.rowCodes8(out, in, panel, stride, k/f.group, f.group, int(m))
	}
}
