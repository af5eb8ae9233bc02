package kernel

import (
	"math"
	"testing"
)

// Functions of one value with what they are in float64 and the error that
// their formulas allow in [-50, 50], in units in the last place of the true value.
// Where the value is next to 0, below x/1e9, the error counts against that.
var activations = []struct {
	name string
	f    func(x float32) float32
	want func(x float64) float64
	ulps float64
}{
	{"SiLU", SiLU, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 2.5},
	{"ReLU", ReLU, func(x float64) float64 { return max(x, 0) }, 0},
	{"ReLU2", ReLU2, func(x float64) float64 { return max(x, 0) * max(x, 0) }, 0.5},
	{"GELU", GELU, func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }, 4},
	// The exponent's rounding grows with it: 2u/2^24 of the value.
	{"GELUTanh", GELUTanh, func(x float64) float64 {
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}, 40},
	{"Tanh", Tanh, math.Tanh, 5}, // 1 - 2/(exp(2x)+1) cancels where the series ends, at 1/4
}

func TestActivations(t *testing.T) {
	for _, c := range activations {
		worst, at := 0.0, float32(0)
		for x := float32(-50); x < 50; x += 0.0003 {
			want := c.want(float64(x))
			size := max(math.Abs(want), math.Abs(float64(x))*1e-9)
			ulp := float64(math.Nextafter32(float32(size), math.MaxFloat32)) - float64(float32(size))
			if off := math.Abs(float64(c.f(x))-want) / ulp; off > worst {
				worst, at = off, x
			}
		}
		if worst > c.ulps {
			t.Errorf("%s: want at most %g units in the last place, have %.3f at %v", c.name, c.ulps, worst, at)
		}
	}
}

// TestActivationsAtTheEnds checks infinities, zeros, huge values and NaN.
func TestActivationsAtTheEnds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	huge, zero := float32(math.MaxFloat32), float32(math.Copysign(0, -1))
	for _, c := range activations {
		for _, x := range []float32{0, zero, inf, -inf, huge, -huge, 1e-40, -1e-40, 1e20, -1e20, nan} {
			have, want := c.f(x), float32(c.want(float64(x)))
			if x == -inf && (c.name == "SiLU" || c.name == "GELU" || c.name == "GELUTanh") {
				want = nan // -Inf·0, in the reference too
			}
			if have != want && !(math.IsNaN(float64(have)) && math.IsNaN(float64(want))) {
				t.Errorf("%s(%v): want %v, have %v", c.name, x, want, have)
			}
		}
	}
}

// TestElementwise checks the functions of a Pool on lengths around a thread's
// share.
func TestElementwise(t *testing.T) {
	p := pool(t, 2, Supported()[0])
	for _, n := range []int{0, 1, 15, 16, grain - 1, grain, 2*grain + 3} {
		x, y, have := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], y[i] = float32(i%401)/50-4, float32(i%7)-3
		}
		for _, c := range []struct {
			name string
			run  func()
			want func(i int) float32
		}{
			{"Apply", func() { p.Apply(have, x, Activations["gelu"]) }, func(i int) float32 { return GELU(x[i]) }},
			{"ApplyMul", func() { p.ApplyMul(have, x, y, Activations["gelu_new"]) }, func(i int) float32 { return GELUTanh(x[i]) * y[i] }},
			{"Apply", func() { p.Apply(have, x, Activations["relu2"]) }, func(i int) float32 { return ReLU2(x[i]) }},
			{"Scale", func() { p.Scale(have, x, 0.3) }, func(i int) float32 { return x[i] * 0.3 }},
			{"SoftCap", func() { p.SoftCap(have, x, 2) }, func(i int) float32 { return 2 * Tanh(x[i]/2) }},
			{"Clamp", func() { p.Clamp(have, x, 1.5) }, func(i int) float32 { return min(max(x[i], -1.5), 1.5) }},
		} {
			clear(have)
			c.run()
			for i := range have {
				if math.Float32bits(have[i]) != math.Float32bits(c.want(i)) {
					t.Fatalf("%s of %d values: value %d: want %v, have %v", c.name, n, i, c.want(i), have[i])
				}
			}
		}
	}
}
