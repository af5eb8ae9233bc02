package weights

// The formats of this file pack 256 values a block, in sub-blocks that have
// their own quantised scales. Layouts are those of ggml-common.h, formulas
// those of ggml-quants.c (llama.cpp): d and dmin are binary16, every product
// and sum is rounded to float32.

// decodeQ4_K decodes 8 sub-blocks of 32 values of 4 bits.
//
//	d f16 | dmin f16 | scales [12]byte (scaleMin) | qs [128]byte: sub-blocks
//	2i and 2i+1 are the low and the high nibbles of qs[32i:32i+32]
//	y = (d · scale) · q − dmin · min
func decodeQ4_K(dst []float32, src []byte) {
	y, qs, d, dmin := (*[256]float32)(dst), (*[128]byte)(src[16:]), half(src), half(src[2:])
	scales := (*[12]byte)(src[4:])
	for i := range 8 {
		scale, low := scaleMin(scales, i)
		step, base := d*scale, float32(dmin*low)
		shift := uint(i&1) * 4
		sub, q := y[32*i:][:32], qs[i/2*32:][:32]
		for j := range sub {
			sub[j] = float32(step*float32(q[j]>>shift&15)) - base
		}
	}
}

// decodeQ5_K decodes 8 sub-blocks of 32 values of 5 bits.
//
//	d f16 | dmin f16 | scales [12]byte (scaleMin) | qh [32]byte: bit i of qh[j]
//	is the fifth bit of value j of sub-block i | qs [128]byte as in Q4_K
//	y = (d · scale) · q − dmin · min
func decodeQ5_K(dst []float32, src []byte) {
	y, qh, qs := (*[256]float32)(dst), (*[32]byte)(src[16:]), (*[128]byte)(src[48:])
	d, dmin, scales := half(src), half(src[2:]), (*[12]byte)(src[4:])
	for i := range 8 {
		scale, low := scaleMin(scales, i)
		step, base := d*scale, float32(dmin*low)
		shift := uint(i&1) * 4
		sub, q := y[32*i:][:32], qs[i/2*32:][:32]
		for j := range sub {
			v := q[j]>>shift&15 | qh[j]>>i&1<<4
			sub[j] = float32(step*float32(v)) - base
		}
	}
}

// decodeQ6_K decodes 16 sub-blocks of 16 values of 6 bits.
//
//	ql [128]byte | qh [64]byte | scales [16]int8 | d f16
//	In each half of 128 values (64 bytes of ql, 32 of qh), value 32k+j has its
//	low bits in the low (k < 2) or high nibble of ql[32(k mod 2)+j], its two
//	high bits at bit 2k of qh[j].
//	y = (d · scale) · (q − 32)
func decodeQ6_K(dst []float32, src []byte) {
	y, scales, d := (*[256]float32)(dst), (*[16]byte)(src[192:]), half(src[208:])
	for i := range 8 {
		k := i & 3
		ql := src[i/4*64+32*(k&1):][:32]
		qh := src[128+i/4*32:][:32]
		shift := uint(k>>1) * 4
		for j := range 32 {
			step := d * float32(int8(scales[2*i+j/16]))
			q := ql[j]>>shift&15 | qh[j]>>(2*k)&3<<4
			y[32*i+j] = step * float32(int(q)-32)
		}
	}
}

// scaleMin unpacks the i-th (of 8) 6-bit scale and minimum of a Q4_K or Q5_K
// block: the first four lie in the low 6 bits of s[i] and s[i+4], the others in
// the nibbles of s[i+4] with their high bits on top of s[i-4] and s[i].
func scaleMin(s *[12]byte, i int) (scale, low float32) {
	if i < 4 {
		return float32(s[i] & 63), float32(s[i+4] & 63)
	}
	return float32(s[i+4]&15 | s[i-4]>>6<<4), float32(s[i+4]>>4 | s[i]>>6<<4)
}
