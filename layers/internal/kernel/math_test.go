package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestExp(t *testing.T) {
	worst := 0.0
	for x := float32(-87.3); x < 88.7; x += 0.0007 {
		want := math.Exp(float64(x))
		ulp := float64(math.Nextafter32(float32(want), math.MaxFloat32)) - float64(float32(want))
		worst = max(worst, math.Abs(float64(Exp(x))-want)/ulp)
	}
	if worst > 1.2 {
		t.Errorf("want at most 1.2 units in the last place, have %.3f", worst)
	}
	for x := float32(-103.9); x < -87.3; x += 0.01 {
		if want := math.Exp(float64(x)); math.Abs(float64(Exp(x))-want) > 1.5e-45 {
			t.Errorf("Exp(%v): want %v, have %v", x, want, Exp(x))
		}
	}
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, want float32 }{
		{0, 1}, {float32(math.Copysign(0, -1)), 1}, {inf, inf}, {-inf, 0}, {88.8, inf}, {-104, 0},
	} {
		if have := Exp(c.x); have != c.want {
			t.Errorf("Exp(%v): want %v, have %v", c.x, c.want, have)
		}
	}
	if !math.IsNaN(float64(Exp(float32(math.NaN())))) {
		t.Error("Exp(NaN): want NaN")
	}
}

func TestSinCos(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200000 {
		x := (r.Float64() - 0.5) * math.Pow(2, 1+20*r.Float64())
		sin, cos := SinCos(x)
		if ds, dc := math.Abs(sin-math.Sin(x)), math.Abs(cos-math.Cos(x)); ds > 1e-15 || dc > 1e-15 {
			t.Fatalf("SinCos(%v): off by %g and %g", x, ds, dc)
		}
	}
}

func TestRMSNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, d := range []int{1, 15, 16, 17, 576} {
		const rows, eps = 5, 1e-5
		x, w := random(r, rows*d), random(r, d)
		out, scale := make([]float32, rows*d), make([]float32, rows)
		pool(t, 2, Supported()[0]).RMSNorm(out, scale, x, w, eps)
		for i := range rows {
			var sum float64
			for _, v := range x[i*d : i*d+d] {
				sum += float64(v) * float64(v)
			}
			s := math.Sqrt(sum/float64(d) + eps)
			if math.Abs(float64(scale[i])-s) > 1e-7*s {
				t.Errorf("width %d: scale: want %v, have %v", d, s, scale[i])
			}
			for j := range d {
				want := float64(x[i*d+j]) / s * float64(w[j])
				if have := float64(out[i*d+j]); math.Abs(have-want) > 3e-7*math.Abs(want) {
					t.Fatalf("width %d, value %d: want %v, have %v", d, j, want, have)
				}
			}
		}
	}
}

func TestSiLUMul(t *testing.T) {
	g := []float32{-200, -5, -0.5, 0, 0.5, 5, 200}
	u := []float32{1, 2, 3, 4, 5, 6, 7}
	out := make([]float32, len(g))
	pool(t, 2, Supported()[0]).SiLUMul(out, g, u)
	for i := range g {
		want := float64(g[i]) / (1 + math.Exp(-float64(g[i]))) * float64(u[i])
		if math.Abs(float64(out[i])-want) > 5e-7*math.Abs(want)+1e-45 {
			t.Errorf("silu(%v)·%v: want %v, have %v", g[i], u[i], want, out[i])
		}
	}
}

// TestRotate turns some of the values of heads, from the first or from another on,
// in pairs half of them apart and in neighbouring ones.
func TestRotate(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	const heads, width, rotated, factor = 3, 12, 8, 1.25
	inverse := []float32{1, 0.3, 0.01, 0.0007}
	pos := []int32{0, 1, 77, 255}
	x := random(r, len(pos)*heads*width)
	for _, s := range []RotaryShape{
		{Heads: heads, Width: width},
		{Heads: heads, Width: width, From: 4},
		{Heads: heads, Width: width, Interleaved: true},
		{Heads: heads, Width: width, From: 3, Interleaved: true},
	} {
		out := make([]float32, len(x))
		pool(t, 2, Supported()[0]).Rotate(out, x, pos, s, NewRotaryTable(256, inverse, factor))
		for row := range len(pos) * heads {
			in, have := x[row*width:][:width], out[row*width:][:width]
			for i, f := range inverse {
				sin, cos := math.Sincos(float64(float32(pos[row/heads]) * f))
				first, second := s.From+i, s.From+i+rotated/2
				if s.Interleaved {
					first, second = s.From+2*i, s.From+2*i+1
				}
				a, b := float64(in[first]), float64(in[second])
				if d := math.Abs(float64(have[first]) - factor*(a*cos-b*sin)); d > 7e-7 {
					t.Fatalf("%+v, row %d, value %d: off by %g", s, row, first, d)
				}
				if d := math.Abs(float64(have[second]) - factor*(b*cos+a*sin)); d > 7e-7 {
					t.Fatalf("%+v, row %d, value %d: off by %g", s, row, second, d)
				}
			}
			sameBits(t, "values before those that are rotated", in[:s.From], have[:s.From])
			sameBits(t, "values behind those that are rotated", in[s.From+rotated:], have[s.From+rotated:])
		}
	}
}

// TestExps holds many at a time against one at a time.
func TestExps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{0, 1, 31, 32, 33, 100} {
		x, want := random(r, n), make([]float32, n)
		for i := range x {
			x[i] *= 50
			want[i] = Exp(x[i] - 3)
		}
		have := make([]float32, n)
		Exps(have, x, 3)
		sameBits(t, fmt.Sprintf("%d values", n), want, have)
		Exps(x, x, 3)
		sameBits(t, fmt.Sprintf("%d values in place", n), want, x)
	}
}
