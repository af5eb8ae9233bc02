package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// This file is the lossy arithmetic of products, never the default: both
// factors are rounded to bf16, and two products at a time are added to a
// float32, as AVX512-BF16's VDPBF16PS does,
//
//	s = fused(x[2i]·w[2i] + fused(x[2i+1]·w[2i+1] + s))
//
// with denormals taken and returned as zeros. Blocks are those of every other
// product: [BlockK] values of k, BlockK/2 pairs. Attention, norms and all else
// stay float32.

// SelectDot returns the kernel of this process with dot products of bf16 pairs.
// The error says what is missing on a processor or under a PREMLP_KERNEL that
// has none.
//
// Where the processor has them, a few products of random values are checked
// first, see checkDot: a machine without AVX512-BF16 can build the kernel but
// not run it, so the check protects those who can from a fault its tests did
// not see.
func SelectDot() (Kernel, error) {
	if judged.Load() {
		return PlainDot(), nil
	}
	return chooseDot()
}

// chooseDot decides once.
var chooseDot = sync.OnceValues(func() (Kernel, error) {
	k, err := Select()
	if err != nil {
		return Kernel{}, err
	}
	dot, round, missing := assemblyDot(k)
	if missing != "" {
		return Kernel{}, fmt.Errorf("want a processor with bf16 dot products (AVX512-BF16), have %s", missing)
	}
	if err := checkDot(dot, k.rows); err != nil {
		return Kernel{}, err
	}
	if err := checkRounding(round); err != nil {
		return Kernel{}, err
	}
	return k.withDot(dot, round), nil
})

// judged makes SelectDot return the judge.
var judged atomic.Bool

// JudgeDot makes SelectDot return the judge, or what it returns else. It is for
// tests: the judge is slower than exact products.
func JudgeDot(on bool) { judged.Store(on) }

// PlainDot returns the judge of the lossy arithmetic, in plain Go.
func PlainDot() Kernel {
	k, _ := choose("go")
	return k.withDot(plainDot, roundPairs)
}

// withDot returns k with products of pairs by a tile, of rows rounded by round.
func (k Kernel) withDot(dot tileFunc, round func(dst, row []float32)) Kernel {
	k.dot, k.roundPairs, k.arithmetic = dot, round, arithmetic("bf16dot")
	return k
}

// Dots reports whether weights of the format [Pairs] can be multiplied.
func (k Kernel) Dots() bool { return k.dot != nil }

// dotTolerance is the largest error that checkDot allows, as a share of the sum
// of all |a·w|. Chains of its length err by less than 5e-6.
const dotTolerance = 1e-5

// checkDot multiplies random values with a tile of every number of rows, in
// every mode and for lengths with and without a rest, and compares with sums in
// float64.
func checkDot(dot tileFunc, rows int) error {
	r := rand.New(rand.NewPCG(1, 1))
	fill := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = pairOf(2*r.Float32()-1, 2*r.Float32()-1)
		}
		return x
	}
	for mr := 1; mr <= rows; mr++ {
		for _, n := range []int{1, 2, 3, 4, 21} {
			a, w := fill(n*mr), fill(n*PanelWidth)
			for _, m := range []mode{store, add, extend} {
				before := make([]float32, mr*PanelWidth)
				for i := range before {
					before[i] = r.Float32()
				}
				have := slices.Clone(before)
				dot(mr, have, PanelWidth, a, mr, w, n, m, nil)
				if m == store {
					clear(before)
				}
				if err := checkSums(have, before, a, w, mr, n); err != nil {
					return fmt.Errorf("bf16 dot products: %d rows of %d pairs: %w: this processor's cannot be used", mr, n, err)
				}
			}
		}
	}
	return nil
}

// checkRounding compares pairs of random values, of all sizes, with the judge's.
func checkRounding(round func(dst, row []float32)) error {
	r := rand.New(rand.NewPCG(2, 2))
	row := make([]float32, 201)
	for i := range row {
		row[i] = math.Float32frombits(r.Uint32())
	}
	have, want := make([]float32, pairs(len(row))), make([]float32, pairs(len(row)))
	round(have, row)
	roundPairs(want, row)
	for i, w := range want {
		if h := have[i]; math.Float32bits(h) != math.Float32bits(w) {
			return fmt.Errorf("bf16 rounding: pair %d: want %08x, have %08x: this processor's cannot be used", i, math.Float32bits(w), math.Float32bits(h))
		}
	}
	return nil
}

// checkSums compares the sums [mr][32] of a tile of n pairs, on top of what was
// there before, with those in float64.
func checkSums(have, before, a, w []float32, mr, n int) error {
	for i, h := range have {
		want, size := float64(before[i]), math.Abs(float64(before[i]))
		for j := range n {
			a0, a1 := halves(a[j*mr+i/PanelWidth])
			w0, w1 := halves(w[j*PanelWidth+i%PanelWidth])
			p, q := float64(a0)*float64(w0), float64(a1)*float64(w1)
			want, size = want+p+q, size+math.Abs(p)+math.Abs(q)
		}
		if e := math.Abs(float64(h) - want); !(e <= dotTolerance*size) { // a NaN too
			return fmt.Errorf("sum %d: want %g within %g, have %g", i, want, dotTolerance*size, h)
		}
	}
	return nil
}

// plainDot is the tile of pairs in plain Go; see tileFunc. a, w and k count
// pairs.
func plainDot(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, _ *byte) {
	for r := range mr {
		out := c[r*ldc:][:PanelWidth]
		for j := range out {
			var s float32
			if m == extend {
				s = out[j]
			}
			for i := range k {
				s = dotPair(a[i*lda+r], w[i*PanelWidth+j], s)
			}
			if m == add {
				s += out[j]
			}
			out[j] = s
		}
	}
}

// dotPair returns s plus the product of the upper halves, plus that of the lower.
func dotPair(a, w, s float32) float32 {
	a0, a1 := halves(a)
	w0, w1 := halves(w)
	s = flush(FMA(flush(a1), flush(w1), flush(s)))
	return flush(FMA(flush(a0), flush(w0), s))
}

// flush returns x, or a zero of its sign for a denormal.
func flush(x float32) float32 {
	const exponent, sign = 0xff << 23, 1 << 31
	if b := math.Float32bits(x); b&exponent == 0 {
		return math.Float32frombits(b & sign)
	}
	return x
}

// dotRows rounds rows [from, to) of x [·, k] to bf16 and returns them as words
// [to-from, ceil(k/2)] of pairs; behind an odd k comes a zero.
func (p *Pool) dotRows(x []float32, from, to, k int) []float32 {
	words := pairs(k)
	out := p.pairs.take((to - from) * words)
	p.RunRows(to-from, func(first, last int) {
		for t := first; t < last; t++ {
			p.kernel.roundPairs(out[t*words:(t+1)*words], x[(from+t)*k:][:k])
		}
	})
	return out
}

// roundPairs is the plain form of Kernel.roundPairs.
func roundPairs(dst, row []float32) { packPairs(dst, 1, row) }

// packPairs writes a row as pairs, stride words apart.
func packPairs(dst []float32, stride int, row []float32) {
	for i := range len(row) / 2 {
		dst[i*stride] = pairOf(row[2*i], row[2*i+1])
	}
	if n := len(row); n%2 != 0 {
		dst[n/2*stride] = pairOf(row[n-1], 0)
	}
}

// pairs is the number of words that k values take.
func pairs(k int) int { return (k + 1) / 2 }

// pairOf returns the word that holds two values rounded to bf16, the first in
// its lower half. It goes as a float32, whose value means nothing.
func pairOf(low, high float32) float32 {
	return math.Float32frombits(uint32(roundBF16(low)) | uint32(roundBF16(high))<<16)
}

// halves returns the two values of a word.
func halves(word float32) (low, high float32) {
	b := math.Float32bits(word)
	return math.Float32frombits(b << 16), math.Float32frombits(b >> 16 << 16)
}

// roundBF16 rounds to the nearest bf16, ties to even, a denormal to zero. A NaN
// stays one.
func roundBF16(x float32) uint16 {
	b := math.Float32bits(flush(x))
	if x != x {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
