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

// alibiSlopes returns the slopes of n heads. For a power of 2
//
//	slope[i] = 2^(-8·(i+1)/n)
//
// and else those of the next lower power, followed by every other slope of twice
// as many.
func alibiSlopes(n int) []float32 {
	power := 1 << (bits.Len(uint(n)) - 1)
	slopes := geometric(power, 8)
	for i, s := range geometric(2*power, 8) {
		if i%2 == 0 && len(slopes) < n {
			slopes = append(slopes, s)
		}
	}
	return slopes[:n]
}

// geometric returns 2^(-last·i/n), i in 1 … n, computed as the reference does:
// powers of a float32.
func geometric(n int, last float64) []float32 {
	base := float64(float32(math.Exp2(-last / float64(n))))
	slopes := make([]float32, n)
	for i := range slopes {
		slopes[i] = float32(math.Pow(base, float64(i+1)))
	}
	return slopes
}
