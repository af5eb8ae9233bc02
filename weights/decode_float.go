package weights

import (
	"encoding/binary"
	"math"
)

// decodeF32 reads little-endian IEEE binary32 values.
func decodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

// decodeF16 reads little-endian IEEE binary16 values.
func decodeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(src[2*i:])
	}
}

// decodeBF16 reads little-endian bfloat16 values, the upper halves of binary32.
func decodeBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

// half returns the little-endian binary16 value at the start of b.
func half(b []byte) float32 { return halfBits(uint32(binary.LittleEndian.Uint16(b))) }

// halfBits returns the binary16 value whose 16 bits are h. Every binary16 value
// has an exact binary32 one; NaNs keep their payload.
func halfBits(h uint32) float32 {
	sign, exp, frac := h&0x8000<<16, h>>10&0x1f, h&0x3ff
	switch exp {
	case 0: // zero or subnormal: frac · 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
