package weights

import "encoding/binary"

// The formats of this file number rows of 4 values of a grid, and give each
// value its sign. Layouts are those of ggml-common.h, formulas those of
// ggml-quants.c (llama.cpp): d is binary16.

// codesIQ3_XXS unpacks 8 groups of 32 values.
//
//	d f16 | qs [64]byte: the rows' numbers | 8 × u32: 7 signs of each pair of
//	rows (evenSigns), first lowest, then 4 bits of the group's scale
//	y = d · (scale + 1/2) / 2 · grid
func codesIQ3_XXS(q codes, src []byte) {
	grid, d, qs := gridIQ3XXS(), half(src), src[2:66]
	for i := range 8 {
		bits := binary.LittleEndian.Uint32(src[66+4*i:])
		q.scale[i] = d * float32(bits>>28*2+1) * 0.25
		for k := range 4 {
			signs, rows := evenSigns(bits>>(7*k)), qs[8*i+2*k:][:2]
			code := q.code[32*i+8*k:][:8]
			signed(code, grid[4*int(rows[0]):][:4], signs)
			signed(code[4:], grid[4*int(rows[1]):][:4], signs>>4)
		}
	}
}

// codesIQ3_S unpacks 8 groups of 32 values.
//
//	d f16 | qs [64]byte: low bits of the rows' numbers | qh [8]byte: bit k of
//	qh[i] is the high bit of row 8i+k | signs [32]byte, each of two rows |
//	scales [4]byte: groups 2i and 2i+1 have the low and the high nibble
//	y = d · (2 · scale + 1) · grid
func codesIQ3_S(q codes, src []byte) {
	grid, d, qs, qh, signs := gridIQ3S(), half(src), src[2:66], src[66:74], src[74:106]
	for i, b := range src[106:110] {
		q.scale[2*i] = d * float32(b&15*2+1)
		q.scale[2*i+1] = d * float32(b>>4*2+1)
	}
	for i, low := range qs {
		row := int(low) | int(qh[i/8]>>(i%8)&1)<<8
		signed(q.code[4*i:], grid[4*row:][:4], signs[i/2]>>(i%2*4))
	}
}
