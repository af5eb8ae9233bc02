package kernel

import "math"

const (
	// discarded are the bits of a float64 that a float32 has no room for, and
	// tie their value halfway between two neighbouring float32s.
	discarded = 1<<29 - 1
	tie       = 1 << 28

	exponentBits   = 0x7ff << 52
	smallestNormal = (1023 - 126) << 52 // 2⁻¹²⁶, float32's smallest normal number
)

// FMA returns a·b + c rounded once, to the nearest float32, ties to even: what
// the processors' fused multiply-add instructions return. The bits of a NaN are
// not specified.
//
// The product of two float32s is exact in float64. The sum, rounded to float64
// and then to float32, is wrong only where the first rounding lands on a point
// halfway between two float32s (or where the result is subnormal, and such
// points lie elsewhere); these cases take the slow path.
func FMA(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c)
	if bits := math.Float64bits(s); bits&discarded != tie && bits&exponentBits >= smallestNormal {
		return float32(s)
	}
	return fmaToOdd(a, b, c)
}

// fmaToOdd rounds the sum to odd before it is converted: of the two float64s
// that enclose an inexact sum it takes the one with an odd last bit, which is
// never halfway between float32s. Boldo and Melquiond, "Emulation of FMA and
// correctly rounded sums: proved algorithms using rounding to odd", 2008.
func fmaToOdd(a, b, c float32) float32 {
	p, d := float64(a)*float64(b), float64(c)
	s := p + d
	t := s - p
	rest := float64(p-float64(s-t)) + float64(d-t) // s + rest is the exact sum (Knuth's TwoSum)
	bits := math.Float64bits(s)
	switch {
	case bits&1 == 1, rest == 0, rest != rest: // odd already, exact, or not finite
	case (rest > 0) == (s > 0):
		bits++
	default:
		bits--
	}
	return float32(math.Float64frombits(bits))
}
