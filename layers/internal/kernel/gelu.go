package kernel

import "math"

// gelu's constants: P of degree 9, which minimises the largest relative error of
// P(u)/(t+4) against e^(t²/2)·Φ(-t) (5e-8 with float32 coefficients), and a bound
// beyond which e^(-t²/2) is 0.
const (
	geluShift = 4
	geluBound = 16

	geluP0 = 0.7552851438522339
	geluP1 = -0.6078965663909912
	geluP2 = 0.38713690638542175
	geluP3 = -0.18652348220348358
	geluP4 = 0.06040376424789429
	geluP5 = -0.007525003515183926
	geluP6 = -0.0035120779648423195
	geluP7 = 0.0015695895999670029
	geluP8 = 0.00017837130872067064
	geluP9 = -0.00013243344437796623
)

// GELU is x·Φ(x), Φ the normal distribution function, within 4 units in the last
// place. With t = |x| and u = (t-4)/(t+4)
//
//	Φ(-t) = e^(-t²/2) · P(u)/(t+4),  Φ(t) = 1 - Φ(-t)
//
// t² is taken in two parts, its rounded value and the rest, since e multiplies an
// error of its exponent. Hendrycks and Gimpel, "Gaussian error linear units", 2016;
// the form of Φ: Shepherd and Laframboise, "Chebyshev approximation of
// (1+2x)exp(x²)erfc x", 1981.
func GELU(x float32) float32 {
	t := min(float32(math.Abs(float64(x))), geluBound)
	square := float32(t * t)
	rest := float32(float64(t)*float64(t) - float64(square)) // one rounding, as fused
	e := Exp(-0.5 * square)
	e -= float32(float32(0.5*rest) * e)
	width := t + geluShift
	u := (t - geluShift) / width
	p := float32(geluP9*u) + geluP8
	p = float32(p*u) + geluP7
	p = float32(p*u) + geluP6
	p = float32(p*u) + geluP5
	p = float32(p*u) + geluP4
	p = float32(p*u) + geluP3
	p = float32(p*u) + geluP2
	p = float32(p*u) + geluP1
	p = float32(p*u) + geluP0
	phi := float32(e*p) / width
	if !(x < 0) {
		phi = 1 - phi
	}
	return x * phi
}

// GELUTanh is GELU's published approximation:
//
//	x/2 · (1 + tanh u) = x / (1 + exp(-2u)),  u = sqrt(2/π)·(x + 0.044715·x³)
func GELUTanh(x float32) float32 {
	cube := float32(float32(x*x) * x)
	inner := x + float32(geluCube*cube)
	return x / (1 + Exp(float32(geluTwice*inner)))
}

// GELUTanh's constants.
const (
	geluCube  = 0.044715
	geluTwice = -1.5957691216057308 // -2·sqrt(2/π)
)

// gelus is the plain form of Kernel.gelu.
func gelus(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = GELU(x[i])
	}
}

// geluTanhs is the plain form of Kernel.geluTanh.
func geluTanhs(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = GELUTanh(x[i])
	}
}
