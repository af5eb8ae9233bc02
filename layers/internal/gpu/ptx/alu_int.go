package ptx

import (
	"math/bits"
	"unsafe"
)

type signedInt interface{ int8 | int16 | int32 | int64 }
type unsignedInt interface {
	uint8 | uint16 | uint32 | uint64
}
type integer interface{ signedInt | unsignedInt }

// alus holds the plain instructions by name and type, as "add.s32". Modifiers that
// do not change what is computed here are left out of a name.
var alus = map[string]alu{}

func init() {
	intOps[int16]("s16")
	intOps[uint16]("u16")
	intOps[int32]("s32")
	intOps[uint32]("u32")
	intOps[int64]("s64")
	intOps[uint64]("u64")
	bitOps[uint16]("b16")
	bitOps[uint32]("b32")
	bitOps[uint64]("b64")
	wideOps[int16, int32]("s16")
	wideOps[uint16, uint32]("u16")
	wideOps[int32, int64]("s32")
	wideOps[uint32, uint64]("u32")
	shiftRight[int16]("s16")
	shiftRight[uint16]("u16")
	shiftRight[uint16]("b16")
	shiftRight[int32]("s32")
	shiftRight[uint32]("u32")
	shiftRight[uint32]("b32")
	shiftRight[int64]("s64")
	shiftRight[uint64]("u64")
	shiftRight[uint64]("b64")
}

func intOps[T integer](typ string) {
	alus["add."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(T(a[i]) + T(b[i]))
		}
	}
	alus["sub."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(T(a[i]) - T(b[i]))
		}
	}
	alus["mul.lo."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(T(a[i]) * T(b[i]))
		}
	}
	alus["mad.lo."+typ] = func(d, a, b, c, _ *row) {
		for i := range d {
			d[i] = uint64(T(a[i])*T(b[i]) + T(c[i]))
		}
	}
	alus["mul.hi."+typ] = binaryInt(mulHigh[T])
	alus["mad.hi."+typ] = func(d, a, b, c, _ *row) {
		for i := range d {
			d[i] = uint64(mulHigh(T(a[i]), T(b[i])) + T(c[i]))
		}
	}
	alus["div."+typ] = binaryInt(func(x, y T) T {
		if y == 0 {
			return ^T(0) // undefined by PTX; what cards give
		}
		return x / y
	})
	alus["rem."+typ] = binaryInt(func(x, y T) T {
		if y == 0 {
			return x
		}
		return x % y
	})
	alus["min."+typ] = binaryInt(func(x, y T) T { return min(x, y) })
	alus["max."+typ] = binaryInt(func(x, y T) T { return max(x, y) })
	alus["neg."+typ] = unaryInt(func(x T) T { return -x })
	alus["abs."+typ] = unaryInt(func(x T) T {
		if x < 0 {
			return -x
		}
		return x
	})
	alus["sad."+typ] = func(d, a, b, c, _ *row) {
		for i := range d {
			x, y := T(a[i]), T(b[i])
			d[i] = uint64(max(x, y) - min(x, y) + T(c[i]))
		}
	}
	compareInt[T](typ)
}

// mulHigh returns the upper half of a product.
func mulHigh[T integer](x, y T) T {
	width := 8 * int(unsafe.Sizeof(x))
	if width < 64 {
		if isSigned[T]() {
			return T(int64(x) * int64(y) >> width)
		}
		return T(uint64(x) * uint64(y) >> width)
	}
	high, _ := bits.Mul64(uint64(x), uint64(y))
	if isSigned[T]() {
		if x < 0 {
			high -= uint64(y)
		}
		if y < 0 {
			high -= uint64(x)
		}
	}
	return T(high)
}

func isSigned[T integer]() bool { return ^T(0) < 0 }

// wideOps are the products of twice the width.
func wideOps[T, W integer](typ string) {
	alus["mul.wide."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(W(T(a[i])) * W(T(b[i])))
		}
	}
	alus["mad.wide."+typ] = func(d, a, b, c, _ *row) {
		for i := range d {
			d[i] = uint64(W(T(a[i]))*W(T(b[i])) + W(c[i]))
		}
	}
}

// shiftRight fills with the sign, or with zeros of an unsigned type. Shifts of the
// width or more are allowed.
func shiftRight[T integer](typ string) {
	alus["shr."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(T(a[i]) >> uint32(b[i]))
		}
	}
}

func bitOps[T unsignedInt](typ string) {
	alus["and."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = a[i] & b[i]
		}
	}
	alus["or."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = a[i] | b[i]
		}
	}
	alus["xor."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = a[i] ^ b[i]
		}
	}
	alus["not."+typ] = unaryInt(func(x T) T { return ^x })
	alus["cnot."+typ] = unaryInt(func(x T) T {
		if x == 0 {
			return 1
		}
		return 0
	})
	alus["shl."+typ] = func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(T(a[i]) << uint32(b[i]))
		}
	}
	alus["popc."+typ] = unaryInt(func(x T) T { return T(bits.OnesCount64(uint64(x))) })
	width := 8 * int(unsafe.Sizeof(T(0)))
	alus["clz."+typ] = unaryInt(func(x T) T { return T(bits.LeadingZeros64(uint64(x)) - 64 + width) })
	alus["brev."+typ] = unaryInt(func(x T) T { return T(bits.Reverse64(uint64(x)) >> (64 - width)) })
}

// unaryInt makes an instruction of a function of one lane.
func unaryInt[T integer](f func(x T) T) alu {
	return func(d, a, _, _, _ *row) {
		for i := range d {
			d[i] = uint64(f(T(a[i])))
		}
	}
}

// binaryInt makes an instruction of a function of one lane.
func binaryInt[T integer](f func(x, y T) T) alu {
	return func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = uint64(f(T(a[i]), T(b[i])))
		}
	}
}

// compareInt makes setp.eq and so on; a predicate is 0 or 1.
func compareInt[T integer](typ string) {
	for name, f := range map[string]alu{
		"eq": func(d, a, b, _, _ *row) {
			for i := range d {
				d[i] = one(T(a[i]) == T(b[i]))
			}
		},
		"ne": func(d, a, b, _, _ *row) {
			for i := range d {
				d[i] = one(T(a[i]) != T(b[i]))
			}
		},
		"lt": func(d, a, b, _, _ *row) {
			for i := range d {
				d[i] = one(T(a[i]) < T(b[i]))
			}
		},
		"le": func(d, a, b, _, _ *row) {
			for i := range d {
				d[i] = one(T(a[i]) <= T(b[i]))
			}
		},
		"gt": func(d, a, b, _, _ *row) {
			for i := range d {
				d[i] = one(T(a[i]) > T(b[i]))
			}
		},
		"ge": func(d, a, b, _, _ *row) {
			for i := range d {
				d[i] = one(T(a[i]) >= T(b[i]))
			}
		},
	} {
		alus["setp."+name+"."+typ] = f
	}
	if isSigned[T]() {
		return
	}
	for name, same := range map[string]string{"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"} {
		alus["setp."+name+"."+typ] = alus["setp."+same+"."+typ]
	}
	bit := "b" + typ[1:]
	alus["setp.eq."+bit], alus["setp.ne."+bit] = alus["setp.eq."+typ], alus["setp.ne."+typ]
}

// one is a predicate's value.
func one(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}
