package kernel

import "math"

const (
	// A float64 tells float32s apart by all but its last 29 bits. Halfway between
	// two of them it has the first of these alone: shifted to the front, 1<<63.
	discarded = 64 - 29
	tie       = 1 << 63

	smallestNormal = (1023 - 126) << 52 // 2⁻¹²⁶, float32's smallest normal number
)

// FMA returns a·b + c rounded once, to the nearest float32, ties to even: what
// the processors' fused multiply-add instructions return. The bits of a NaN are
// not specified.
//
// The product of two float32s is exact in float64. The sum, rounded to float64
// and then to float32, is wrong only where the first rounding lands on a point
// halfway between two float32s, or where the result is subnormal and such points
// lie elsewhere. There the sum is rounded to odd before it is converted: of the
// two float64s that enclose an inexact sum the one with an odd last bit is taken,
// which is never halfway between float32s. Boldo and Melquiond, "Emulation of FMA
// and correctly rounded sums: proved algorithms using rounding to odd", 2008.
//
// It is one function without calls, since the plain Go kernel does little else.
func FMA(a, b, c float32) float32 {
	p, d := float64(a)*float64(b), float64(c)
	s := p + d
	bits := math.Float64bits(s)
	if bits<<discarded == tie || bits<<1-1 < smallestNormal<<1-1 { // a zero is exact: it wraps around
		t := s - p
		rest := float64(p-float64(s-t)) + float64(d-t) // s + rest is the exact sum (Knuth's TwoSum)
		switch {
		case bits&1 == 1, rest == 0, rest != rest: // odd already, exact, or not finite
		case (rest > 0) == (s > 0):
			bits++
		default:
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}
