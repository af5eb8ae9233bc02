package dense

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func random(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// transposed stores v's transpose and views it as v.
func transposed(v View) View {
	t := View{make([]float64, len(v.Data)), v.Rows, v.Columns, 1, v.Rows}
	for i := range v.Rows {
		for j := range v.Columns {
			t.Data[i+j*v.Rows] = v.Data[i*v.Row+j]
		}
	}
	return t
}

// TestProduct compares with sums in plain order, for sizes on both sides of
// every edge of a tile and a part, and all ways in which the factors may lie.
func TestProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][3]int{{1, 1, 1}, {6, 8, 3}, {7, 9, 1}, {5, 7, 300}, {130, 17, 257}, {13, 800, 20}, {40, 40, 0}, {150, 150, 10}} {
		m, n, k := size[0], size[1], size[2]
		a, b, c := Of(random(r, m*k), m, k), Of(random(r, k*n), k, n), random(r, m*n)
		want := append([]float64(nil), c...)
		for i := range m {
			for j := range n {
				for p := range k {
					want[i*n+j] -= 2 * a.Data[i*k+p] * b.Data[p*n+j]
				}
			}
		}
		for kind, f := range [][2]View{{a, b}, {transposed(a), b}, {a, transposed(b)}, {transposed(a), transposed(b)}} {
			for _, upper := range []bool{false, true} {
				t.Run(fmt.Sprint(size, kind, upper), func(t *testing.T) {
					have := append([]float64(nil), c...)
					addProduct(Of(have, m, n), -2, f[0], f[1], upper)
					for i, v := range have {
						if (!upper || i%n >= i/n) && math.Abs(v-want[i]) > 1e-11 {
							t.Fatalf("value %d: want %v, have %v", i, want[i], v)
						}
					}
				})
			}
			have := append([]float64(nil), want...)
			plain := append([]float64(nil), want...)
			Pack(f[1]).AddTo(Of(have, m, n), f[0])
			AddProduct(Of(plain, m, n), 1, f[0], f[1])
			for i := range plain {
				if have[i] != plain[i] {
					t.Fatalf("%v, %d, packed, value %d: want %v, have %v", size, kind, i, plain[i], have[i])
				}
			}
		}
	}
}

// TestTile: the processor's tile and plain Go give the same bits.
func TestTile(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, k := range []int{0, 1, 2, 77} {
		a, b, c := random(r, k*tileRows), random(r, k*tileColumns), random(r, tileRows*11)
		have, want := append([]float64(nil), c...), append([]float64(nil), c...)
		tile(have, 11, a, b, k)
		tileGo(want, 11, a, b, k)
		for i := range want {
			if have[i] != want[i] {
				t.Fatalf("%d steps, value %d: want %v, have %v", k, i, want[i], have[i])
			}
		}
	}
}

// TestShared: all processors together give the same bits as one.
func TestShared(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const m, n, k = 400, 1600, 500
	a, b := Of(random(r, m*k), m, k), Of(random(r, k*n), k, n)
	want, have := make([]float64, m*n), make([]float64, m*n)
	addColumns(Of(want, m, n), 1, a, b, false, 0, n)
	AddProduct(Of(have, m, n), 1, a, b)
	if m*n*k <= large {
		t.Error("want a product that is shared")
	}
	for i := range want {
		if have[i] != want[i] {
			t.Fatalf("value %d: want %v, have %v", i, want[i], have[i])
		}
	}
}

func TestCholesky(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{1, 5, 48, 49, 130} {
		x, g := random(r, (n+3)*n), make([]float64, n*n)
		AddProduct(Of(g, n, n), 1, Of(x, n+3, n).T(), Of(x, n+3, n))
		for i := range n {
			g[i*n+i] += 0.5
		}
		factors := append([]float64(nil), g...)
		c, ok := Factor(factors, n)
		if !ok {
			t.Fatalf("%d: want a positive definite matrix", n)
		}
		for _, columns := range []int{1, 9} {
			want := random(r, n*columns)
			have := make([]float64, n*columns)
			AddProduct(Of(have, n, columns), 1, Of(g, n, n), Of(want, n, columns))
			alone := append([]float64(nil), have...)
			c.Solve(have, columns)
			if columns == 1 {
				c.SolveVector(alone)
				have = append(have, alone...)
			}
			for i, v := range have {
				if math.Abs(v-want[i%len(want)]) > 1e-9 {
					t.Fatalf("%d, %d columns, value %d: want %v, have %v", n, columns, i, want[i%len(want)], v)
				}
			}
		}
		g[n/2*n+n/2] = -1
		if _, ok := Factor(g, n); ok {
			t.Errorf("%d: a matrix with a negative value on its diagonal was factored", n)
		}
	}
}

func BenchmarkGram(b *testing.B) {
	const n, d = 1000, 576
	r := rand.New(rand.NewPCG(4, 4))
	x, g := Of(random(r, n*d), n, d), make([]float64, d*d)
	for b.Loop() {
		AddUpper(Of(g, d, d), 1, x.T(), x)
	}
	b.ReportMetric(float64(n*d*d)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkFactor(b *testing.B) {
	const d = 576
	r := rand.New(rand.NewPCG(5, 5))
	x, g := Of(random(r, 2*d*d), 2*d, d), make([]float64, d*d)
	AddProduct(Of(g, d, d), 1, x.T(), x)
	u := make([]float64, d*d)
	for b.Loop() {
		copy(u, g)
		Factor(u, d)
	}
	b.ReportMetric(float64(d*d*d)/3*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkSolve(b *testing.B) {
	const d, columns = 576, 101
	r := rand.New(rand.NewPCG(6, 6))
	x, g := Of(random(r, 2*d*d), 2*d, d), make([]float64, d*d)
	AddProduct(Of(g, d, d), 1, x.T(), x)
	c, _ := Factor(g, d)
	y := random(r, d*columns)
	for b.Loop() {
		c.Solve(y, columns)
	}
	b.ReportMetric(2*float64(d*d*columns)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
