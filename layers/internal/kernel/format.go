package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// Format is how the values of a packed weight are stored. A panel holds its
// values in groups of k: a group is [Group][32] values of one of the kinds
// below, expanded to float32 before they are multiplied.
type Format struct {
	kind   kind
	group  int  // neighbouring k of one row that share scale and offset
	offset bool // groups have offsets
}

// kind is the form of a stored value.
type kind int

const (
	// float32s are stored as they are, [32] values for each k.
	float32s kind = iota
	// bfloat16s are the upper halves of float32s. Word j of the 16 words of a k
	// holds column j below and column j+16 above.
	bfloat16s
	// codes8 are integers of 8 bits on a line, value = scale·code + offset. A
	// group is scale [32] float32, offset [32] float32 where there are offsets,
	// and [Group][32] int8.
	codes8
	// codes4 are integers of 4 bits, 0 to 15, on a line. A group is scale [32]
	// float32, offset [32] float32 and [Group][16] bytes: column j in the low,
	// j+16 in the high nibble of byte j.
	codes4
	// bfloat16Pairs are two bfloat16s of neighbouring k in a word, the even k
	// below, [32] words for each pair. They are not expanded: [Kernel.dot] takes
	// words of x made alike.
	bfloat16Pairs
)

// The formats whose values are not codes. Pairs rounds values to the nearest
// bf16, ties to even; only kernels that have [Kernel.Dots] multiply it.
var (
	Float32  = Format{kind: float32s, group: 1}
	BFloat16 = Format{kind: bfloat16s, group: 1}
	Pairs    = Format{kind: bfloat16Pairs, group: 2}
)

// Codes is the format of values scale·code + offset, whose rows share scale and
// offset among group neighbouring k; group divides 32. Codes from lowest to
// highest are within int8; the product scale·code is exact.
func Codes(lowest, highest, group int, offset bool) Format {
	if highest-lowest < 16 {
		return Format{kind: codes4, group: group, offset: true} // the lowest code becomes 0
	}
	return Format{kind: codes8, group: group, offset: offset}
}

// String names the format by bits a value: "f32", "bf16", "8 bits", "4 bits",
// "bf16 pairs".
func (f Format) String() string {
	return [...]string{float32s: "f32", bfloat16s: "bf16", codes8: "8 bits", codes4: "4 bits", bfloat16Pairs: "bf16 pairs"}[f.kind]
}

// groupBytes returns the size of a group in a panel.
func (f Format) groupBytes() int {
	line := PanelWidth * 4
	switch f.kind {
	case bfloat16s:
		return PanelWidth * 2
	case codes8:
		if f.offset {
			line *= 2
		}
		return line + f.group*PanelWidth
	case codes4:
		return 2*line + f.group*PanelWidth/2
	default:
		return PanelWidth * 4
	}
}

// panelBytes returns the size of a panel of depth k.
func (f Format) panelBytes(k int) int {
	if f == Pairs {
		return pairs(k) * PanelWidth * 4
	}
	return k / f.group * f.groupBytes()
}

// check panics where a matrix of depth k cannot have the format.
func (f Format) check(k int) {
	if 32%f.group != 0 { // so that it divides BlockK too
		panic(fmt.Sprintf("kernel: format %s: want groups that divide 32, have %d", f, f.group))
	}
	if k%f.group != 0 && f != Pairs {
		panic(fmt.Sprintf("kernel: format %s: want a depth of whole groups of %d, have %d", f, f.group, k))
	}
}

// expand is the plain form of Kernel.expand: it writes k rows [k][32] of a
// panel that begins with src.
func (f Format) expand(dst []float32, src []byte, k int) {
	switch f.kind {
	case float32s:
		copy(dst[:k*PanelWidth], asFloats(src))
	case bfloat16s:
		for i := range k {
			row, words := dst[i*PanelWidth:][:PanelWidth], asWords(src)[i*PanelWidth/2:]
			for j := range PanelWidth / 2 {
				row[j] = math.Float32frombits(words[j] << 16)
				row[j+PanelWidth/2] = math.Float32frombits(words[j] >> 16 << 16)
			}
		}
	default:
		for ; k > 0; k -= f.group {
			f.expandGroup(dst, src)
			dst, src = dst[f.group*PanelWidth:], src[f.groupBytes():]
		}
	}
}

// expandGroup writes the values of one group of codes.
func (f Format) expandGroup(dst []float32, src []byte) {
	const line = PanelWidth * 4
	scale, offset, codes := asFloats(src)[:PanelWidth], noOffset[:], src[line:]
	if f.offset {
		offset, codes = asFloats(codes)[:PanelWidth], codes[line:]
	}
	for i := range f.group {
		row := dst[i*PanelWidth:][:PanelWidth]
		for j := range row {
			var code float32
			if f.kind == codes8 {
				code = float32(int8(codes[i*PanelWidth+j]))
			} else {
				code = float32(codes[i*PanelWidth/2+j%16] >> (j / 16 * 4) & 15)
			}
			row[j] = float32(scale[j]*code) + offset[j]
		}
	}
}

// noOffset added to a value leaves all its bits: -0 is the neutral element.
var noOffset = func() (o [PanelWidth]float32) {
	for j := range o {
		o[j] = float32(math.Copysign(0, -1))
	}
	return o
}()

// asFloats and asWords view bytes that hold values of 4 bytes.
func asFloats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func asWords(b []byte) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
