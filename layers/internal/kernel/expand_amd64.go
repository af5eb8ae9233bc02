//go:build !noasm

package kernel

import "unsafe"

// expander is the functions that expand panels with one instruction set.
type expander struct {
	bf16   func(dst *float32, src *byte, k int)
	codes8 func(dst *float32, src *byte, groups, group, offset int)
	codes4 func(dst *float32, src *byte, groups, group, offset int)
}

var (
	expand512 = expander{expandBF16512, expandCodes8512, expandCodes4512}
	expand2   = expander{expandBF162, expandCodes82, expandCodes42}
)

// expand is Kernel.expand.
func (e expander) expand(f Format, dst []float32, src []byte, k int) {
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
		e.bf16(d, s, k)
	case codes8:
		e.codes8(d, s, k/f.group, f.group, offset)
	case codes4:
		e.codes4(d, s, k/f.group, f.group, offset)
	default:
		f.expand(dst, src, k)
	}
}
