package weights

import "encoding/binary"

// The formats of this file number rows of 8 values −1, 0 or 1 of one grid, and
// move a whole row up or down by an eighth. Codes are eighths. Layouts are those
// of ggml-common.h, formulas those of ggml-quants.c (llama.cpp).

// codesIQ1_S unpacks 8 groups of 32 values.
//
//	d f16 | qs [32]byte: low bits of the rows' numbers | qh [8]u16
//	Bits 3k to 3k+2 of qh[i] are the high bits of the number of row k (of 4) of
//	group i, bits 12 to 14 the group's scale; with bit 15 the group moves down.
//	y = d · (2 · scale + 1) · (grid ± 1/8)
func codesIQ1_S(q codes, src []byte) {
	grid, d, qs := gridIQ1(), half(src), src[2:34]
	for i := range 8 {
		qh := uint32(binary.LittleEndian.Uint16(src[34+2*i:]))
		q.scale[i] = d * float32(qh>>12&7*2+1) * 0.125
		for k := range 4 {
			row := uint32(qs[4*i+k]) | qh>>(3*k)&7<<8
			moved(q.code[32*i+8*k:], grid[8*row:][:8], qh>>15)
		}
	}
}

// codesIQ1_M unpacks 16 groups of 16 values.
//
//	qs [32]byte: low bits of the rows' numbers | qh [16]byte | scales [4]u16
//	The high nibbles of scales, first lowest, are d f16; bits 3k to 3k+2 of
//	scales[i] are the scale of group 4i+k. The low nibble of qh[i] belongs to row
//	2i, the high one to row 2i+1: three high bits of its number; with the fourth
//	bit it moves down.
//	y = d · (2 · scale + 1) · (grid ± 1/8)
func codesIQ1_M(q codes, src []byte) {
	grid, qs, qh, scales := gridIQ1(), src[:32], src[32:48], src[48:56]
	bits := binary.LittleEndian.Uint64(scales)
	d := halfBits(uint32(bits>>12&15 | bits>>28&15<<4 | bits>>44&15<<8 | bits>>60<<12))
	for i, b := range qh {
		scale := binary.LittleEndian.Uint16(scales[i/4*2:]) >> (i % 4 * 3) & 7
		q.scale[i] = d * float32(scale*2+1) * 0.125
		for k := range 2 {
			high := uint32(b >> (4 * k))
			row := uint32(qs[2*i+k]) | high&7<<8
			moved(q.code[16*i+8*k:], grid[8*row:][:8], high>>3&1)
		}
	}
}

// moved writes the values of a grid's row, one eighth less where down is 1, one
// more where it is 0.
func moved(code, row []int8, down uint32) {
	code = code[:len(row)]
	move := 1 - 2*int8(down)
	for j, v := range row {
		code[j] = v + move
	}
}
