package ptx

import (
	"math"
	"math/big"
	"testing"
)

// TestHalves goes through all f16 and bf16: their values and the way back, and what
// lies between two of them in every rounding mode.
func TestHalves(t *testing.T) {
	for _, h := range []struct {
		name  string
		value func(bits uint64) float64
		round func(x float64, mode rounding) uint64
		inf   uint64
	}{
		{"f16", halfToFloat, floatToHalf, 0x7c00},
		{"bf16", bfloatToFloat, floatToBfloat, 0x7f80},
	} {
		for _, sign := range []uint64{0, 0x8000} {
			for b := uint64(0); b < h.inf; b++ {
				v, next := h.value(sign|b), h.value(sign|(b+1))
				if math.IsInf(next, 0) {
					continue
				}
				middle := v + (next-v)/2
				even := sign | b + b&1
				lower, upper := sign|b, sign|(b+1)
				if sign != 0 {
					lower, upper = upper, lower
				}
				for _, c := range []struct {
					x    float64
					mode rounding
					want uint64
				}{
					{v, nearestEven, sign | b}, {v, up, sign | b}, {v, toZero, sign | b},
					{middle, nearestEven, even}, {middle, nearestAway, sign | (b + 1)}, {middle, toZero, sign | b},
					{middle, down, lower}, {middle, up, upper},
					{math.Nextafter(middle, v), nearestEven, sign | b}, {math.Nextafter(middle, next), nearestEven, sign | (b + 1)},
				} {
					if have := h.round(c.x, c.mode); have != c.want {
						t.Fatalf("%s of %v, mode %d: want %#x, have %#x", h.name, c.x, c.mode, c.want, have)
					}
				}
			}
		}
		if have := h.round(math.Inf(-1), nearestEven); have != 0x8000|h.inf {
			t.Errorf("%s of -Inf: have %#x", h.name, have)
		}
		if have := h.round(math.NaN(), nearestEven); have != 0x7fff {
			t.Errorf("%s of NaN: have %#x", h.name, have)
		}
		largest := h.value(h.inf - 1)
		if have := h.round(largest*1.5, nearestEven); have != h.inf {
			t.Errorf("%s beyond the largest: have %#x", h.name, have)
		}
		if have := h.round(largest*1.5, toZero); have != h.inf-1 {
			t.Errorf("%s beyond the largest, to zero: have %#x", h.name, have)
		}
	}
}

func TestConversions(t *testing.T) {
	floats := floatInputs()
	for _, c := range []struct {
		body, out string
		want      func(a uint64) uint64
	}{
		{"cvt.rzi.s32.f32 r0, f1;", "r0", func(a uint64) uint64 { return clampInt(math.Trunc(float64(f32(a))), -1<<31, 1<<31-1, 32) }},
		{"cvt.rni.s32.f32 r0, f1;", "r0", func(a uint64) uint64 { return clampInt(math.RoundToEven(float64(f32(a))), -1<<31, 1<<31-1, 32) }},
		{"cvt.rmi.s32.f32 r0, f1;", "r0", func(a uint64) uint64 { return clampInt(math.Floor(float64(f32(a))), -1<<31, 1<<31-1, 32) }},
		{"cvt.rpi.s32.f32 r0, f1;", "r0", func(a uint64) uint64 { return clampInt(math.Ceil(float64(f32(a))), -1<<31, 1<<31-1, 32) }},
		{"cvt.rzi.u32.f32 r0, f1;", "r0", func(a uint64) uint64 { return clampInt(math.Trunc(float64(f32(a))), 0, 1<<32-1, 32) }},
		{"cvt.rzi.u8.f32 r0, f1;", "r0", func(a uint64) uint64 { return clampInt(math.Trunc(float64(f32(a))), 0, 255, 32) }},
		{"cvt.rni.f32.f32 f0, f1;", "f0", func(a uint64) uint64 { return bits32(float32(math.RoundToEven(float64(f32(a))))) }},
		{"cvt.sat.f32.f32 f0, f1;", "f0", func(a uint64) uint64 { return bits32(float32(saturate(float64(f32(a))))) }},
		{"cvt.ftz.f64.f32 e0, f1;", "e0", func(a uint64) uint64 { return bits64(float64(flushed(f32(nanless(a))))) }},
		{"cvt.rn.bf16.f32 h0, f1;", "h0", func(a uint64) uint64 { return floatToBfloat(float64(f32(a)), nearestEven) }},
		{"cvt.rn.f16.f32 h0, f1;", "h0", func(a uint64) uint64 { return floatToHalf(float64(f32(a)), nearestEven) }},
		{"cvt.rna.tf32.f32 r0, f1;", "r0", func(a uint64) uint64 { return tf32(a) }},
	} {
		in := floats
		if c.out == "e0" {
			in = nil
			for _, x := range floats {
				in = append(in, [3]uint64{nanless(x[0])})
			}
		}
		each(t, c.body, c.out, in, func(a, _, _ uint64) uint64 { return c.want(a) })
	}
	ints := mix(600)
	for body, want := range map[string]func(a uint64) uint64{
		"cvt.rn.f32.s32 f0, r1;":  func(a uint64) uint64 { return bits32(float32(int32(a))) },
		"cvt.rn.f32.u32 f0, r1;":  func(a uint64) uint64 { return bits32(float32(uint32(a))) },
		"cvt.rn.f32.s64 f0, d1;":  func(a uint64) uint64 { return bits32(bigFloat32(big.NewInt(int64(a)))) },
		"cvt.rn.f32.u64 f0, d1;":  func(a uint64) uint64 { return bits32(bigFloat32(new(big.Int).SetUint64(a))) },
		"cvt.rn.f32.s16 f0, h1;":  func(a uint64) uint64 { return bits32(float32(int16(a))) },
		"cvt.s32.s8 r0, r1;":      func(a uint64) uint64 { return uint64(uint32(int8(a))) },
		"cvt.u32.u16 r0, h1;":     func(a uint64) uint64 { return a & 0xffff },
		"cvt.sat.s8.s32 r0, r1;":  func(a uint64) uint64 { return uint64(uint32(max(-128, min(127, int32(a))))) },
		"cvt.sat.u8.s32 r0, r1;":  func(a uint64) uint64 { return uint64(uint32(max(0, min(255, int32(a))))) },
		"cvt.sat.u16.u32 r0, r1;": func(a uint64) uint64 { return min(a&0xffffffff, 65535) },
	} {
		out := body[len("cvt."):]
		reg := "r0"
		for i := range out {
			if out[i] == ' ' {
				reg = out[i+1 : i+3]
				break
			}
		}
		each(t, body, reg, ints, func(a, _, _ uint64) uint64 { return want(a) })
	}
	for body, want := range map[string]func(a uint64) uint64{
		"cvt.s64.s32 d0, r1;": func(a uint64) uint64 { return uint64(int64(int32(a))) },
		"cvt.u64.u32 d0, r1;": func(a uint64) uint64 { return a & 0xffffffff },
		"cvt.u64.u8 d0, r1;":  func(a uint64) uint64 { return a & 0xff },
		"cvt.s64.s16 d0, h1;": func(a uint64) uint64 { return uint64(int64(int16(a))) },
	} {
		each(t, body, "d0", ints, func(a, _, _ uint64) uint64 { return want(a) })
	}
	for body, want := range map[string]func(a uint64) uint64{
		"cvt.rn.f64.s64 e0, d1;": func(a uint64) uint64 { return bits64(float64(int64(a))) },
		"cvt.rn.f64.u64 e0, d1;": func(a uint64) uint64 { return bits64(float64(a)) },
	} {
		each(t, body, "e0", ints, func(a, _, _ uint64) uint64 { return want(a) })
	}
	each(t, "cvt.rn.f32.f64 f0, e1;", "f0", ints, func(a, _, _ uint64) uint64 { return bits32(float32(f64(a))) })
	each(t, "cvt.rzi.s64.f64 d0, e1;", "d0", ints, func(a, _, _ uint64) uint64 {
		v := f64(a)
		switch {
		case v != v || v <= -0x1p63:
			return 1 << 63
		case v >= 0x1p63:
			return 1<<63 - 1
		}
		return uint64(int64(v))
	})
	each(t, "cvt.rn.bf16x2.f32 r0, f1, f2;", "r0", floats, func(a, b, _ uint64) uint64 {
		return floatToBfloat(float64(f32(a)), nearestEven)<<16 | floatToBfloat(float64(f32(b)), nearestEven)
	})
	halves := make([][3]uint64, 0, 1024)
	for b := range uint64(1 << 16) {
		if b%67 == 0 {
			halves = append(halves, [3]uint64{b})
		}
	}
	each(t, "cvt.f32.f16 f0, h1;", "f0", halves, func(a, _, _ uint64) uint64 { return bits32(float32(halfToFloat(a))) })
	each(t, "cvt.f32.bf16 f0, h1;", "f0", halves, func(a, _, _ uint64) uint64 { return bits32(f32(a << 16)) })
}

func clampInt(v, low, high float64, width int) uint64 {
	if v != v {
		return 0
	}
	return uint64(int64(max(low, min(high, v)))) & (1<<width - 1)
}

func bigFloat32(n *big.Int) float32 {
	f, _ := new(big.Float).SetInt(n).Float32()
	return f
}

// nanless makes 1 of what is not a number: what becomes of its bits is no matter.
func nanless(a uint64) uint64 {
	if v := f32(a); v != v {
		return bits32(1)
	}
	return a
}

// tf32 rounds to 10 bits of fraction, ties away from zero, by adding half a unit.
func tf32(a uint64) uint64 {
	v := f32(a)
	if v != v {
		return nan32
	}
	if math.IsInf(float64(v), 0) {
		return a
	}
	return (a + 0x1000) &^ 0x1fff & 0xffffffff
}
