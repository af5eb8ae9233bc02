package weights

import (
	"encoding/binary"
	"math"
)

// The formats of this file store for each value 4 bits, its number in a list of
// 16. Layouts are those of ggml-common.h, formulas those of ggml-quants.c
// (llama.cpp): d is binary16.

// listIQ4 and listMXFP4 are the lists, as codes. Those of MXFP4 are doubled: the
// values of E2M1 (OCP Microscaling Formats 1.0) are halves.
var (
	listIQ4   = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}
	listMXFP4 = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}
)

// codesIQ4_NL unpacks one group of 32 values.
//
//	d f16 | qs [16]byte (listed)
//	y = d · list
func codesIQ4_NL(q codes, src []byte) {
	q.scale[0] = half(src)
	listed(q.code, src[2:], &listIQ4)
}

// codesIQ4_XS unpacks 8 groups of 32 values.
//
//	d f16 | high u16: bits 2i and 2i+1 are the high bits of scale i | low
//	[4]byte: scales 2i and 2i+1 have their low bits in the low and the high
//	nibble | qs [8][16]byte (listed)
//	y = d · (scale − 32) · list
func codesIQ4_XS(q codes, src []byte) {
	d, high, low := half(src), binary.LittleEndian.Uint16(src[2:]), src[4:8]
	for i := range 8 {
		scale := low[i/2]>>(i%2*4)&15 | byte(high>>(2*i)&3<<4)
		q.scale[i] = d * float32(int(scale)-32)
		listed(q.code[32*i:], src[8+16*i:], &listIQ4)
	}
}

// codesMXFP4 unpacks one group of 32 values.
//
//	e byte | qs [16]byte (listed)
//	y = 2^(e−128) · list; the list is doubled
func codesMXFP4(q codes, src []byte) {
	q.scale[0] = exp2(int(src[0]) - 128)
	listed(q.code, src[1:], &listMXFP4)
}

// exp2 returns 2^n for n from −128 to 127. The lowest two are subnormal.
func exp2(n int) float32 {
	if n < -126 {
		return math.Float32frombits(1 << (n + 149))
	}
	return math.Float32frombits(uint32(n+127) << 23)
}

// listed writes 32 codes from 16 bytes: value j has the low, j+16 the high
// nibble of qs[j].
func listed(code []int8, qs []byte, list *[16]int8) {
	to, from := (*[32]int8)(code), (*[16]byte)(qs)
	for j, b := range from {
		to[j] = list[b&15]
		to[j+16] = list[b>>4]
	}
}
