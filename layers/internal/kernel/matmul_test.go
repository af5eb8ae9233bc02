package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// random returns n normally distributed values.
func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// sameBits fails where two slices differ in any bit.
func sameBits(t *testing.T, what string, want, have []float32) {
	t.Helper()
	if len(want) != len(have) {
		t.Fatalf("%s: want %d values, have %d", what, len(want), len(have))
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(have[i]) {
			t.Fatalf("%s: value %d: want %v, have %v", what, i, want[i], have[i])
		}
	}
}

// pack packs a row-major matrix [n, k].
func pack(w []float32, n, k int) *Weight {
	return PackWeight(NewPool(1), n, k, func(dst []float32, i int) { copy(dst, w[i*k:]) })
}

// chain is the contract of one output, written as it is stated.
func chain(x, w []float32) float32 {
	var blocks []float32
	for k := range x {
		if k%BlockK == 0 {
			blocks = append(blocks, 0)
		}
		blocks[len(blocks)-1] += float32(x[k] * w[k])
	}
	if len(blocks) == 0 {
		return 0
	}
	total := blocks[0]
	for _, b := range blocks[1:] {
		total += b
	}
	return total
}

func TestMatMulFollowsTheContract(t *testing.T) {
	for _, m := range []int{1, 2, 3, 63, 64, 65, 130} {
		for _, n := range []int{1, 4, 31, 32, 33, 97} {
			for _, k := range []int{1, 7, BlockK - 1, BlockK, BlockK + 1, 2*BlockK + 3} {
				r := rand.New(rand.NewPCG(uint64(m), uint64(n*1000+k)))
				x, w, bias := random(r, m*k), random(r, n*k), random(r, n)
				want := make([]float32, m*n)
				for i := range m {
					for j := range n {
						want[i*n+j] = chain(x[i*k:i*k+k], w[j*k:j*k+k]) + bias[j]
					}
				}
				have := make([]float32, m*n)
				NewPool(2).MatMul(x, m, Product{W: pack(w, n, k), Bias: bias, Out: have})
				sameBits(t, fmt.Sprintf("%d×%d×%d", m, k, n), want, have)
			}
		}
	}
}

func TestMatMulOfSeveralProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const m, k = 70, 300
	x := random(r, m*k)
	var together []Product
	var alone [][]float32
	for _, n := range []int{5, 64, 33} {
		w := pack(random(r, n*k), n, k)
		out := make([]float32, m*n)
		NewPool(1).MatMul(x, m, Product{W: w, Out: out})
		alone = append(alone, out)
		together = append(together, Product{W: w, Out: make([]float32, m*n)})
	}
	NewPool(2).MatMul(x, m, together...)
	for i, p := range together {
		sameBits(t, fmt.Sprintf("product %d", i), alone[i], p.Out)
	}
}

func TestMatMulRowsAreIndependent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const m, k, n = 67, 515, 40
	x, w := random(r, m*k), pack(random(r, n*k), n, k)
	all := make([]float32, m*n)
	NewPool(2).MatMul(x, m, Product{W: w, Out: all})
	for i := range m {
		one := make([]float32, n)
		NewPool(1).MatMul(x[i*k:i*k+k], 1, Product{W: w, Out: one})
		sameBits(t, fmt.Sprintf("row %d", i), all[i*n:i*n+n], one)
	}
}

func TestMatMulPassesNaNAndInfinity(t *testing.T) {
	x := []float32{float32(math.NaN()), 1, float32(math.Inf(1)), 1, 2, 3}
	out := make([]float32, 3)
	NewPool(1).MatMul(x, 3, Product{W: pack([]float32{1, 1}, 1, 2), Out: out})
	if !math.IsNaN(float64(out[0])) || !math.IsInf(float64(out[1]), 1) || out[2] != 5 {
		t.Errorf("want [NaN +Inf 5], have %v", out)
	}
}

func TestPoolRunsEveryIterationOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 7} {
		for _, n := range []int{0, 1, 2, 100} {
			hits := make([]int, n)
			NewPool(threads).Run(n, func(i int) { hits[i]++ })
			for i, h := range hits {
				if h != 1 {
					t.Errorf("%d threads, iteration %d of %d: want 1 call, have %d", threads, i, n, h)
				}
			}
		}
	}
}

func TestPoolRaisesPanicsInTheCaller(t *testing.T) {
	defer func() {
		if r := recover(); r != "boom" {
			t.Errorf("want the panic boom, have %v", r)
		}
	}()
	NewPool(2).Run(8, func(i int) {
		if i == 5 {
			panic("boom")
		}
	})
}
