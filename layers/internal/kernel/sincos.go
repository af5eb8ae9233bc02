package kernel

import "math"

// π/2 in three parts of 33 bits each, so that n·part is exact in float64 for
// |n| < 2²⁰ (Cody and Waite's reduction).
const (
	halfPi1 = 1.57079632673412561417e+00
	halfPi2 = 6.07710050630396597660e-11
	halfPi3 = 2.02226624879595063154e-21
)

// SinCos returns sin(x) and cos(x) for |x| ≤ 2²⁰ with an error below 1e-15:
// the argument is reduced to |r| ≤ π/4 and both series are summed far past
// float64's precision.
func SinCos(x float64) (sin, cos float64) {
	n := math.RoundToEven(float64(x * (2 / math.Pi)))
	r := x - float64(n*halfPi1)
	r -= float64(n * halfPi2)
	r -= float64(n * halfPi3)
	s, c := sinSeries(r), cosSeries(r)
	switch int64(n) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	default:
		return -c, s
	}
}

// sinSeries returns Σ (-1)ⁱ r²ⁱ⁺¹/(2i+1)! to r¹⁷ for |r| ≤ π/4: the next term
// is below 1e-19.
func sinSeries(r float64) float64 {
	z := float64(r * r)
	y := 1.0
	for k := 16.0; k >= 2; k -= 2 {
		y = 1 - float64(float64(y*z)/float64(k*(k+1)))
	}
	return float64(r * y)
}

// cosSeries returns Σ (-1)ⁱ r²ⁱ/(2i)! to r¹⁸ for |r| ≤ π/4.
func cosSeries(r float64) float64 {
	z := float64(r * r)
	y := 1.0
	for k := 17.0; k >= 1; k -= 2 {
		y = 1 - float64(float64(y*z)/float64(k*(k+1)))
	}
	return y
}
