package dataset

import "math"

// bf16 rounds a finite x to the nearest bfloat16, ties to even. What is past
// the largest one becomes infinity.
func bf16(x float32) uint16 {
	u := math.Float32bits(x)
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

func fromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// f16 rounds a finite x to the nearest IEEE 754 binary16, ties to even,
// subnormals included. What is past the largest one becomes infinity.
func f16(x float32) uint16 {
	u := math.Float32bits(x)
	sign := uint16(u >> 16 & 0x8000)
	u &= 0x7fffffff
	switch {
	case u >= 0x47800000: // 65536 and more
		return sign | 0x7c00
	case u >= 0x38800000: // 2^-14: normal; a carry out of the mantissa is the next exponent
		u -= (127 - 15) << 23
		return sign | uint16((u+0xfff+u>>13&1)>>13)
	default:
		// Subnormal: adding 0.5 lets the addition's own rounding to nearest
		// even leave the multiple of 2^-24 in the low bits.
		f := math.Float32frombits(u) + 0.5
		return sign | uint16(math.Float32bits(f)-0x3f000000)
	}
}

func fromF16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp, frac := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0:
		f := float32(frac) * (1.0 / (1 << 24)) // exact
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}
