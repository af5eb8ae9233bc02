package ptx

import "math/bits"

func init() {
	for op, f := range map[string]func(x, y uint64) uint64{
		"and.pred": func(x, y uint64) uint64 { return x & y & 1 },
		"or.pred":  func(x, y uint64) uint64 { return (x | y) & 1 },
		"xor.pred": func(x, y uint64) uint64 { return (x ^ y) & 1 },
		"not.pred": func(x, _ uint64) uint64 { return ^x & 1 },
	} {
		alus[op] = binaryInt(f)
	}
	for _, typ := range []string{"b16", "u16", "s16", "b32", "u32", "s32", "f32", "b64", "u64", "s64", "f64", "f16", "bf16"} {
		alus["selp."+typ] = selectRow
	}
	alus["bfe.u32"], alus["bfe.u64"] = extract[uint32](32), extract[uint64](64)
	alus["bfe.s32"], alus["bfe.s64"] = extractSigned(32), extractSigned(64)
	alus["bfi.b32"], alus["bfi.b64"] = insert(32), insert(64)
	alus["bfind.u32"], alus["bfind.u64"] = binaryInt(func(x, _ uint32) uint32 { return uint32(bits.Len32(x) - 1) }), binaryInt(func(x, _ uint64) uint64 { return uint64(bits.Len64(x) - 1) })
	alus["bfind.s32"] = binaryInt(func(x, _ int32) int32 { return int32(bits.Len32(uint32(x^x>>31)) - 1) })
	alus["bfind.s64"] = binaryInt(func(x, _ int64) int64 { return int64(bits.Len64(uint64(x^x>>63)) - 1) })
	alus["prmt.b32"] = ternary32(permute)
	alus["shf.l.wrap.b32"] = ternary32(func(a, b, c uint32) uint32 { return uint32((uint64(b)<<32 | uint64(a)) << (c & 31) >> 32) })
	alus["shf.r.wrap.b32"] = ternary32(func(a, b, c uint32) uint32 { return uint32((uint64(b)<<32 | uint64(a)) >> (c & 31)) })
	alus["shf.l.clamp.b32"] = ternary32(func(a, b, c uint32) uint32 { return uint32((uint64(b)<<32 | uint64(a)) << min(c, 32) >> 32) })
	alus["shf.r.clamp.b32"] = ternary32(func(a, b, c uint32) uint32 { return uint32((uint64(b)<<32 | uint64(a)) >> min(c, 32)) })
	alus["lop3.b32"] = func(d, a, b, c, e *row) {
		for i := range d {
			d[i] = uint64(logic(uint32(a[i]), uint32(b[i]), uint32(c[i]), uint8(e[i])))
		}
	}
	alus["mul24.lo.u32"] = binaryInt(func(x, y uint32) uint32 { return x & 0xffffff * (y & 0xffffff) })
	alus["mul24.lo.s32"] = binaryInt(func(x, y int32) int32 { return x << 8 >> 8 * (y << 8 >> 8) })
	alus["mad24.lo.u32"] = ternary32(func(a, b, c uint32) uint32 { return a&0xffffff*(b&0xffffff) + c })
	alus["mad24.lo.s32"] = ternary32(func(a, b, c uint32) uint32 { return uint32(int32(a)<<8>>8*(int32(b)<<8>>8)) + c })
	for _, signA := range []string{"u32", "s32"} {
		for _, signB := range []string{"u32", "s32"} {
			alus["dp4a."+signA+"."+signB] = ternary32(dot4(signA == "s32", signB == "s32"))
		}
	}
}

func selectRow(d, a, b, p, _ *row) {
	for i := range d {
		if p[i]&1 != 0 {
			d[i] = a[i]
		} else {
			d[i] = b[i]
		}
	}
}

func ternary32(f func(a, b, c uint32) uint32) alu {
	return func(d, a, b, c, _ *row) {
		for i := range d {
			d[i] = uint64(f(uint32(a[i]), uint32(b[i]), uint32(c[i])))
		}
	}
}

// extract is bfe: c bits of a from bit b on.
func extract[T unsignedInt](width uint64) alu {
	return func(d, a, b, c, _ *row) {
		for i := range d {
			from, n := b[i]&0xff, c[i]&0xff
			d[i] = uint64(T(a[i])) >> from
			if n < width {
				d[i] &= 1<<n - 1
			}
		}
	}
}

// extractSigned is bfe of a signed type: what is beyond the field or the register
// is its sign.
func extractSigned(width int) alu {
	return func(d, a, b, c, _ *row) {
		for i := range d {
			from, n := int(b[i]&0xff), int(c[i]&0xff)
			x := int64(a[i]<<(64-width)) >> (64 - width)
			if n == 0 {
				d[i] = 0
				continue
			}
			top := min(from+n-1, width-1)
			sign := x >> top & 1
			x >>= min(from, 63)
			if left := width - from; n > left { // reaches beyond the register
				n = max(left, 0)
			}
			if n < 64 {
				x = x&(1<<n-1) | -sign<<n
			}
			d[i] = uint64(x)
		}
	}
}

// insert is bfi: e bits of a put into b from bit c on.
func insert(width uint64) alu {
	return func(d, a, b, c, e *row) {
		for i := range d {
			from, n := c[i]&0xff, e[i]&0xff
			if from >= width {
				d[i] = b[i]
				continue
			}
			mask := ^uint64(0)
			if n < 64 {
				mask = 1<<n - 1
			}
			mask <<= from
			d[i] = b[i]&^mask | a[i]<<from&mask
		}
	}
}

// permute is prmt in its plain mode: each nibble of c picks a byte of b:a.
func permute(a, b, c uint32) uint32 {
	both := uint64(b)<<32 | uint64(a)
	var out uint32
	for i := range 4 {
		pick := c >> (4 * i) & 15
		v := uint32(both>>(8*(pick&7))) & 0xff
		if pick&8 != 0 {
			v = uint32(int8(v)>>7) & 0xff
		}
		out |= v << (8 * i)
	}
	return out
}

// logic is lop3: table's bit number abc, for each bit.
func logic(a, b, c uint32, table uint8) uint32 {
	var out uint32
	for i := range 8 {
		if table>>i&1 == 0 {
			continue
		}
		x, y, z := a, b, c
		if i&4 == 0 {
			x = ^x
		}
		if i&2 == 0 {
			y = ^y
		}
		if i&1 == 0 {
			z = ^z
		}
		out |= x & y & z
	}
	return out
}

// dot4 is dp4a: the products of four bytes each, and c.
func dot4(signA, signB bool) func(a, b, c uint32) uint32 {
	extend := func(v uint32, signed bool) uint32 {
		if signed {
			return uint32(int32(int8(v)))
		}
		return v & 0xff
	}
	return func(a, b, c uint32) uint32 {
		for i := range 4 {
			c += extend(a>>(8*i), signA) * extend(b>>(8*i), signB)
		}
		return c
	}
}
