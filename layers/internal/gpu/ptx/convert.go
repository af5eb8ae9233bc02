package ptx

import "math"

// number is a value on its way through cvt: a float, or an integer by its sign and
// bits.
type number struct {
	float    float64
	integer  uint64 // two's complement
	isFloat  bool
	negative bool
}

// converter returns what cvt.to.from does. A nil is a pair of types there is not.
func converter(to, from string, mode rounding, toInteger, saturating bool) alu {
	read, write := readers[from], writer(to, mode, saturating)
	if read == nil || write == nil {
		return nil
	}
	if toInteger && isFloatType(to) { // cvt.rni.f32.f32
		return func(d, a, _, _, _ *row) {
			for i := range d {
				n := read(a[i])
				n.float = roundInteger(n.float, mode)
				d[i] = write(n)
			}
		}
	}
	return func(d, a, _, _, _ *row) {
		for i := range d {
			d[i] = write(read(a[i]))
		}
	}
}

func isFloatType(typ string) bool {
	switch typ {
	case "f16", "bf16", "f32", "f64", "tf32":
		return true
	}
	return false
}

var readers = map[string]func(bits uint64) number{
	"u8": readInt[uint8], "u16": readInt[uint16], "u32": readInt[uint32], "u64": readInt[uint64],
	"s8": readInt[int8], "s16": readInt[int16], "s32": readInt[int32], "s64": readInt[int64],
	"b8": readInt[uint8], "b16": readInt[uint16], "b32": readInt[uint32], "b64": readInt[uint64],
	"f16":  func(b uint64) number { return number{float: halfToFloat(b), isFloat: true} },
	"bf16": func(b uint64) number { return number{float: bfloatToFloat(b), isFloat: true} },
	"f32":  func(b uint64) number { return number{float: float64(f32(b)), isFloat: true} },
	"f64":  func(b uint64) number { return number{float: f64(b), isFloat: true} },
}

func readInt[T integer](bits uint64) number {
	v := T(bits)
	return number{integer: uint64(v), negative: v < 0}
}

// writer returns what makes bits of a type from a number.
func writer(typ string, mode rounding, saturating bool) func(n number) uint64 {
	switch typ {
	case "u8", "b8":
		return writeInt[uint8](0, math.MaxUint8, mode, saturating)
	case "u16", "b16":
		return writeInt[uint16](0, math.MaxUint16, mode, saturating)
	case "u32", "b32":
		return writeInt[uint32](0, math.MaxUint32, mode, saturating)
	case "u64", "b64":
		return writeInt[uint64](0, math.MaxUint64, mode, saturating)
	case "s8":
		return writeInt[int8](math.MinInt8, math.MaxInt8, mode, saturating)
	case "s16":
		return writeInt[int16](math.MinInt16, math.MaxInt16, mode, saturating)
	case "s32":
		return writeInt[int32](math.MinInt32, math.MaxInt32, mode, saturating)
	case "s64":
		return writeInt[int64](math.MinInt64, math.MaxInt64, mode, saturating)
	case "f64":
		return writeFloat(saturating, bits64, mode, math.NaN())
	case "f32":
		return writeFloat(saturating, func(x float64) uint64 { return bits32(toFloat32(x, mode)) }, mode, 0)
	case "tf32":
		return writeFloat(saturating, func(x float64) uint64 { return bits32(float32(formatTF32.round(x, mode))) }, mode, 0)
	case "f16":
		return writeFloat(saturating, func(x float64) uint64 { return floatToHalf(x, mode) }, mode, 0)
	case "bf16":
		return writeFloat(saturating, func(x float64) uint64 { return floatToBfloat(x, mode) }, mode, 0)
	}
	return nil
}

// writeInt makes an integer of the bounds. A float beyond them becomes the nearest
// bound and one that is not a number 0 (the largest, of 64 bits), as the PTX manual
// has it; an integer keeps its low bits unless .sat is said.
func writeInt[T integer](low int64, high uint64, mode rounding, saturating bool) func(n number) uint64 {
	return func(n number) uint64 {
		if !n.isFloat {
			if saturating {
				switch {
				case n.negative && int64(n.integer) < low:
					return uint64(low)
				case !n.negative && n.integer > high:
					return high
				}
			}
			return uint64(T(n.integer))
		}
		x := roundInteger(n.float, mode)
		switch {
		case x != x:
			if high > math.MaxUint32 {
				return 1 << 63
			}
			return 0
		case x <= float64(low):
			return uint64(low)
		case x >= float64(high):
			return high
		case x < 0:
			return uint64(int64(x))
		}
		return uint64(x)
	}
}

// writeFloat makes a float. An integer of 64 bits is rounded to odd on its way
// through float64, so that rounding it again is rounding once.
func writeFloat(saturating bool, bits func(x float64) uint64, mode rounding, exact float64) func(n number) uint64 {
	return func(n number) uint64 {
		x := n.float
		if !n.isFloat {
			x = integerToFloat(n, mode, exact != exact)
		}
		if saturating {
			x = saturate(x)
		}
		return bits(x)
	}
}

// integerToFloat returns an integer as a float64: rounded in the mode if that is
// the type wanted, else rounded to odd.
func integerToFloat(n number, mode rounding, last bool) float64 {
	v, sign := n.integer, 1.0
	if n.negative {
		v, sign = -v, -1
	}
	high, low := float64(v>>32)*0x1p32, float64(v&0xffffffff)
	if last && mode == nearestEven {
		return sign * (high + low)
	}
	x := addOdd(high, low)
	if last {
		x = directed64(high, low, sign < 0, mode)
	}
	return sign * x
}

// directed64 returns high+low, both exact and not below 0, rounded in a mode; of
// the value's negation if negative.
func directed64(high, low float64, negative bool, mode rounding) float64 {
	s := high + low
	lost := low - (s - high)
	away := mode == up && !negative || mode == down && negative
	switch {
	case lost > 0 && away:
		return math.Nextafter(s, math.Inf(1))
	case lost < 0 && !away:
		return math.Nextafter(s, 0)
	}
	return s
}
