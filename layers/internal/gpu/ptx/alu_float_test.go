package ptx

import (
	"math"
	"math/big"
	"testing"
)

// floatInputs are float32 bits: edges with each other, and random ones of all sizes.
func floatInputs() [][3]uint64 {
	edges := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 1.5, 3, 0x1p-149, -0x1p-149, 0x1.fffffcp-127, 0x1p-126, math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 0x1.000002p0, 0x1p24, 0x1p-25}
	var out [][3]uint64
	for i, a := range edges {
		for j, b := range edges {
			c := edges[(3*i+5*j)%len(edges)]
			out = append(out, [3]uint64{bits32(a), bits32(b), bits32(c)})
		}
	}
	for _, in := range mix(500) {
		out = append(out, [3]uint64{in[0] & 0xffffffff, in[1] & 0xffffffff, in[2] & 0xffffffff})
		// And of like sizes, so that sums are not one of the two.
		var near [3]uint64
		for i, v := range in {
			near[i] = v>>8&0x807fffff | (120+v&7)<<23
		}
		out = append(out, near)
	}
	return out[:1024]
}

// exact rounds a sum of products of float32 to float32, or returns false where one
// is not finite or the result is zero, whose sign is another matter.
func exact(terms ...[2]float64) (float32, bool) {
	sum := new(big.Float).SetPrec(4000)
	for _, t := range terms {
		for _, v := range t {
			if math.IsInf(v, 0) || v != v {
				return 0, false
			}
		}
		p := new(big.Float).SetPrec(4000).Mul(big.NewFloat(t[0]), big.NewFloat(t[1]))
		sum.Add(sum, p)
	}
	f, _ := sum.Float32()
	return f, sum.Sign() != 0
}

func TestFMA(t *testing.T) {
	inputs := floatInputs()
	have := evaluate(t, "fma.rn.f32 f0, f1, f2, f3;", "f0", inputs)
	checked := 0
	for i, in := range inputs {
		a, b, c := f32(in[0]), f32(in[1]), f32(in[2])
		want, ok := exact([2]float64{float64(a), float64(b)}, [2]float64{float64(c), 1})
		if !ok {
			want = float32(math.FMA(float64(a), float64(b), float64(c)))
		} else {
			checked++
		}
		if have[i] != bits32(want) {
			t.Fatalf("fma(%v, %v, %v): want %v, have %v", a, b, c, want, f32(have[i]))
		}
	}
	if checked < 500 {
		t.Errorf("want 500 exact checks, have %d", checked)
	}
	// Of 2^24+1 and a little, rounding the float64 sum again would
	// lose the little and go to the even one of the two nearest.
	for _, c := range []struct{ a, b, c, want float32 }{
		{1, 1 + 0x1p-23, 0x1p-24, 1 + 0x1p-22}, // a tie, to even
		{0x1.000002p0, 0x1.000002p0, 0x1p-77, 0x1.000004p0},
		{0x1p-24, 1 + 0x1p-23, 1, 1 + 0x1p-23},
		{-0x1p-24 * (1 - 0x1p-24), 1, 0x1p0, 0x1.fffffep-1},
		{0x1p-100, 0x1p-60, 1 + 0x1p-23, 1 + 0x1p-23},
		{24929, 673, 0x1p-60, 1<<24 + 2},
		{24931, 673 * 0x1p-140, -0x1p-149, float32(float64(24931)*673*0x1p-140 - 0x1p-149)}, // subnormal
	} {
		if have := fma32(c.a, c.b, c.c); have != c.want {
			t.Errorf("fma(%x, %x, %x): want %x, have %x", c.a, c.b, c.c, c.want, have)
		}
		have := evaluate(t, "fma.rn.f32 f0, f1, f2, f3;", "f0", [][3]uint64{{bits32(c.a), bits32(c.b), bits32(c.c)}})
		if f32(have[0]) != c.want {
			t.Errorf("fma.rn.f32 (%x, %x, %x): want %x, have %x", c.a, c.b, c.c, c.want, f32(have[0]))
		}
	}
}

// TestFloats checks what PTX defines to the bit.
func TestFloats(t *testing.T) {
	inputs := floatInputs()
	for body, want := range map[string]func(a, b, c float32) float32{
		"add.rn.f32 f0, f1, f2;":     func(a, b, _ float32) float32 { return a + b },
		"sub.f32 f0, f1, f2;":        func(a, b, _ float32) float32 { return a - b },
		"mul.rn.f32 f0, f1, f2;":     func(a, b, _ float32) float32 { return a * b },
		"div.rn.f32 f0, f1, f2;":     func(a, b, _ float32) float32 { return a / b },
		"sqrt.rn.f32 f0, f1;":        func(a, _, _ float32) float32 { return float32(math.Sqrt(float64(a))) },
		"rcp.rn.f32 f0, f1;":         func(a, _, _ float32) float32 { return 1 / a },
		"add.ftz.f32 f0, f1, f2;":    func(a, b, _ float32) float32 { return flushed(flushed(a) + flushed(b)) },
		"mul.rn.ftz.f32 f0, f1, f2;": func(a, b, _ float32) float32 { return flushed(flushed(a) * flushed(b)) },
		"add.sat.f32 f0, f1, f2;": func(a, b, _ float32) float32 {
			s := a + b
			if !(s > 0) {
				return 0
			}
			return min(s, 1)
		},
		"min.f32 f0, f1, f2;": func(a, b, _ float32) float32 {
			if a != a {
				return b
			}
			if b != b {
				return a
			}
			return min(a, b)
		},
		"max.f32 f0, f1, f2;": func(a, b, _ float32) float32 {
			if a != a {
				return b
			}
			if b != b {
				return a
			}
			return max(a, b)
		},
		"max.NaN.f32 f0, f1, f2;":     func(a, b, _ float32) float32 { return max(a, b) },
		"add.f32 f0, f1, 0f40490FDB;": func(a, _, _ float32) float32 { return a + math.Float32frombits(0x40490FDB) },
	} {
		each(t, body, "f0", inputs, func(a, b, c uint64) uint64 { return bits32(want(f32(a), f32(b), f32(c))) })
	}
	each(t, "neg.f32 f0, f1;", "f0", inputs, func(a, _, _ uint64) uint64 { return a ^ 1<<31 })
	each(t, "abs.f32 f0, f1;", "f0", inputs, func(a, _, _ uint64) uint64 { return a &^ (1 << 31) })
	for name, holds := range map[string]func(a, b float32) bool{
		"eq": func(a, b float32) bool { return a == b }, "ne": func(a, b float32) bool { return a < b || a > b },
		"lt": func(a, b float32) bool { return a < b }, "geu": func(a, b float32) bool { return !(a < b) },
		"gt": func(a, b float32) bool { return a > b }, "leu": func(a, b float32) bool { return !(a > b) },
		"neu": func(a, b float32) bool { return a != b }, "nan": func(a, b float32) bool { return a != a || b != b },
	} {
		each(t, "setp."+name+".f32 p1, f1, f2;", "p1", inputs, func(a, b, _ uint64) uint64 { return one(holds(f32(a), f32(b))) })
	}
	doubles := mix(500)
	each(t, "fma.rn.f64 e0, e1, e2, e3;", "e0", doubles, func(a, b, c uint64) uint64 { return bits64(math.FMA(f64(a), f64(b), f64(c))) })
	each(t, "div.rn.f64 e0, e1, e2;", "e0", doubles, func(a, b, _ uint64) uint64 { return bits64(f64(a) / f64(b)) })
	each(t, "sqrt.rn.f64 e0, e1;", "e0", doubles, func(a, _, _ uint64) uint64 { return bits64(math.Sqrt(f64(a))) })
}

func flushed(f float32) float32 { return f32(uint64(flush32(math.Float32bits(f)))) }

// TestDirected checks the rounding modes: a result rounded down is at most the exact
// one, rounded up at least, and both are it or neighbours.
func TestDirected(t *testing.T) {
	inputs := floatInputs()
	for op, value := range map[string]func(a, b float64) *big.Float{
		"add": func(a, b float64) *big.Float {
			return new(big.Float).SetPrec(4000).Add(big.NewFloat(a), big.NewFloat(b))
		},
		"mul": func(a, b float64) *big.Float {
			return new(big.Float).SetPrec(4000).Mul(big.NewFloat(a), big.NewFloat(b))
		},
		"fma": func(a, b float64) *big.Float {
			p := new(big.Float).SetPrec(4000).Mul(big.NewFloat(a), big.NewFloat(b))
			return p.Add(p, big.NewFloat(b))
		},
	} {
		third := ""
		if op == "fma" {
			third = ", f2"
		}
		down := evaluate(t, op+".rm.f32 f0, f1, f2"+third+";", "f0", inputs)
		up := evaluate(t, op+".rp.f32 f0, f1, f2"+third+";", "f0", inputs)
		zero := evaluate(t, op+".rz.f32 f0, f1, f2"+third+";", "f0", inputs)
		for i, in := range inputs {
			a, b := float64(f32(in[0])), float64(f32(in[1]))
			if math.IsInf(a, 0) || math.IsInf(b, 0) || a != a || b != b {
				continue
			}
			v := value(a, b)
			lo, hi := f32(down[i]), f32(up[i])
			below, above := new(big.Float), new(big.Float)
			if !math.IsInf(float64(lo), 0) {
				below.SetFloat64(float64(lo))
			} else {
				below.SetInf(true)
			}
			if !math.IsInf(float64(hi), 0) {
				above.SetFloat64(float64(hi))
			} else {
				above.SetInf(false)
			}
			next := math.Nextafter32(lo, float32(math.Inf(1)))
			if below.Cmp(v) > 0 || above.Cmp(v) < 0 || hi != lo && hi != next {
				t.Fatalf("%s(%x, %x): have %x and %x", op, a, b, lo, hi)
			}
			want := lo
			if v.Sign() < 0 {
				want = hi
			}
			if f32(zero[i]) != want {
				t.Fatalf("%s.rz(%x, %x): want %x, have %x", op, a, b, want, f32(zero[i]))
			}
		}
	}
}

// TestApproximate checks the approximate instructions against float64.
func TestApproximate(t *testing.T) {
	var inputs [][3]uint64
	for i := range 400 {
		x := float32(i-200)*0.173 + 0.001
		inputs = append(inputs, [3]uint64{bits32(x), bits32(float32(i)*0.31 + 0.2)})
	}
	for body, want := range map[string]func(a, b float64) float64{
		"ex2.approx.f32 f0, f1;":       func(a, _ float64) float64 { return math.Exp2(a) },
		"ex2.approx.ftz.f32 f0, f1;":   func(a, _ float64) float64 { return math.Exp2(a) },
		"lg2.approx.f32 f0, f2;":       func(_, b float64) float64 { return math.Log2(b) },
		"sin.approx.f32 f0, f1;":       func(a, _ float64) float64 { return math.Sin(a) },
		"cos.approx.f32 f0, f1;":       func(a, _ float64) float64 { return math.Cos(a) },
		"tanh.approx.f32 f0, f1;":      func(a, _ float64) float64 { return math.Tanh(a) },
		"rsqrt.approx.f32 f0, f2;":     func(_, b float64) float64 { return 1 / math.Sqrt(b) },
		"div.approx.f32 f0, f1, f2;":   func(a, b float64) float64 { return a / b },
		"div.full.ftz.f32 f0, f1, f2;": func(a, b float64) float64 { return a / b },
		"sqrt.approx.ftz.f32 f0, f2;":  func(_, b float64) float64 { return math.Sqrt(b) },
		"rcp.approx.ftz.f32 f0, f2;":   func(_, b float64) float64 { return 1 / b },
	} {
		each(t, body, "f0", inputs, func(a, b, _ uint64) uint64 { return bits32(float32(want(float64(f32(a)), float64(f32(b))))) })
	}
}
