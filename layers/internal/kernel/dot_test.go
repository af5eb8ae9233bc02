package kernel

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// dotKernels lists the kernels with products of pairs: the judge, and where the
// processor has AVX512-BF16 the one in assembly.
func dotKernels(t *testing.T) []Kernel {
	kernels := []Kernel{PlainDot()}
	k, err := SelectDot()
	if err != nil {
		t.Logf("the tile in assembly is not tested: %v", err)
		return kernels
	}
	return append(kernels, k)
}

// packPairsOf packs a row-major matrix [n, k] as pairs.
func packPairsOf(w []float32, n, k int) *Weight {
	return PackWeight(NewPool(1, Kernel{}), Rows{N: n, K: k, Format: Pairs, Row: func(dst []float32, i int) { copy(dst, w[i*k:]) }})
}

func TestRoundBF16(t *testing.T) {
	for _, c := range []struct{ from, want uint32 }{
		{0x3f800000, 0x3f80}, {0x3f807fff, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81},
		{0x3f818000, 0x3f82}, {0xbf818000, 0xbf82}, {0x7f7fffff, 0x7f80}, {0x7f800000, 0x7f80},
		{0x80000000, 0x8000}, {0x7f800001, 0x7fc0}, {0x3fffffff, 0x4000},
		{0x00000001, 0}, {0x007fffff, 0}, {0x807fffff, 0x8000}, {0x00800000, 0x0080},
	} {
		if have := roundBF16(math.Float32frombits(c.from)); uint32(have) != c.want {
			t.Errorf("%#x: want %#x, have %#x", c.from, c.want, have)
		}
	}
}

// TestRoundPairs holds the processor's rounding of rows of any length against the
// judge's, also of infinities and denormals.
func TestRoundPairs(t *testing.T) {
	k, err := SelectDot()
	if err != nil {
		t.Skip(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 100 {
		row := make([]float32, n)
		for i := range row {
			row[i] = math.Float32frombits(r.Uint32())
			if i%3 == 0 {
				row[i] = math.Float32frombits(r.Uint32() & 0x80ffffff) // denormals and the smallest others
			}
		}
		have, want := make([]float32, pairs(n)+1), make([]float32, pairs(n)+1)
		k.roundPairs(have[:pairs(n)], row)
		roundPairs(want[:pairs(n)], row)
		for i := range want {
			if h, w := math.Float32bits(have[i]), math.Float32bits(want[i]); h != w {
				t.Fatalf("%d values: pair %d: want %08x, have %08x", n, i, w, h)
			}
		}
	}
}

func TestPackPairs(t *testing.T) {
	const n, k = 33, 5
	w := make([]float32, n*k)
	for i := range w {
		w[i] = float32(i)
	}
	p := packPairsOf(w, n, k)
	if p.Bytes() != Pairs.PackedBytes(n, k) || p.Bytes() != 2*3*PanelWidth*4 {
		t.Errorf("want 2 panels of 3 pairs, have %d bytes", p.Bytes())
	}
	for i := range 2 * PanelWidth {
		for j := range 6 {
			want := float32(0)
			if i < n && j < k {
				want = w[i*k+j]
			}
			have := [2]float32{}
			have[0], have[1] = halves(asFloats(p.panel(i / PanelWidth))[j/2*PanelWidth+i%PanelWidth])
			if have[j%2] != want {
				t.Errorf("row %d, k %d: want %g, have %g", i, j, want, have[j%2])
			}
		}
	}
	q := pool(t, 2, PlainDot())
	words := q.dotRows(w, 1, 3, k)
	low, high := halves(words[3])
	if _, last := halves(words[5]); len(words) != 6 || low != 10 || high != 11 || last != 0 {
		t.Errorf("rows of x: have %d words, %g and %g, behind the last k %g", len(words), low, high, last)
	}
}

// TestDotPair holds one step to the instruction's definition.
func TestDotPair(t *testing.T) {
	tiny := math.Float32frombits(1 << 16)     // a denormal bf16
	small := math.Float32frombits(0x00800000) // the smallest normal number
	for _, c := range []struct{ a0, a1, w0, w1, s, want float32 }{
		{2, 3, 5, 7, 1, 32},
		{0, 1, 0, 1 << 20, 1.0 / (1 << 3), 1<<20 + 1.0/(1<<3)},
		{-(1 << 12), 1 << 12, 1 << 12, 1 << 12, 1, 0}, // the upper product first: 1 is lost
		{1, 0, 1 << 12, 0, 1, 1<<12 + 1},
		{tiny, 0, 1 << 30, 0, 0, 0},
		{0.5, 0, small, 0, 0, 0},
		{1, 0, small, 0, tiny, small},
	} {
		if have := dotPair(pairOf(c.a0, c.a1), pairOf(c.w0, c.w1), c.s); have != c.want {
			t.Errorf("%v: have %g", c, have)
		}
	}
}

// TestDotTile holds the tiles to sums in float64, and the one in assembly to the
// judge.
func TestDotTile(t *testing.T) {
	for _, k := range dotKernels(t) {
		if err := checkDot(k.dot, k.rows); err != nil {
			t.Errorf("%s: %v", k.Name(), err)
		}
	}
	broken := func(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, next *byte) {
		plainDot(mr, c, ldc, a, lda, w, k, m, next)
		if mr == 3 {
			c[2*ldc+31] *= 1.001
		}
	}
	if err := checkDot(broken, 4); err == nil || !strings.Contains(err.Error(), "3 rows of 1 pairs: sum 95: want") {
		t.Errorf("a broken tile: want it refused with what was found, have %v", err)
	}
	if err := checkDot(plainDot, 14); err != nil {
		t.Errorf("14 rows: %v", err)
	}
}

// TestDotProducts holds products to float64 sums of the rounded values, and
// their rows to the bits that one row alone has.
func TestDotProducts(t *testing.T) {
	const rows = 31
	for _, kernel := range dotKernels(t) {
		for _, size := range [][2]int{{1, 1}, {33, 7}, {64, BlockK}, {40, 2*BlockK + 35}} {
			n, k := size[0], size[1]
			r := rand.New(rand.NewPCG(uint64(n), uint64(k)))
			x, w, bias := random(r, rows*k), random(r, n*k), random(r, n)
			packed := packPairsOf(w, n, k)
			have := make([]float32, rows*n)
			pool(t, 3, kernel).MatMul(x, rows, Product{W: packed, Bias: bias, Out: have})
			for i, h := range have {
				want, total := float64(bias[i%n]), math.Abs(float64(bias[i%n]))
				for j := range k {
					a, _ := halves(pairOf(x[i/n*k+j], 0))
					b, _ := halves(pairOf(w[i%n*k+j], 0))
					p := float64(a) * float64(b)
					want, total = want+p, total+math.Abs(p)
				}
				if math.Abs(float64(h)-want) > dotTolerance*total {
					t.Fatalf("%s, %d×%d: value %d: want %g, have %g", kernel.Name(), n, k, i, want, h)
				}
			}
			one, out := pool(t, 1, kernel), make([]float32, n)
			for i := range rows {
				one.MatMul(x[i*k:(i+1)*k], 1, Product{W: packed, Bias: bias, Out: out})
				sameBits(t, kernel.Name(), have[i*n:(i+1)*n], out)
			}
			judged := make([]float32, rows*n)
			pool(t, 2, PlainDot()).MatMul(x, rows, Product{W: packed, Bias: bias, Out: judged})
			sameBits(t, kernel.Name()+" and the judge", judged, have)
		}
	}
}

func TestDotArithmetic(t *testing.T) {
	if a := PlainDot().Arithmetic(); a != "bf16dot-k256-a64-1" {
		t.Errorf("have %q", a)
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "bf16 pairs") {
			t.Errorf("pairs under a kernel without them: want a panic that says so, have %v", r)
		}
	}()
	k, _ := choose("go")
	pool(t, 1, k).MatMul([]float32{1}, 1, Product{W: packPairsOf([]float32{1}, 1, 1), Out: make([]float32, 1)})
}

// TestSelectDotRefuses runs where the processor, or the kernel asked for, has no
// dot products.
func TestSelectDotRefuses(t *testing.T) {
	for _, k := range Supported() {
		if k.Name() == "avx512" {
			continue
		}
		if dot, _, missing := assemblyDot(k); dot != nil || missing == "" {
			t.Errorf("%s: want no dot products, and why", k.Name())
		}
	}
	_, err := SelectDot()
	if err == nil {
		t.Skip("this processor has AVX512-BF16: nothing to refuse")
	}
	if err == nil || !strings.Contains(err.Error(), "want a processor with bf16 dot products (AVX512-BF16), have ") {
		t.Errorf("want an error that says what is missing, have %v", err)
	}
	t.Logf("%v", err)
}
