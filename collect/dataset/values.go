package dataset

import (
	"encoding/binary"
	"math"
	"slices"
)

// Finite reports whether no value is NaN or infinite. It takes four at a time,
// since every row of a dataset is looked at: an exponent of ones, and no other,
// carries into the sign.
func Finite(v []float32) bool {
	const sign, one = 1 << 31, 1 << 23
	var carry uint32
	for ; len(v) >= 4; v = v[4:] {
		carry |= (math.Float32bits(v[0])&^sign + one) | (math.Float32bits(v[1])&^sign + one) |
			(math.Float32bits(v[2])&^sign + one) | (math.Float32bits(v[3])&^sign + one)
	}
	for _, x := range v {
		carry |= math.Float32bits(x)&^sign + one
	}
	return carry&sign == 0
}

// appendValues appends v as d stores it. It gives the index of the first value
// that is not finite or not finite once stored, or -1.
func appendValues(b []byte, d DType, v []float32) ([]byte, int) {
	const inf32, inf16, infB = 0x7f800000, 0x7c00, 0x7f80
	bad := -1
	if d == F32 && Finite(v) {
		at := len(b)
		b = slices.Grow(b, 4*len(v))[:at+4*len(v)]
		for i, x := range v {
			binary.LittleEndian.PutUint32(b[at+4*i:], math.Float32bits(x))
		}
		return b, bad
	}
	for i, x := range v {
		u := math.Float32bits(x)
		over := u&inf32 == inf32
		switch d {
		case BF16:
			h := bf16(x)
			over = over || h&infB == infB
			b = binary.LittleEndian.AppendUint16(b, h)
		case F16:
			h := f16(x)
			over = over || h&inf16 == inf16
			b = binary.LittleEndian.AppendUint16(b, h)
		default:
			b = binary.LittleEndian.AppendUint32(b, u)
		}
		if over && bad < 0 {
			bad = i
		}
	}
	return b, bad
}

// decodeValues decodes the values of b into dst, which is long enough.
func decodeValues(dst []float32, d DType, b []byte) {
	switch d {
	case BF16:
		for i := range dst {
			dst[i] = fromBF16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = fromF16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	default:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
}

// notFinite gives the index of the first value of b that is NaN or infinite,
// or -1.
func notFinite(d DType, b []byte) int {
	switch d {
	case BF16, F16:
		mask := uint16(0x7f80)
		if d == F16 {
			mask = 0x7c00
		}
		for i := 0; i+2 <= len(b); i += 2 {
			if binary.LittleEndian.Uint16(b[i:])&mask == mask {
				return i / 2
			}
		}
	default:
		for i := 0; i+4 <= len(b); i += 4 {
			if binary.LittleEndian.Uint32(b[i:])&0x7f800000 == 0x7f800000 {
				return i / 4
			}
		}
	}
	return -1
}
