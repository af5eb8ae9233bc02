package weights

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

// wideDigests are the first half of the SHA-256 of what the Python package gguf
// 0.19.0 decodes of wideBlocks.
var wideDigests = map[DType]string{
	Q4_0:    "832492ac11184c7feeee734742ec906f",
	Q4_1:    "5f888bc6c5f13539e0a23028599e52a6",
	Q5_0:    "3e27932220843446a5dea66ba745a1c8",
	Q5_1:    "4c7a6e54d4f617cfde23edf8e46cc638",
	Q8_0:    "d9baae1f364c23aa04b9ecb2ce73c70e",
	Q2_K:    "f8191764060c9226997c1f9d07975bbe",
	Q3_K:    "632f1e18d5ddf9cf97a46be9c277b02c",
	Q4_K:    "28daabc40ced5150b49ad667c88b9554",
	Q5_K:    "b1a61f2b69cc5f0055097afbaf450881",
	Q6_K:    "bdf120e532cc74ab4fe50a6f50055f61",
	IQ2_XXS: "222b2bbca03feca8fb76f660bac1251b",
	IQ2_XS:  "385d16db9ce5be615dec919681c5d6b5",
	IQ3_XXS: "6d173c48bef2d466b0121831f9dedfbe",
	IQ1_S:   "7867fb141dd7c734f3e876275622349a",
	IQ4_NL:  "a126b9af61995dbee8a8be0d3efe7643",
	IQ3_S:   "c1618095f6afcf7821cfc009160161fa",
	IQ2_S:   "005d0570a0e6ae05189dfd2ddba9ecc0",
	IQ4_XS:  "b5e02d7c81d7e4352f071f6e7aa31347",
	IQ1_M:   "7629fe0e1e67bd37cb1b2b394ffd12cb",
	TQ1_0:   "24b5a7d1ccf06fff35bf3fa2fa51f077",
	TQ2_0:   "011e54603af5d4eecea115b6a9e09c31",
	MXFP4:   "1d8caaccadb430d5d6464625d1945cdf",
}

// scaleAt says where a format's blocks have binary16 scales; others at byte 0.
// IQ1_M's is spread: its exponent's lowest bit is in the upper of these bytes.
var scaleAt = map[DType][]int{
	Q4_1: {0, 2}, Q5_1: {0, 2}, Q2_K: {80, 82}, Q3_K: {108}, Q4_K: {0, 2}, Q5_K: {0, 2}, Q6_K: {208},
	IQ1_M: {52}, MXFP4: {}, TQ1_0: {52}, TQ2_0: {64},
}

// wideBlocks returns 2000 blocks of the high bytes of a linear congruential
// sequence, their binary16 scales made finite.
func wideBlocks(d DType) []byte {
	b := make([]byte, 2000*d.BlockBytes())
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	at, ok := scaleAt[d]
	if !ok {
		at = []int{0}
	}
	for block := b; len(block) > 0; block = block[d.BlockBytes():] {
		for _, o := range at {
			block[o+1] &= 0xbb
		}
	}
	return b
}

// TestDecodeWide compares many blocks with the reference by digest, so that
// every row of the grids is seen, and scales of both signs and all sizes.
func TestDecodeWide(t *testing.T) {
	for d := range formats {
		d := DType(d)
		if _, ok := d.Coding(); !ok {
			continue
		}
		t.Run(d.String(), func(t *testing.T) {
			stored := wideBlocks(d)
			y := make([]float32, len(stored)/d.BlockBytes()*d.BlockLen())
			d.Decode(y, stored)
			if have := fmt.Sprintf("%x", sha256.Sum256(bytesOf(y)))[:32]; have != wideDigests[d] {
				t.Errorf("want %s, have %s", wideDigests[d], have)
			}
		})
	}
}

// TestCodings holds every format to what its Coding says: codes in their range,
// products exact in float32.
func TestCodings(t *testing.T) {
	for d := range formats {
		d := DType(d)
		c, ok := d.Coding()
		if !ok {
			continue
		}
		f, low, high := &formats[d], 127, -128
		code, scale, offset := make([]int8, f.blockLen), make([]float32, f.blockLen), make([]float32, f.blockLen)
		for block := wideBlocks(d); len(block) > 0; block = block[f.blockBytes:] {
			f.codes(codes{code, scale, offset}, block[:f.blockBytes])
			for i, v := range code {
				low, high = min(low, int(v)), max(high, int(v))
				s := scale[i/c.Group]
				exact := float64(s) * float64(v)
				if float64(s*float32(v)) != exact && exact < 0x1p128 && exact > -0x1p128 {
					t.Fatalf("%s: %v · %d: not exact", d, s, v)
				}
			}
		}
		if low != c.Min || high != c.Max || f.blockLen%c.Group != 0 {
			t.Errorf("%s: %+v: have codes from %d to %d, blocks of %d", d, c, low, high, f.blockLen)
		}
	}
}
