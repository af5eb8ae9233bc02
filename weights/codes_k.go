package weights

// The formats of this file pack 256 values a block, in groups that have their
// own quantised scales. Layouts are those of ggml-common.h, formulas those of
// ggml-quants.c (llama.cpp): d and dmin are binary16.

// codesQ2_K unpacks 16 groups of 16 values of 2 bits.
//
//	scales [16]byte: a group's scale in the low, min in the high nibble |
//	qs [64]byte (quarters) | d f16 | dmin f16
//	y = (d · scale) · q − dmin · min
func codesQ2_K(q codes, src []byte) {
	d, dmin := half(src[80:]), half(src[82:])
	for g, s := range (*[16]byte)(src) {
		q.scale[g], q.offset[g] = d*float32(s&15), -(dmin * float32(s>>4))
	}
	q.quarters(src[16:80], 0)
}

// codesQ3_K unpacks 16 groups of 16 values of 3 bits.
//
//	hmask [32]byte: bit i of hmask[j] is the third bit of value 32i+j |
//	qs [64]byte (quarters) | scales [12]byte | d f16
//	Scale g has its low bits in the low (g < 8) or high nibble of scales[g mod 8],
//	two high bits at bit 2(g/4) of scales[8 + g mod 4].
//	y = d · (scale − 32) · (q − 4)
func codesQ3_K(q codes, src []byte) {
	d, s := half(src[108:]), (*[12]byte)(src[96:])
	for g := range 16 {
		scale := s[g%8]>>(g/8*4)&15 | s[8+g%4]>>(g/4*2)&3<<4
		q.scale[g] = d * float32(int(scale)-32)
	}
	q.quarters(src[32:96], 4)
	for i := range 8 {
		code := (*[32]int8)(q.code[32*i:])
		for j, b := range (*[32]byte)(src) {
			code[j] += int8(b >> i & 1 << 2)
		}
	}
}

// codesQ4_K unpacks 8 groups of 32 values of 4 bits.
//
//	d f16 | dmin f16 | scales [12]byte (scaleMin) | qs [128]byte (nibbles32)
//	y = (d · scale) · q − dmin · min
func codesQ4_K(q codes, src []byte) {
	q.scaleMins(src)
	q.nibbles32(src[16:])
}

// codesQ5_K unpacks 8 groups of 32 values of 5 bits.
//
//	d f16 | dmin f16 | scales [12]byte (scaleMin) | qh [32]byte: bit i of qh[j]
//	is the fifth bit of value j of group i | qs [128]byte (nibbles32)
//	y = (d · scale) · q − dmin · min
func codesQ5_K(q codes, src []byte) {
	q.scaleMins(src)
	q.nibbles32(src[48:])
	for j, b := range (*[32]byte)(src[16:]) {
		for i := range 8 {
			q.code[32*i+j] += int8(b >> i & 1 << 4)
		}
	}
}

// codesQ6_K unpacks 16 groups of 16 values of 6 bits.
//
//	ql [128]byte | qh [64]byte | scales [16]int8 | d f16
//	In each half of 128 values (64 bytes of ql, 32 of qh), value 32k+j has its
//	low bits in the low (k < 2) or high nibble of ql[32(k mod 2)+j], its two
//	high bits at bit 2k of qh[j].
//	y = (d · scale) · (q − 32)
func codesQ6_K(q codes, src []byte) {
	d := half(src[208:])
	for g, s := range (*[16]byte)(src[192:]) {
		q.scale[g] = d * float32(int8(s))
	}
	for i := range 8 {
		k := i & 3
		ql := src[i/4*64+32*(k&1):][:32]
		qh := src[128+i/4*32:][:32]
		shift := uint(k>>1) * 4
		for j := range 32 {
			q.code[32*i+j] = int8(ql[j]>>shift&15|qh[j]>>(2*k)&3<<4) - 32
		}
	}
}

// nibbles32 writes the codes of 128 bytes: groups 2i and 2i+1 are the low and
// the high nibbles of qs[32i:32i+32].
func (q codes) nibbles32(qs []byte) {
	for i := range 4 {
		code, qs := (*[64]int8)(q.code[64*i:]), (*[32]byte)(qs[32*i:])
		for j, b := range qs {
			code[j] = int8(b & 15)
			code[j+32] = int8(b >> 4)
		}
	}
}

// quarters writes the codes of 64 bytes, less middle: value 32n+j of each half
// of 128 values is at bit 2n of byte j of its half of qs.
func (q codes) quarters(qs []byte, middle int8) {
	for i := range 8 {
		code, half := (*[32]int8)(q.code[32*i:]), (*[32]byte)(qs[i/4*32:])
		shift := uint(i & 3 * 2)
		for j, b := range half {
			code[j] = int8(b>>shift&3) - middle
		}
	}
}

// scaleMins writes the lines of the 8 groups of a block that begins with d, dmin
// and 12 bytes of 6-bit scales and minima.
func (q codes) scaleMins(src []byte) {
	d, dmin, s := half(src), half(src[2:]), (*[12]byte)(src[4:])
	for i := range 8 {
		scale, low := scaleMin(s, i)
		q.scale[i], q.offset[i] = d*scale, -(dmin * low)
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
