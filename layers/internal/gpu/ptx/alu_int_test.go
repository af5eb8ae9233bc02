package ptx

import (
	"fmt"
	"math/big"
	"math/bits"
	"testing"
)

// ofType reads bits as a PTX integer type, in numbers of any size.
func ofType(typ string, v uint64) *big.Int {
	width := map[string]uint{"16": 16, "32": 32, "64": 64}[typ[1:]]
	n := new(big.Int).SetUint64(v & (1<<width - 1))
	if typ[0] == 's' && v>>(width-1)&1 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), width))
	}
	return n
}

// cut returns the low bits of a number, two's complement.
func cut(n *big.Int, width uint) uint64 {
	m := new(big.Int).Lsh(big.NewInt(1), width)
	return new(big.Int).Mod(n, m).Uint64()
}

// TestIntegers checks integer arithmetic against numbers of any size.
func TestIntegers(t *testing.T) {
	inputs := mix(500)
	reg := map[string]string{"16": "h", "32": "r", "64": "d"}
	wide := map[string]string{"16": "r", "32": "d"}
	type f func(a, b, c *big.Int, width uint) *big.Int
	ops := map[string]f{
		"add":    func(a, b, _ *big.Int, _ uint) *big.Int { return new(big.Int).Add(a, b) },
		"sub":    func(a, b, _ *big.Int, _ uint) *big.Int { return new(big.Int).Sub(a, b) },
		"mul.lo": func(a, b, _ *big.Int, _ uint) *big.Int { return new(big.Int).Mul(a, b) },
		"mul.hi": func(a, b, _ *big.Int, w uint) *big.Int {
			p := new(big.Int).Mul(a, b)
			return p.Rsh(p, w)
		},
		"mad.lo": func(a, b, c *big.Int, _ uint) *big.Int { return new(big.Int).Add(new(big.Int).Mul(a, b), c) },
		"mad.hi": func(a, b, c *big.Int, w uint) *big.Int {
			p := new(big.Int).Mul(a, b)
			return p.Rsh(p, w).Add(p, c)
		},
		"sad": func(a, b, c *big.Int, _ uint) *big.Int {
			d := new(big.Int).Sub(a, b)
			return d.Abs(d).Add(d, c)
		},
		"div": func(a, b, _ *big.Int, _ uint) *big.Int {
			if b.Sign() == 0 {
				return big.NewInt(-1)
			}
			return new(big.Int).Quo(a, b)
		},
		"rem": func(a, b, _ *big.Int, _ uint) *big.Int {
			if b.Sign() == 0 {
				return a
			}
			return new(big.Int).Rem(a, b)
		},
		"min": func(a, b, _ *big.Int, _ uint) *big.Int {
			if a.Cmp(b) < 0 {
				return a
			}
			return b
		},
		"max": func(a, b, _ *big.Int, _ uint) *big.Int {
			if a.Cmp(b) > 0 {
				return a
			}
			return b
		},
	}
	for _, typ := range []string{"s16", "u16", "s32", "u32", "s64", "u64"} {
		r := reg[typ[1:]]
		width := map[string]uint{"16": 16, "32": 32, "64": 64}[typ[1:]]
		for op, want := range ops {
			third := ""
			if op[:2] == "ma" && op[2] == 'd' || op == "sad" {
				third = fmt.Sprintf(", %s3", r)
			}
			each(t, fmt.Sprintf("%s.%s %s0, %s1, %s2%s;", op, typ, r, r, r, third), r+"0", inputs, func(a, b, c uint64) uint64 {
				return cut(want(ofType(typ, a), ofType(typ, b), ofType(typ, c), width), width)
			})
		}
		if typ[0] == 's' {
			each(t, fmt.Sprintf("neg.%s %s0, %s1;", typ, r, r), r+"0", inputs, func(a, _, _ uint64) uint64 { return cut(new(big.Int).Neg(ofType(typ, a)), width) })
			each(t, fmt.Sprintf("abs.%s %s0, %s1;", typ, r, r), r+"0", inputs, func(a, _, _ uint64) uint64 { return cut(new(big.Int).Abs(ofType(typ, a)), width) })
		}
		each(t, fmt.Sprintf("shr.%s %s0, %s1, r2;", typ, r, r), r+"0", inputs, func(a, b, _ uint64) uint64 {
			return cut(new(big.Int).Rsh(ofType(typ, a), uint(min(b&0xffffffff, 100))), width)
		})
		if w := wide[typ[1:]]; w != "" {
			each(t, fmt.Sprintf("mul.wide.%s %s0, %s1, %s2;", typ, w, r, r), w+"0", inputs, func(a, b, _ uint64) uint64 {
				return cut(new(big.Int).Mul(ofType(typ, a), ofType(typ, b)), 2*width)
			})
			each(t, fmt.Sprintf("mad.wide.%s %s0, %s1, %s2, %s3;", typ, w, r, r, w), w+"0", inputs, func(a, b, c uint64) uint64 {
				p := new(big.Int).Mul(ofType(typ, a), ofType(typ, b))
				return cut(p.Add(p, new(big.Int).SetUint64(c)), 2*width)
			})
		}
		for name, holds := range map[string]func(c int) bool{
			"eq": func(c int) bool { return c == 0 }, "ne": func(c int) bool { return c != 0 },
			"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
			"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		} {
			each(t, fmt.Sprintf("setp.%s.%s p1, %s1, %s2;", name, typ, r, r), "p1", inputs, func(a, b, _ uint64) uint64 {
				return one(holds(ofType(typ, a).Cmp(ofType(typ, b))))
			})
		}
	}
}

func TestBits(t *testing.T) {
	inputs := mix(400)
	lo := func(v uint64) uint32 { return uint32(v) }
	for body, want := range map[string]func(a, b, c uint64) uint64{
		"and.b32 r0, r1, r2;":                         func(a, b, _ uint64) uint64 { return uint64(lo(a & b)) },
		"or.b32 r0, r1, r2;":                          func(a, b, _ uint64) uint64 { return uint64(lo(a | b)) },
		"xor.b32 r0, r1, r2;":                         func(a, b, _ uint64) uint64 { return uint64(lo(a ^ b)) },
		"not.b32 r0, r1;":                             func(a, _, _ uint64) uint64 { return uint64(^lo(a)) },
		"cnot.b32 r0, r1;":                            func(a, _, _ uint64) uint64 { return one(lo(a) == 0) },
		"shl.b32 r0, r1, r2;":                         func(a, b, _ uint64) uint64 { return uint64(lo(a) << min(lo(b), 99)) },
		"popc.b32 r0, r1;":                            func(a, _, _ uint64) uint64 { return uint64(bits.OnesCount32(lo(a))) },
		"clz.b32 r0, r1;":                             func(a, _, _ uint64) uint64 { return uint64(bits.LeadingZeros32(lo(a))) },
		"brev.b32 r0, r1;":                            func(a, _, _ uint64) uint64 { return uint64(bits.Reverse32(lo(a))) },
		"bfind.u32 r0, r1;":                           func(a, _, _ uint64) uint64 { return uint64(uint32(bits.Len32(lo(a)) - 1)) },
		"shf.l.wrap.b32 r0, r1, r2, r3;":              func(a, b, c uint64) uint64 { return uint64(lo(b)<<(c&31) | uint32(uint64(lo(a))>>(32-(c&31)))) },
		"prmt.b32 r0, r1, r2, 0x3210;":                func(a, _, _ uint64) uint64 { return uint64(lo(a)) },
		"prmt.b32 r0, r1, r2, 0x7654;":                func(_, b, _ uint64) uint64 { return uint64(lo(b)) },
		"prmt.b32 r0, r1, r2, 0x0123;":                func(a, _, _ uint64) uint64 { return uint64(bits.ReverseBytes32(lo(a))) },
		"prmt.b32 r0, r1, r2, 0x8888;":                func(a, _, _ uint64) uint64 { return uint64(uint32(int8(a) >> 7)) },
		"lop3.b32 r0, r1, r2, r3, 0x96;":              func(a, b, c uint64) uint64 { return uint64(lo(a ^ b ^ c)) },
		"lop3.b32 r0, r1, r2, r3, 0xe8;":              func(a, b, c uint64) uint64 { return uint64(lo(a&b | b&c | a&c)) },
		"bfe.u32 r0, r1, 5, 7;":                       func(a, _, _ uint64) uint64 { return a >> 5 & 127 },
		"bfe.s32 r0, r1, 5, 7;":                       func(a, _, _ uint64) uint64 { return uint64(uint32(int32(lo(a)<<20) >> 25)) },
		"bfe.s32 r0, r1, 28, 9;":                      func(a, _, _ uint64) uint64 { return uint64(uint32(int32(lo(a)) >> 28)) },
		"bfe.u32 r0, r1, 3, 32;":                      func(a, _, _ uint64) uint64 { return uint64(lo(a) >> 3) },
		"bfi.b32 r0, r1, r2, 8, 4;":                   func(a, b, _ uint64) uint64 { return uint64(lo(b)&^0xf00 | lo(a)&15<<8) },
		"mul24.lo.s32 r0, r1, r2;":                    func(a, b, _ uint64) uint64 { return uint64(uint32(int32(lo(a)<<8) >> 8 * (int32(lo(b)<<8) >> 8))) },
		"mov.b32 {h4, h5}, r1; mov.b32 r0, {h5, h4};": func(a, _, _ uint64) uint64 { return uint64(bits.RotateLeft32(lo(a), 16)) },
	} {
		each(t, body, "r0", inputs, want)
	}
	each(t, "mov.b64 {r4, r5}, d1; mov.b64 d0, {r5, r4};", "d0", inputs, func(a, _, _ uint64) uint64 { return bits.RotateLeft64(a, 32) })
	each(t, "popc.b64 r0, d1;", "r0", inputs, func(a, _, _ uint64) uint64 { return uint64(bits.OnesCount64(a)) })
	each(t, "bfe.s64 d0, d1, 3, 61;", "d0", inputs, func(a, _, _ uint64) uint64 { return uint64(int64(a) >> 3) })
	each(t, "bfe.u64 d0, d1, 60, 9;", "d0", inputs, func(a, _, _ uint64) uint64 { return a >> 60 })
	each(t, "dp4a.s32.u32 r0, r1, r2, r3;", "r0", inputs, func(a, b, c uint64) uint64 {
		sum := int32(c)
		for i := range 4 {
			sum += int32(int8(a>>(8*i))) * int32(uint8(b>>(8*i)))
		}
		return uint64(uint32(sum))
	})
}

// TestPredicates checks guards, joined comparisons and pairs of predicates.
func TestPredicates(t *testing.T) {
	inputs := mix(300)
	less := func(a, b uint64) bool { return int32(a) < int32(b) }
	each(t, "mov.u32 r0, 7; setp.lt.s32 p1, r1, r2; @p1 mov.u32 r0, 1; @!p1 add.u32 r0, r0, 2;", "r0", inputs, func(a, b, _ uint64) uint64 {
		if less(a, b) {
			return 1
		}
		return 9
	})
	for op, join := range map[string]func(x, y bool) bool{
		"and": func(x, y bool) bool { return x && y }, "or": func(x, y bool) bool { return x || y }, "xor": func(x, y bool) bool { return x != y },
	} {
		each(t, "setp.gt.s32 p3, r3, 0; setp.lt."+op+".s32 p1|p2, r1, r2, !p3; selp.u32 r4, 1, 0, p1; selp.u32 r0, 2, 0, p2; add.u32 r0, r0, r4;", "r0", inputs, func(a, b, c uint64) uint64 {
			p3 := int32(c) > 0
			return one(join(less(a, b), !p3)) + 2*one(join(!less(a, b), !p3))
		})
	}
	each(t, "set.lt.u32.s32 r0, r1, r2;", "r0", inputs, func(a, b, _ uint64) uint64 { return uint64(uint32(-one(less(a, b)))) })
	each(t, "slct.u32.s32 r0, r1, r2, r3;", "r0", inputs, func(a, b, c uint64) uint64 {
		if int32(c) >= 0 {
			return uint64(uint32(a))
		}
		return uint64(uint32(b))
	})
}
