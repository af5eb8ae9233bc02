package weights

// The formats of this file store −d, 0 or d. One scale serves the block; codes
// have groups of 32 all the same, as kernels take no longer ones. Layouts are
// those of ggml-common.h, formulas those of ggml-quants.c (llama.cpp): d is
// binary16.

// codesTQ1_0 unpacks 256 values, five to a byte.
//
//	qs [48]byte | qh [4]byte | d f16
//	A byte is a fraction of 256 whose digits to base 3 are values (trits). Those
//	of qs[:32] are values 32n+j, of the next 16 bytes 160+16n+j, of qh, which has
//	four, 240+4n+j.
//	y = d · (trit − 1)
func codesTQ1_0(q codes, src []byte) {
	q.oneScale(half(src[52:]))
	trits(q.code[:160], src[:32])
	trits(q.code[160:240], src[32:48])
	trits(q.code[240:], src[48:52])
}

// trits writes digit n of byte j of src as code n·len(src)+j: multiplied by 3ⁿ
// modulo 256, the byte begins with that digit.
func trits(code []int8, src []byte) {
	power := byte(1)
	for ; len(code) > 0; code = code[len(src):] {
		for j, b := range src {
			code[j] = int8(uint(b*power)*3>>8) - 1
		}
		power *= 3
	}
}

// codesTQ2_0 unpacks 256 values of 2 bits.
//
//	qs [64]byte (quarters) | d f16
//	y = d · (q − 1)
func codesTQ2_0(q codes, src []byte) {
	q.oneScale(half(src[64:]))
	q.quarters(src[:64], 1)
}

// oneScale gives all 8 groups of 32 values the scale d.
func (q codes) oneScale(d float32) {
	for i := range 8 {
		q.scale[i] = d
	}
}
