package ptx

import "math"

// rounding is a rounding mode of PTX.
type rounding uint8

const (
	nearestEven rounding = iota // rn, rni
	toZero                      // rz, rzi
	down                        // rm, rmi
	up                          // rp, rpi
	nearestAway                 // rna
)

var roundings = map[string]rounding{
	"rn": nearestEven, "rz": toZero, "rm": down, "rp": up, "rna": nearestAway,
	"rni": nearestEven, "rzi": toZero, "rmi": down, "rpi": up,
}

// format is a binary float format narrower than float64.
type format struct {
	fraction int // bits
	minimum  int // exponent of the least normal value
	maximum  int // exponent of the greatest
}

var (
	formatF32  = format{23, -126, 127}
	formatF16  = format{10, -14, 15}
	formatBF16 = format{7, -126, 127}
	formatTF32 = format{10, -126, 127}
)

// round returns x, which may be rounded to odd before, as a value of the format.
func (f format) round(x float64, mode rounding) float64 {
	if x == 0 || x != x || math.IsInf(x, 0) {
		return x
	}
	_, e := math.Frexp(x) // |x| is in [2^(e-1), 2^e)
	unit := max(e-1, f.minimum) - f.fraction
	y := math.Ldexp(roundInteger(math.Ldexp(x, -unit), mode), unit)
	if y == 0 {
		return math.Copysign(0, x)
	}
	if math.Abs(y) < math.Ldexp(1, f.maximum+1) {
		return y
	}
	toInf := mode == nearestEven || mode == nearestAway || mode == up && y > 0 || mode == down && y < 0
	if toInf {
		return math.Inf(int(math.Copysign(1, y)))
	}
	return math.Copysign(math.Ldexp(2-math.Ldexp(1, -f.fraction), f.maximum), y)
}

func roundInteger(x float64, mode rounding) float64 {
	switch mode {
	case toZero:
		return math.Trunc(x)
	case down:
		return math.Floor(x)
	case up:
		return math.Ceil(x)
	case nearestAway:
		return math.Round(x)
	}
	return math.RoundToEven(x)
}

// toFloat32 rounds a float64 to float32 in a mode.
func toFloat32(x float64, mode rounding) float32 {
	if mode == nearestEven {
		return float32(x)
	}
	return float32(formatF32.round(x, mode))
}

// halfToFloat returns the value of an f16.
func halfToFloat(bits uint64) float64 {
	sign := 1.0
	if bits&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	switch exponent {
	case 0:
		return sign * fraction * 0x1p-24
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// floatToHalf returns the f16 that is x rounded; not a number is 0x7fff.
func floatToHalf(x float64, mode rounding) uint64 {
	if x != x {
		return 0x7fff
	}
	var sign uint64
	if math.Signbit(x) {
		sign = 0x8000
	}
	x = math.Abs(x)
	if sign != 0 && (mode == down || mode == up) { // of the value, not of its size
		mode = down + up - mode
	}
	y := formatF16.round(x, mode)
	switch {
	case math.IsInf(y, 0):
		return sign | 0x7c00
	case y < 0x1p-14:
		return sign | uint64(y*0x1p24)
	}
	fraction, e := math.Frexp(y)
	return sign | uint64(e+14)<<10 | uint64(fraction*2048)&1023
}

// bfloatToFloat returns the value of a bf16.
func bfloatToFloat(bits uint64) float64 { return float64(f32(bits << 16)) }

// floatToBfloat returns the bf16 that is x rounded; not a number is 0x7fff.
func floatToBfloat(x float64, mode rounding) uint64 {
	if x != x {
		return 0x7fff
	}
	return uint64(math.Float32bits(float32(formatBF16.round(x, mode)))) >> 16
}
