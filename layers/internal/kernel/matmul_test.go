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
		// The bits of a NaN are not part of the contract.
		nan := want[i] != want[i] && have[i] != have[i]
		if math.Float32bits(want[i]) != math.Float32bits(have[i]) && !nan {
			t.Fatalf("%s: value %d: want %v, have %v", what, i, want[i], have[i])
		}
	}
}

// pack packs a row-major matrix [n, k].
func pack(w []float32, n, k int) *Weight {
	p := NewPool(1, Kernel{})
	return PackWeight(p, Rows{N: n, K: k, Format: Float32, Row: func(dst []float32, i int) { copy(dst, w[i*k:]) }})
}

// forEachKernel runs a test under every kernel that this machine supports.
func forEachKernel(t *testing.T, f func(t *testing.T, k Kernel)) {
	for _, k := range Supported() {
		t.Run(k.Name(), func(t *testing.T) { f(t, k) })
	}
}

// pool returns a pool for the length of a test.
func pool(t testing.TB, threads int, k Kernel) *Pool {
	p := NewPool(threads, k)
	t.Cleanup(p.Close)
	return p
}

// multiplyAdd returns the rounding of a kernel's chains.
func multiplyAdd(k Kernel) func(a, b, c float32) float32 {
	if k.Name() == "portable" {
		return func(a, b, c float32) float32 { return float32(a*b) + c }
	}
	return FMA
}

// chain is the contract of one output, written as it is stated.
func chain(k Kernel, x, w []float32) float32 {
	fma := multiplyAdd(k)
	var blocks []float32
	for i := range x {
		if i%BlockK == 0 {
			blocks = append(blocks, 0)
		}
		s := &blocks[len(blocks)-1]
		*s = fma(x[i], w[i], *s)
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

// chains is the contract of a whole product.
func chains(kernel Kernel, x, w, bias []float32, m, n, k int) []float32 {
	out := make([]float32, m*n)
	for i := range m {
		for j := range n {
			out[i*n+j] = chain(kernel, x[i*k:i*k+k], w[j*k:j*k+k])
			if bias != nil {
				out[i*n+j] += bias[j]
			}
		}
	}
	return out
}

func TestMatMulFollowsTheContract(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		one, two := pool(t, 1, kernel), pool(t, 2, kernel)
		for _, m := range []int{1, 2, 3, 5, 6, 7, 13, 14, 15, 29, 43} {
			for _, n := range []int{1, 31, 32, 33, 97, 160} {
				for _, k := range []int{1, 7, 17, BlockK - 1, BlockK, BlockK + 1, 2*BlockK + 19} {
					r := rand.New(rand.NewPCG(uint64(m), uint64(n*1000+k)))
					// One value further than an allocation begins: nothing is aligned.
					x, bias := random(r, m*k+1)[1:], random(r, n+1)[1:]
					w := random(r, n*k)
					want := chains(kernel, x, w, bias, m, n, k)
					for _, p := range []*Pool{one, two} {
						have := make([]float32, m*n+1)[1:]
						p.MatMul(x, m, Product{W: pack(w, n, k), Bias: bias, Out: have})
						sameBits(t, fmt.Sprintf("%d×%d×%d, %d threads", m, k, n, p.Threads()), want, have)
					}
				}
			}
		}
	})
}

// TestTiles holds every tile height and mode against the plain loop, and that
// nothing is written beside the tile.
func TestTiles(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		r := rand.New(rand.NewPCG(1, 1))
		fma := multiplyAdd(kernel)
		for mr := 1; mr <= kernel.rows; mr++ {
			for _, k := range []int{0, 1, 3, 4, 5, 64} {
				for _, m := range []mode{store, add, extend} {
					ldc, lda := PanelWidth+5, mr+3
					c, a, w := random(r, mr*ldc), random(r, k*lda+mr), random(r, k*PanelWidth)
					want := append([]float32(nil), c...)
					for row := range mr {
						for j := range PanelWidth {
							at := row*ldc + j
							var s float32
							if m == extend {
								s = c[at]
							}
							for i := range k {
								s = fma(a[i*lda+row], w[i*PanelWidth+j], s)
							}
							if m == add {
								s += c[at]
							}
							want[at] = s
						}
					}
					kernel.tile(mr, c, ldc, a, lda, w, k, m, nil)
					sameBits(t, fmt.Sprintf("%d rows, k %d, mode %d", mr, k, m), want, c)
				}
			}
		}
	})
}

func TestTranspose(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		r := rand.New(rand.NewPCG(2, 2))
		for count := 1; count <= laneCount; count++ {
			for _, n := range []int{0, 1, 7, 8, 9, 16, 33, 64} {
				for _, stride := range []int{count, PanelWidth} {
					if stride < laneCount && count > kernel.rows {
						continue // no tile is as high
					}
					src, dst := random(r, 2000), make([]float32, max(n, 1)*stride+laneCount)
					var at [laneCount]int
					for i := range at {
						at[i] = r.IntN(len(src) - n)
						if i >= count {
							at[i] = at[count-1]
						}
					}
					kernel.transpose(dst, stride, src, &at, count, n)
					for i := range n {
						for c := range count {
							if want, have := src[at[c]+i], dst[i*stride+c]; want != have {
								t.Fatalf("%d rows of %d, stride %d: value %d of row %d: want %v, have %v", count, n, stride, i, c, want, have)
							}
						}
					}
				}
			}
		}
	})
}

func TestMatMulOfSeveralProducts(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, m := range []int{1, 70} {
			const k = 300
			x := random(r, m*k)
			var together []Product
			var alone [][]float32
			for _, n := range []int{5, 160, 64, 33} {
				w := pack(random(r, n*k), n, k)
				out := make([]float32, m*n)
				pool(t, 1, kernel).MatMul(x, m, Product{W: w, Out: out})
				alone = append(alone, out)
				together = append(together, Product{W: w, Out: make([]float32, m*n)})
			}
			pool(t, 2, kernel).MatMul(x, m, together...)
			for i, p := range together {
				sameBits(t, fmt.Sprintf("%d rows, product %d", m, i), alone[i], p.Out)
			}
		}
	})
}

// TestMatMulRowsAreIndependent computes more rows than one chunk holds, and
// each of some rows alone.
func TestMatMulRowsAreIndependent(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		r := rand.New(rand.NewPCG(3, 4))
		const m, k, n = chunkRows + 67, BlockK + 3, 40
		x, w := random(r, m*k), pack(random(r, n*k), n, k)
		all := make([]float32, m*n)
		pool(t, 2, kernel).MatMul(x, m, Product{W: w, Out: all})
		one := pool(t, 1, kernel)
		for i := 0; i < m; i += 13 {
			row := make([]float32, n)
			one.MatMul(x[i*k:i*k+k], 1, Product{W: w, Out: row})
			sameBits(t, fmt.Sprintf("row %d", i), all[i*n:i*n+n], row)
		}
	})
}

func TestMatMulOfNoRows(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		pool(t, 2, kernel).MatMul(nil, 0, Product{W: pack(make([]float32, 12), 3, 4)})
		pool(t, 2, kernel).MatMul(nil, 0)
	})
}

func TestMatMulPassesNaNAndInfinity(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		x := []float32{float32(math.NaN()), 1, float32(math.Inf(1)), 1, 2, 3}
		out := make([]float32, 3)
		pool(t, 1, kernel).MatMul(x, 3, Product{W: pack([]float32{1, 1}, 1, 2), Out: out})
		if !math.IsNaN(float64(out[0])) || !math.IsInf(float64(out[1]), 1) || out[2] != 5 {
			t.Errorf("want [NaN +Inf 5], have %v", out)
		}
	})
}
