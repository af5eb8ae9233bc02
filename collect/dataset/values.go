package dataset

import (
	"encoding/binary"
	"math"
	"slices"
)

// The exponent of NaN and infinity, in two neighbouring values of 32 bits and in
// four of 16. The same exponent increased by one reaches the sign bit, and no
// other does: so values are looked at eight bytes at a time.
const (
	exponents32 = 0x7f800000_7f800000
	ones32      = 0x00800000_00800000
	exponentsB  = 0x7f80_7f80_7f80_7f80
	onesB       = 0x0080_0080_0080_0080
	exponents16 = 0x7c00_7c00_7c00_7c00
	ones16      = 0x0400_0400_0400_0400
	signs32     = 0x80000000_80000000
	signs16     = 0x8000_8000_8000_8000
)

// appendValues appends v as d stores it. It gives the index of the first value
// that is not finite or not finite once stored, or -1.
func appendValues(b []byte, d DType, v []float32) ([]byte, int) {
	from := len(b)
	b = slices.Grow(b, d.Size()*len(v))[:from+d.Size()*len(v)]
	stored := b[from:]
	switch d {
	case BF16:
		for i, x := range v {
			binary.LittleEndian.PutUint16(stored[2*i:], bf16(x))
		}
	case F16:
		for i, x := range v {
			binary.LittleEndian.PutUint16(stored[2*i:], f16(x))
		}
	default:
		for i, x := range v {
			binary.LittleEndian.PutUint32(stored[4*i:4*i+4], math.Float32bits(x))
		}
	}
	return b, notFinite(d, stored)
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
	exponents, ones, signs := uint64(exponents32), uint64(ones32), uint64(signs32)
	switch d {
	case BF16:
		exponents, ones, signs = exponentsB, onesB, signs16
	case F16:
		exponents, ones, signs = exponents16, ones16, signs16
	}
	const block = 64 // bytes between looks at what was found
	at := 0
	for ; at+block <= len(b); at += block {
		found := uint64(0)
		for part := b[at : at+block]; len(part) >= 8; part = part[8:] {
			found |= binary.LittleEndian.Uint64(part)&exponents + ones
		}
		if found&signs != 0 {
			break
		}
	}
	size := d.Size()
	for ; at+size <= len(b); at += size {
		u := uint64(0)
		for i := range size {
			u |= uint64(b[at+i]) << (8 * i)
		}
		if (u&exponents+ones)&signs != 0 {
			return at / size
		}
	}
	return -1
}
