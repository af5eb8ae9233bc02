package weights

import "encoding/binary"

// The formats of this file number rows of 8 values 8, 25 or 43 of a grid, and
// give each value its sign. Layouts are those of ggml-common.h, formulas those of
// ggml-quants.c (llama.cpp): d is binary16.

// codesIQ2_XXS unpacks 8 groups of 32 values.
//
//	d f16 | 8 groups: rows [4]byte | u32: 7 signs of each row (evenSigns), first
//	lowest, then 4 bits of scale
//	y = d · (scale + 1/2) / 4 · grid
func codesIQ2_XXS(q codes, src []byte) {
	grid, d := gridIQ2XXS(), half(src)
	for i := range 8 {
		group := src[2+8*i:][:8]
		bits := binary.LittleEndian.Uint32(group[4:])
		q.scale[i] = d * float32(bits>>28*2+1) * 0.125
		for k, row := range group[:4] {
			signed(q.code[32*i+8*k:], grid[8*int(row):][:8], evenSigns(bits>>(7*k)))
		}
	}
}

// codesIQ2_XS unpacks 16 groups of 16 values.
//
//	d f16 | qs [32]u16: 9 bits of a row's number, 7 signs (evenSigns) |
//	scales [8]byte: groups 2i and 2i+1 have the low and the high nibble
//	y = d · (scale + 1/2) / 4 · grid
func codesIQ2_XS(q codes, src []byte) {
	grid := gridIQ2XS()
	q.halfScales(half(src), src[66:74])
	for i := range 32 {
		bits := uint32(binary.LittleEndian.Uint16(src[2+2*i:]))
		signed(q.code[8*i:], grid[8*(bits&511):][:8], evenSigns(bits>>9))
	}
}

// codesIQ2_S unpacks 16 groups of 16 values.
//
//	d f16 | qs [32]byte: low bits of the rows' numbers | signs [32]byte |
//	qh [8]byte: bits 2k and 2k+1 of qh[i] are the high bits of row 4i+k |
//	scales [8]byte: groups 2i and 2i+1 have the low and the high nibble
//	y = d · (scale + 1/2) / 4 · grid
func codesIQ2_S(q codes, src []byte) {
	grid, qs, signs, qh := gridIQ2S(), src[2:34], src[34:66], src[66:74]
	q.halfScales(half(src), src[74:82])
	for i, low := range qs {
		row := int(low) | int(qh[i/4]>>(i%4*2)&3)<<8
		signed(q.code[8*i:], grid[8*row:][:8], signs[i])
	}
}

// halfScales writes the scales d · (n + 1/2) / 4 of the groups whose n are the
// nibbles of scales, low ones first.
func (q codes) halfScales(d float32, scales []byte) {
	for i, b := range scales {
		q.scale[2*i] = d * float32(b&15*2+1) * 0.125
		q.scale[2*i+1] = d * float32(b>>4*2+1) * 0.125
	}
}
