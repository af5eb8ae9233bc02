package weights

import "encoding/binary"

// The formats of this file pack 32 values a block. Layouts are those of
// ggml-common.h, formulas those of ggml-quants.c (llama.cpp): d and m are
// binary16, every product and sum is rounded to float32.

// decodeQ4_0 decodes 32 values of 4 bits around a fixed middle.
//
//	d f16 | qs [16]byte: value j in the low, j+16 in the high nibble of qs[j]
//	y = d · (q − 8)
func decodeQ4_0(dst []float32, src []byte) {
	y, qs, d := (*[32]float32)(dst), (*[16]byte)(src[2:]), half(src)
	for j, q := range qs {
		y[j] = d * float32(int(q&15)-8)
		y[j+16] = d * float32(int(q>>4)-8)
	}
}

// decodeQ4_1 decodes 32 values of 4 bits above a stored minimum.
//
//	d f16 | m f16 | qs [16]byte as in Q4_0
//	y = d · q + m
func decodeQ4_1(dst []float32, src []byte) {
	y, qs, d, m := (*[32]float32)(dst), (*[16]byte)(src[4:]), half(src), half(src[2:])
	for j, q := range qs {
		y[j] = float32(d*float32(q&15)) + m
		y[j+16] = float32(d*float32(q>>4)) + m
	}
}

// decodeQ5_0 decodes 32 values of 5 bits around a fixed middle.
//
//	d f16 | qh u32: bit j is the fifth bit of value j | qs [16]byte as in Q4_0
//	y = d · (q − 16)
func decodeQ5_0(dst []float32, src []byte) {
	y, qs, d := (*[32]float32)(dst), (*[16]byte)(src[6:]), half(src)
	qh := binary.LittleEndian.Uint32(src[2:])
	for j, q := range qs {
		low := uint32(q&15) | qh>>j&1<<4
		high := uint32(q>>4) | qh>>(j+16)&1<<4
		y[j] = d * float32(int(low)-16)
		y[j+16] = d * float32(int(high)-16)
	}
}

// decodeQ5_1 decodes 32 values of 5 bits above a stored minimum.
//
//	d f16 | m f16 | qh u32 | qs [16]byte, both as in Q5_0
//	y = d · q + m
func decodeQ5_1(dst []float32, src []byte) {
	y, qs, d, m := (*[32]float32)(dst), (*[16]byte)(src[8:]), half(src), half(src[2:])
	qh := binary.LittleEndian.Uint32(src[4:])
	for j, q := range qs {
		low := uint32(q&15) | qh>>j&1<<4
		high := uint32(q>>4) | qh>>(j+16)&1<<4
		y[j] = float32(d*float32(low)) + m
		y[j+16] = float32(d*float32(high)) + m
	}
}

// decodeQ8_0 decodes 32 values of 8 bits.
//
//	d f16 | qs [32]int8
//	y = d · q
func decodeQ8_0(dst []float32, src []byte) {
	y, qs, d := (*[32]float32)(dst), (*[32]byte)(src[2:]), half(src)
	for j, q := range qs {
		y[j] = d * float32(int8(q))
	}
}
