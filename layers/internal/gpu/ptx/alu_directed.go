package ptx

import "math"

// The roundings of f32 other than to the nearest. A result is rounded to odd in
// float64 first, which keeps on which side of every float32 it lies.
func init() {
	for name, mode := range roundings {
		if mode == nearestEven || mode == nearestAway {
			continue
		}
		alus["add."+name+".f32"] = binary32(func(x, y float32) float32 { return directedSum(float64(x), float64(y), mode) })
		alus["sub."+name+".f32"] = binary32(func(x, y float32) float32 { return directedSum(float64(x), -float64(y), mode) })
		alus["mul."+name+".f32"] = binary32(func(x, y float32) float32 { return toFloat32(float64(x)*float64(y), mode) })
		fma := func(d, a, b, c, _ *row) {
			for i := range d {
				d[i] = bits32(directedSum(float64(f32(a[i]))*float64(f32(b[i])), float64(f32(c[i])), mode))
			}
		}
		alus["fma."+name+".f32"], alus["mad."+name+".f32"] = fma, fma
		alus["div."+name+".f32"] = binary32(func(x, y float32) float32 { return directedQuotient(float64(x), float64(y), mode) })
		alus["rcp."+name+".f32"] = unary32(func(x float32) float32 { return directedQuotient(1, float64(x), mode) })
		alus["sqrt."+name+".f32"] = unary32(func(x float32) float32 {
			s := math.Sqrt(float64(x))
			return toFloat32(nudge(s, -math.FMA(s, s, -float64(x))), mode)
		})
	}
}

// directedSum rounds x+y once; an exact zero of terms that are not zeros is -0 when
// rounding down.
func directedSum(x, y float64, mode rounding) float32 {
	s := addOdd(x, y)
	if s == 0 && mode == down && (x != 0 || math.Signbit(x) != math.Signbit(y)) {
		return float32(math.Copysign(0, -1))
	}
	return toFloat32(s, mode)
}

func directedQuotient(x, y float64, mode rounding) float32 {
	q := x / y
	rest := -math.FMA(q, y, -x) // x - q·y, exact
	if y < 0 {
		rest = -rest
	}
	return toFloat32(nudge(q, rest), mode)
}

// nudge moves a rounded value towards the exact one, which lies on the side that
// the sign of rest tells, if it has an even last bit: it is then rounded to odd.
func nudge(v, rest float64) float64 {
	bits := math.Float64bits(v)
	if v == 0 || math.IsInf(v, 0) || !(rest < 0 || rest > 0) || bits&1 != 0 {
		return v
	}
	if (rest > 0) == (v > 0) {
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}
