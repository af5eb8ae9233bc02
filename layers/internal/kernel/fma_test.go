package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA is a·b + c by arbitrary precision, for finite arguments.
func exactFMA(a, b, c float32) float32 {
	x := func(v float32) *big.Float { return new(big.Float).SetPrec(700).SetFloat64(float64(v)) }
	sum := new(big.Float).SetPrec(700)
	sum.Add(sum.Mul(x(a), x(b)), x(c))
	if sum.Sign() == 0 {
		// The sign of a zero follows IEEE 754, which float64 sums follow too.
		return float32(float64(a)*float64(b) + float64(c))
	}
	v, _ := sum.Float32()
	return v
}

// anyFloat returns a float32 of any exponent, often with few bits or at the
// edges of the range.
func anyFloat(r *rand.Rand) float32 {
	switch r.IntN(8) {
	case 0:
		edges := []uint32{0, 1, 2, 0x007fffff, 0x00800000, 0x00800001, 0x3f800000, 0x7f7fffff}
		return math.Float32frombits(edges[r.IntN(len(edges))] | r.Uint32()&(1<<31))
	case 1:
		return math.Float32frombits(r.Uint32() & 0xff800000 &^ (1 << 30)) // a power of two, or 0
	case 2:
		return float32(r.IntN(1<<13)-1<<12) * float32(math.Pow(2, float64(r.IntN(40)-20)))
	default:
		for {
			if v := math.Float32frombits(r.Uint32()); v-v == 0 {
				return v
			}
		}
	}
}

func TestFMAIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	n := 1_500_000
	if testing.Short() {
		n /= 10
	}
	for range n {
		a, b, c := anyFloat(r), anyFloat(r), anyFloat(r)
		if r.IntN(3) > 0 {
			// A sum near a point halfway between two float32s: a·b is close to c's
			// last bit or its half, or cancels most of c.
			e := r.IntN(60) - 30
			c = float32(math.Ldexp(float64(c), 0))
			a = float32(math.Ldexp(1+float64(r.IntN(1<<12))/(1<<12), e))
			half := float64(c) / (1 << 24)
			b = float32(half / float64(a) * []float64{1, -1, 0.5, 2, 1 << 24, -1 << 24}[r.IntN(6)])
			if b-b != 0 {
				continue
			}
		}
		if want, have := exactFMA(a, b, c), FMA(a, b, c); math.Float32bits(want) != math.Float32bits(have) {
			t.Fatalf("FMA(%b, %b, %b): want %b, have %b", a, b, c, want, have)
		}
	}
}

func TestFMAOfSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	zero := float32(math.Copysign(0, -1))
	biggest, smallest := float32(math.MaxFloat32), float32(math.SmallestNonzeroFloat32)
	for _, c := range []struct{ a, b, c, want float32 }{
		{inf, 1, 1, inf}, {inf, -1, inf, nan}, {inf, 0, 1, nan}, {1, 1, -inf, -inf},
		{nan, 1, 1, nan}, {1, 1, nan, nan},
		{biggest, 2, -inf, -inf}, {biggest, 2, 0, inf}, {biggest, biggest, 0, inf},
		{biggest, 2, -biggest, biggest}, // no overflow between product and sum
		{0, 0, 0, 0}, {zero, 1, zero, zero}, {zero, 1, 0, 0}, {1, 1, -1, 0},
		{smallest, 0.5, 0, 0}, {smallest, -0.5, 0, zero}, {smallest, 0.5, smallest, 2 * smallest},
		{smallest, 0.75, 0, smallest},
		// 1 + 2⁻²⁴ is halfway: to even. A little more or less decides it.
		{1, 1.0 / (1 << 24), 1, 1}, {1 + 1.0/(1<<23), 1.0 / (1 << 24), 1, 1 + 1.0/(1<<23)},
		{1 - 1.0/(1<<24), 1.0 / (1 << 24), 1, 1},
	} {
		have := FMA(c.a, c.b, c.c)
		if math.Float32bits(have) != math.Float32bits(c.want) && !(have != have && c.want != c.want) {
			t.Errorf("FMA(%g, %g, %g): want %g, have %g", c.a, c.b, c.c, c.want, have)
		}
	}
}

// BenchmarkFMA measures the judge's tile on random values, and on the zeros that
// fill up a panel.
func BenchmarkFMA(b *testing.B) {
	r := rand.New(rand.NewPCG(23, 24))
	const k = 48
	a, c := random(r, 4*k), make([]float32, 4*PanelWidth)
	measure := func(w []float32) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				fusedTile(4, c, PanelWidth, a, 4, w, k, store, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*4*PanelWidth*k), "ns/FMA")
		}
	}
	b.Run("random", measure(random(r, PanelWidth*k)))
	b.Run("zero", measure(make([]float32, PanelWidth*k)))
}
