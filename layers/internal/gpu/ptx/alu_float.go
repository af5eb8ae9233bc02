package ptx

import "math"

// Floats are kept as bits. The result of an f32 instruction that is not a number is
// 0x7fffffff, as on a card; of f64 it is what the host gives.
//
// The approximate instructions (div.approx, div.full, rcp.approx, sqrt.approx,
// rsqrt.approx, ex2, lg2, sin, cos, tanh) are computed to the nearest value. A card
// may be off by what the PTX manual allows each: about 2 units of the last place,
// 2^-22 relative for ex2, 2^-20.9 absolute for sin and cos, 2^-11 relative for tanh.

const nan32 = 0x7fffffff

func f32(bits uint64) float32 { return math.Float32frombits(uint32(bits)) }

func bits32(f float32) uint64 {
	if f != f {
		return nan32
	}
	return uint64(math.Float32bits(f))
}

func f64(bits uint64) float64 { return math.Float64frombits(bits) }

func bits64(f float64) uint64 { return math.Float64bits(f) }

func init() {
	alus["add.f32"] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = bits32(f32(a[i]) + f32(b[i]))
		}
	}
	alus["sub.f32"] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = bits32(f32(a[i]) - f32(b[i]))
		}
	}
	alus["mul.f32"] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = bits32(f32(a[i]) * f32(b[i]))
		}
	}
	alus["fma.f32"] = func(d, a, b, c, _ *row) {
		for i := range d {
			s := float64(f32(a[i]))*float64(f32(b[i])) + float64(f32(c[i]))
			if rest := math.Float64bits(s); rest&(1<<29-1) == 1<<28 || rest<<1>>53-1 < 1023-127 { // the latter not of 0
				s = float64(fma32(f32(a[i]), f32(b[i]), f32(c[i])))
			}
			d[i] = bits32(float32(s))
		}
	}
	alus["mad.f32"] = alus["fma.f32"]
	for op, f := range map[string]func(x, y float64) float64{
		"add": func(x, y float64) float64 { return x + y },
		"sub": func(x, y float64) float64 { return x - y },
		"mul": func(x, y float64) float64 { return x * y },
		"div": func(x, y float64) float64 { return x / y },
		"min": minimum, "max": maximum, "copysign": func(x, y float64) float64 { return math.Copysign(y, x) },
		"min.NaN": func(x, y float64) float64 { return min(x, y) },
		"max.NaN": func(x, y float64) float64 { return max(x, y) },
	} {
		alus[op+".f64"] = binary64(f)
		if alus[op+".f32"] == nil {
			// Twice 24 bits and 2 fit in 53, so rounding twice is rounding once.
			alus[op+".f32"] = binary32(func(x, y float32) float32 { return float32(f(float64(x), float64(y))) })
		}
	}
	alus["fma.f64"] = func(d, a, b, c, _ *row) {
		for i := range d {
			d[i] = bits64(math.FMA(f64(a[i]), f64(b[i]), f64(c[i])))
		}
	}
	alus["mad.f64"] = alus["fma.f64"]
	for op, f := range map[string]func(x float64) float64{
		"sqrt": math.Sqrt, "rcp": func(x float64) float64 { return 1 / x },
		"rsqrt": func(x float64) float64 { return 1 / math.Sqrt(x) },
		"ex2":   math.Exp2, "lg2": math.Log2, "sin": math.Sin, "cos": math.Cos, "tanh": math.Tanh,
	} {
		alus[op+".f32"] = unary32(func(x float32) float32 { return float32(f(float64(x))) })
		alus[op+".f64"] = unary64(f)
	}
	// Signs are bits: not a number keeps what else it is.
	alus["neg.f32"], alus["abs.f32"] = unaryInt(func(x uint32) uint32 { return x ^ 1<<31 }), unaryInt(func(x uint32) uint32 { return x &^ (1 << 31) })
	alus["neg.f64"], alus["abs.f64"] = unaryInt(func(x uint64) uint64 { return x ^ 1<<63 }), unaryInt(func(x uint64) uint64 { return x &^ (1 << 63) })
	alus["flush.f32"] = unaryInt(flush32)
	alus["saturate.f32"] = unary32(func(x float32) float32 { return float32(saturate(float64(x))) })
	alus["saturate.f64"] = unary64(saturate)
	compareFloats()
	testFloats()
}

func binary32(f func(x, y float32) float32) alu {
	return func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = bits32(f(f32(a[i]), f32(b[i])))
		}
	}
}

func binary64(f func(x, y float64) float64) alu {
	return func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = bits64(f(f64(a[i]), f64(b[i])))
		}
	}
}

func unary32(f func(x float32) float32) alu {
	return func(d, a, _, _, _ *row) {
		for i := range d {
			d[i] = bits32(f(f32(a[i])))
		}
	}
}

func unary64(f func(x float64) float64) alu {
	return func(d, a, _, _, _ *row) {
		for i := range d {
			d[i] = bits64(f(f64(a[i])))
		}
	}
}

// minimum returns the other operand if one is not a number; -0 is less than +0.
func minimum(x, y float64) float64 {
	switch {
	case x != x:
		return y
	case y != y:
		return x
	}
	return min(x, y)
}

func maximum(x, y float64) float64 {
	switch {
	case x != x:
		return y
	case y != y:
		return x
	}
	return max(x, y)
}

// saturate clamps to 0..1; what is not a number becomes 0.
func saturate(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

// flush32 makes a subnormal a zero of its sign, as .ftz does.
func flush32(x uint32) uint32 {
	if x&0x7f800000 == 0 {
		return x & (1 << 31)
	}
	return x
}

// fma32 returns a*b+c rounded once. The product is exact in float64; where the sum
// lies in the middle between two float32 or below the normal ones, rounding twice
// could differ, and the sum is rounded to odd first (Boldo and Melquiond, 2008).
func fma32(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := p + float64(c)
	if middle := math.Float64bits(s)&(1<<29-1) == 1<<28; middle || math.Abs(s) < 0x1p-126 && s != 0 {
		s = addOdd(p, float64(c))
	}
	return float32(s)
}

// addOdd returns x+y rounded to odd: if it is not exact, the one of its two
// neighbours whose last bit is 1.
func addOdd(x, y float64) float64 {
	s := x + y
	if math.IsInf(s, 0) || s != s {
		return s
	}
	back := s - x
	lost := (x - (s - back)) + (y - back)
	bits := math.Float64bits(s)
	if lost == 0 || bits&1 != 0 {
		return s
	}
	if (lost > 0) == (s > 0) {
		bits++
	} else {
		bits--
	}
	return math.Float64frombits(bits)
}

// compareFloats makes setp: lt and so on are false, ltu and so on true of what is
// not a number.
func compareFloats() {
	ordered := map[string]func(x, y float64) bool{
		"eq": func(x, y float64) bool { return x == y },
		"ne": func(x, y float64) bool { return x < y || x > y },
		"lt": func(x, y float64) bool { return x < y },
		"le": func(x, y float64) bool { return x <= y },
		"gt": func(x, y float64) bool { return x > y },
		"ge": func(x, y float64) bool { return x >= y },
	}
	for name, f := range ordered {
		compare(name, f)
		compare(name+"u", func(x, y float64) bool { return x != x || y != y || f(x, y) })
	}
	compare("num", func(x, y float64) bool { return x == x && y == y })
	compare("nan", func(x, y float64) bool { return x != x || y != y })
}

func compare(name string, f func(x, y float64) bool) {
	alus["setp."+name+".f32"] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = one(f(float64(f32(a[i])), float64(f32(b[i]))))
		}
	}
	alus["setp."+name+".f64"] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = one(f(f64(a[i]), f64(b[i])))
		}
	}
	alus["setp."+name+".f16"] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = one(f(halfToFloat(a[i]), halfToFloat(b[i])))
		}
	}
}

func testFloats() {
	for name, f := range map[string]func(x float64) bool{
		"finite":     func(x float64) bool { return !math.IsInf(x, 0) && x == x },
		"infinite":   func(x float64) bool { return math.IsInf(x, 0) },
		"number":     func(x float64) bool { return x == x },
		"notanumber": func(x float64) bool { return x != x },
	} {
		alus["testp."+name+".f32"] = func(d, a, _, _, _ *row) {
			for i := range d {
				d[i] = one(f(float64(f32(a[i]))))
			}
		}
		alus["testp."+name+".f64"] = func(d, a, _, _, _ *row) {
			for i := range d {
				d[i] = one(f(f64(a[i])))
			}
		}
	}
}
