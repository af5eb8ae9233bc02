package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// exponents returns arguments of Exp over its whole range, the edges and values
// that are not finite among them.
func exponents(r *rand.Rand, n int) []float32 {
	inf := float32(math.Inf(1))
	edges := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, inf - inf, expMax, expMin, -87.5, 88.73, -103.98, 1e-40, -1e30}
	x := random(r, n)
	for i := range x {
		switch r.IntN(8) {
		case 0:
			x[i] = edges[r.IntN(len(edges))]
		case 1, 2, 3:
			x[i] *= 40
		}
	}
	return x
}

func TestElementsFollowThePlainLoops(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		r := rand.New(rand.NewPCG(31, 32))
		for _, n := range []int{0, 1, 7, 8, 15, 16, 17, 64, 1000, 60001} {
			a, b := exponents(r, n+1)[1:], random(r, n+1)[1:]
			want, have := make([]float32, n), make([]float32, n)
			siluMul(want, a, b)
			kernel.siluMul(have, a, b)
			sameBits(t, fmt.Sprintf("siluMul of %d", n), want, have)
			addTwo(want, a, b)
			kernel.add(have, a, b)
			sameBits(t, fmt.Sprintf("add of %d", n), want, have)
			scaleMul(want, a, b, 0.7)
			kernel.scaleMul(have, a, b, 0.7)
			sameBits(t, fmt.Sprintf("scaleMul of %d", n), want, have)
			mulTwo(want, a, b)
			kernel.mul(have, a, b)
			sameBits(t, fmt.Sprintf("mul of %d", n), want, have)
			gelus(want, a)
			kernel.gelu(have, a)
			sameBits(t, fmt.Sprintf("gelu of %d", n), want, have)
			geluTanhs(want, a)
			kernel.geluTanh(have, a)
			sameBits(t, fmt.Sprintf("geluTanh of %d", n), want, have)
			centreMul(want, a, b, 0.4, 0.7)
			kernel.centreMul(have, a, b, 0.4, 0.7)
			sameBits(t, fmt.Sprintf("centreMul of %d", n), want, have)
			if want, have := sum(b), kernel.sum(b); want != have {
				t.Fatalf("sum of %d: want %v, have %v", n, want, have)
			}
			if want, have := sumDeviations(b, 0.3), kernel.deviations(b, 0.3); want != have {
				t.Fatalf("deviations of %d: want %v, have %v", n, want, have)
			}
			if want, have := SumSquares(b), kernel.sumSquares(b); want != have {
				t.Fatalf("sumSquares of %d: want %v, have %v", n, want, have)
			}
		}
	})
}

func TestSoftmaxFollowsThePlainLoops(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		r := rand.New(rand.NewPCG(33, 34))
		for _, n := range []int{0, 1, 2, 64, 999} {
			for _, x := range [][]float32{random(r, n*PanelWidth), exponents(r, n*PanelWidth)} {
				have := append([]float32(nil), x...)
				var top, haveTop, total, haveTotal [PanelWidth]float32
				scaleMax(x, 0.3, &top)
				kernel.scaleMax(have, 0.3, &haveTop)
				sameBits(t, fmt.Sprintf("%d rows: scaled", n), x, have)
				for i := range top {
					// Beside a NaN any value of the column may stand.
					if nan := top[i] != top[i]; !nan && top[i] != haveTop[i] {
						t.Fatalf("%d rows: column %d: want the maximum %v, have %v", n, i, top[i], haveTop[i])
					}
					top[i] = min(max(top[i], -10), 10)
				}
				expSum(x, &top, &total)
				kernel.expSum(have, &top, &haveTotal)
				sameBits(t, fmt.Sprintf("%d rows: weights", n), x, have)
				sameBits(t, fmt.Sprintf("%d rows: totals", n), total[:], haveTotal[:])
				divide(x, &total)
				kernel.divide(have, &total)
				sameBits(t, fmt.Sprintf("%d rows: divided", n), x, have)
			}
		}
	})
}
