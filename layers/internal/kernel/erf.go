package kernel

import "math"

// Erf returns the error function of x with an absolute error below 1e-13:
//
//	erf x = 2/√π · x·exp(-x²) · Σ (2x²)ⁿ/(1·3·5···(2n+1))   |x| < 2.5
//	erf x = 1 - exp(-x²)/√π · 1/(x + 1/2/(x + 1/(x + 3/2/(x + …))))
//
// the series summed to 50 terms, the continued fraction cut at 40 (Abramowitz
// and Stegun, 7.1.6 and 7.1.14). Beyond 6 it is 1. exp is exact to float64's
// rounding, by the same series on every platform.
func Erf(x float64) float64 {
	z := math.Abs(x)
	var y float64
	switch {
	case x != x:
		return x
	case z > 6:
		y = 1
	case z < 2.5:
		term, total, square := 1.0, 1.0, float64(2*float64(z*z))
		for n := 3.0; term > 1e-17*total && n < 103; n += 2 {
			term = float64(term*square) / n
			total += term
		}
		y = float64(2/math.SqrtPi*z) * float64(expNegative(float64(z*z))*total)
	default:
		f := z
		for k := 40.0; k >= 1; k-- {
			f = z + float64(k/2)/f
		}
		y = 1 - expNegative(float64(z*z))/float64(math.SqrtPi*f)
	}
	return math.Copysign(y, x)
}

// expNegative returns e^-x for x in [0, 700]: e^-x = 2⁻ⁿ·e^-r with r within
// ln(2)/2 of 0, whose series is summed to r¹⁶.
func expNegative(x float64) float64 {
	const ln2Hi64, ln2Lo64 = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	n := math.RoundToEven(float64(x / math.Ln2))
	r := float64(n*ln2Hi64) - x
	r += float64(n * ln2Lo64)
	y := 1.0
	for k := 16.0; k >= 1; k-- {
		y = 1 + float64(r*y)/k
	}
	return math.Ldexp(y, -int(n))
}
