package model

import (
	"math"
	"math/bits"
)

// alibi returns what ALiBi adds to the score of a key: its head's slope times the
// key's position. Only differences between keys matter to the softmax, so the
// query's position does not. Press et al., "Train short, test long", 2022.
func alibi(slopes []float32) func(head, query, key int) float32 {
	return func(head, _, key int) float32 { return slopes[head] * float32(key) }
}

// halfAlibi is ALiBi in bfloat16, added before scores are divided by sqrt(E).
func halfAlibi(slopes []float32, headDim int) func(head, query, key int) float32 {
	scale := float32(1 / math.Sqrt(float64(headDim)))
	return func(head, _, key int) float32 {
		return bfloat16(bfloat16(slopes[head])*bfloat16(float32(key))) * scale
	}
}

// bfloat16 rounds x to the nearest bfloat16, ties to even.
func bfloat16(x float32) float32 {
	b := math.Float32bits(x)
	return math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff)
}

// alibiSlopes returns the slopes of n heads from a series, that is the slopes of
// any power of 2: the power's not above n, followed by every other one of twice as
// many.
func alibiSlopes(n int, series func(count int) []float32) []float32 {
	power := 1 << (bits.Len(uint(n)) - 1)
	slopes := series(power)
	for i, s := range series(2 * power) {
		if i%2 == 0 && len(slopes) < n {
			slopes = append(slopes, s)
		}
	}
	return slopes
}

// powers returns 2^(-8·i/n), i in 1 … n, as BLOOM and Falcon compute them: powers
// of a float32.
func powers(n int) []float32 {
	base := float64(float32(math.Exp2(-8 / float64(n))))
	slopes := make([]float32, n)
	for i := range slopes {
		slopes[i] = float32(math.Pow(base, float64(i+1)))
	}
	return slopes
}

// powersTo returns the series 2^(-last·i/n), i in 1 … n, as MPT computes it: each
// by itself.
func powersTo(last float64) func(n int) []float32 {
	return func(n int) []float32 {
		slopes := make([]float32, n)
		for i := range slopes {
			exponent := float32(i+1) * float32(last/float64(n))
			slopes[i] = float32(1 / math.Exp2(float64(exponent)))
		}
		return slopes
	}
}
