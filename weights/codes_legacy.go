package weights

import "encoding/binary"

// The formats of this file pack 32 values a block, one group. Layouts are those
// of ggml-common.h, formulas those of ggml-quants.c (llama.cpp): d and m are
// binary16.

// nibbles writes the codes of 16 bytes: value j in the low, j+16 in the high
// nibble of qs[j], both less middle.
func (q codes) nibbles(qs []byte, middle int8) {
	code, qs := (*[32]int8)(q.code), (*[16]byte)(qs)[:]
	for j, b := range qs {
		code[j] = int8(b&15) - middle
		code[j+16] = int8(b>>4) - middle
	}
}

// fifths adds bit j of high to code j, as its bit 4.
func (q codes) fifths(high uint32) {
	for j := range 32 {
		q.code[j] += int8(high >> j & 1 << 4)
	}
}

// codesQ4_0 unpacks 32 values of 4 bits around a fixed middle.
//
//	d f16 | qs [16]byte (nibbles)
//	y = d · (q − 8)
func codesQ4_0(q codes, src []byte) {
	q.scale[0] = half(src)
	q.nibbles(src[2:], 8)
}

// codesQ4_1 unpacks 32 values of 4 bits above a stored minimum.
//
//	d f16 | m f16 | qs [16]byte (nibbles)
//	y = d · q + m
func codesQ4_1(q codes, src []byte) {
	q.scale[0], q.offset[0] = half(src), half(src[2:])
	q.nibbles(src[4:], 0)
}

// codesQ5_0 unpacks 32 values of 5 bits around a fixed middle.
//
//	d f16 | qh u32 (fifths) | qs [16]byte (nibbles)
//	y = d · (q − 16)
func codesQ5_0(q codes, src []byte) {
	q.scale[0] = half(src)
	q.nibbles(src[6:], 16)
	q.fifths(binary.LittleEndian.Uint32(src[2:]))
}

// codesQ5_1 unpacks 32 values of 5 bits above a stored minimum.
//
//	d f16 | m f16 | qh u32 (fifths) | qs [16]byte (nibbles)
//	y = d · q + m
func codesQ5_1(q codes, src []byte) {
	q.scale[0], q.offset[0] = half(src), half(src[2:])
	q.nibbles(src[8:], 0)
	q.fifths(binary.LittleEndian.Uint32(src[4:]))
}

// codesQ8_0 unpacks 32 values of 8 bits.
//
//	d f16 | qs [32]int8
//	y = d · q
func codesQ8_0(q codes, src []byte) {
	q.scale[0] = half(src)
	for j, b := range (*[32]byte)(src[2:]) {
		q.code[j] = int8(b)
	}
}
