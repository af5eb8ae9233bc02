// Package panel writes the kernels that treat values one by one or in columns:
// the same instructions for vectors of 8 values (AVX2) and of 16 (AVX-512).
package panel

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Vector describes the registers of an instruction set.
type Vector struct {
	Suffix string            // of the functions' names
	Bytes  int               // of a register
	R      []reg.VecPhysical // at least 7

	ExpSpeed, SiLUSpeed, GELUSpeed, GELUTanhSpeed string // measured, for the comments: ns a value
}

// The instruction sets, with figures of a Zen 4 core.
var (
	AVX512 = Vector{Suffix: "512", Bytes: 64, ExpSpeed: "0.4", SiLUSpeed: "0.5", GELUSpeed: "2.1", GELUTanhSpeed: "1.2",
		R: []reg.VecPhysical{
			reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
			reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
			reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
		}}
	AVX2 = Vector{Suffix: "2", Bytes: 32, ExpSpeed: "0.6", SiLUSpeed: "0.7", GELUSpeed: "3.1", GELUTanhSpeed: "1.8",
		R: []reg.VecPhysical{
			reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
			reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
		}}
)

// rowBytes is the length of a panel's row.
const rowBytes = 128

// Write writes all functions for one kind of vector.
func Write(v Vector) {
	c := v.constants()
	v.expSum(c)
	v.scaleMax()
	v.divide()
	v.siluMul(c)
	v.gelu(c)
	v.geluTanh(c)
	v.add()
	v.mul()
	v.sums()
	v.scaleMul()
	v.centreMul()
}

// constants writes the constants of Exp and GELU, each as often as a register holds
// values, and returns where they lie.
func (v Vector) constants() map[string]Mem {
	at := map[string]Mem{}
	m := GLOBL("exp"+v.Suffix, 8|16) // read-only, no pointers
	offset := 0
	put := func(name string, bits uint32) {
		at[name] = m.Offset(offset)
		for range v.Bytes / 4 {
			DATA(offset, U32(bits))
			offset += 4
		}
	}
	for _, k := range []struct {
		name  string
		value float32
	}{
		{"log2E", 1.4426950408889634}, {"rounder", 12582912}, {"ln2Hi", 0.693359375}, {"ln2Lo", -2.12194440e-4},
		{"P0", 0.4999999701976776}, {"P1", 0.16666604578495026}, {"P2", 0.04166777804493904},
		{"P3", 0.008358516730368137}, {"P4", 0.0013806807110086083},
		{"max", 88.72283935546875}, {"min", -103.97208404541015625}, {"one", 1}, {"inf", float32(math.Inf(1))},
	} {
		put(k.name, math.Float32bits(k.value))
	}
	for name, value := range geluConstants() {
		put(name, math.Float32bits(value))
	}
	put("bias", 127)
	put("sign", 1<<31)
	put("abs", 1<<31-1)
	return at
}

// exp writes y = e^x as kernel.Exp computes it, step by step; t and n are
// overwritten, x is not.
func (v Vector) exp(c map[string]Mem, x, y, t, n, r reg.VecPhysical) {
	VMULPS(c["log2E"], x, n)
	VADDPS(c["rounder"], n, n)
	VSUBPS(c["rounder"], n, n)
	VMULPS(c["ln2Hi"], n, t)
	VSUBPS(t, x, r)
	VMULPS(c["ln2Lo"], n, t)
	VSUBPS(t, r, r)
	VMULPS(c["P4"], r, y)
	for _, p := range []string{"P3", "P2", "P1"} {
		VADDPS(c[p], y, y)
		VMULPS(r, y, y)
	}
	VADDPS(c["P0"], y, y)
	VMULPS(r, r, t)
	VMULPS(t, y, y)
	VADDPS(r, y, y)
	VADDPS(c["one"], y, y)
	VCVTTPS2DQ(n, n)
	VPSRAD(Imm(1), n, t)
	VPSUBD(t, n, n)
	for _, factor := range []reg.VecPhysical{t, n} {
		VPADDD(c["bias"], factor, factor)
		VPSLLD(Imm(23), factor, factor)
		VMULPS(factor, y, y)
	}
	const greater, less, notLess = 0x1e, 0x11, 0x15
	VMOVUPS(c["inf"], t)
	if v.Bytes == 64 {
		VCMPPS(Imm(greater), c["max"], x, reg.K1)
		VBLENDMPS(t, y, reg.K1, y)
		VCMPPS(Imm(notLess), c["min"], x, reg.K1)
		VMOVAPS_Z(y, reg.K1, y)
		return
	}
	VCMPPS(Imm(greater), c["max"], x, n)
	VBLENDVPS(n, t, y, y)
	VCMPPS(Imm(less), c["min"], x, n)
	VANDNPS(y, n, y)
}

// columns writes a loop over the rows of a panel s for each register's columns.
func (v Vector) columns(begin, each, end func(column int, s Mem)) {
	s, n := Load(Param("s"), GP64()), Load(Param("n"), GP64())
	p, i := GP64(), GP64()
	for column := 0; column < rowBytes; column += v.Bytes {
		label := "column" + string(rune('a'+column/v.Bytes))
		begin(column, Mem{})
		LEAQ(Mem{Base: s, Disp: column}, p)
		MOVQ(n, i)
		Label(label)
		each(column, Mem{Base: p})
		ADDQ(U32(rowBytes), p)
		DECQ(i)
		JNE(LabelRef(label))
		end(column, Mem{})
	}
	VZEROUPPER()
	RET()
}

func (v Vector) expSum(c map[string]Mem) {
	TEXT("expSum"+v.Suffix, NOSPLIT, "func(s *float32, n int, top, total *float32)")
	Pragma("noescape")
	Doc("expSum"+v.Suffix+" is Kernel.expSum for n ≥ 1 rows.", v.ExpSpeed+" ns a value in cache on Zen 4; the plain loop takes 3.")
	top, total := Load(Param("top"), GP64()), Load(Param("total"), GP64())
	x, y, t, n, r, part, most := v.R[0], v.R[1], v.R[2], v.R[3], v.R[4], v.R[5], v.R[6]
	v.columns(func(column int, _ Mem) {
		VMOVUPS(Mem{Base: top, Disp: column}, most)
		VXORPS(reg.X5, reg.X5, reg.X5) // part
	}, func(_ int, s Mem) {
		VMOVUPS(s, x)
		VSUBPS(most, x, x)
		v.exp(c, x, y, t, n, r)
		VMOVUPS(y, s)
		VADDPS(y, part, part)
	}, func(column int, _ Mem) {
		VADDPS(Mem{Base: total, Disp: column}, part, part)
		VMOVUPS(part, Mem{Base: total, Disp: column})
	})
}

func (v Vector) scaleMax() {
	TEXT("scaleMax"+v.Suffix, NOSPLIT, "func(s *float32, n int, scale float32, top *float32)")
	Pragma("noescape")
	Doc("scaleMax" + v.Suffix + " is Kernel.scaleMax for n ≥ 1 rows; top holds a lower bound before.")
	top := Load(Param("top"), GP64())
	addr, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	x, scale, most := v.R[0], v.R[1], v.R[2]
	VBROADCASTSS(addr.Addr, scale)
	v.columns(func(column int, _ Mem) {
		VMOVUPS(Mem{Base: top, Disp: column}, most)
	}, func(_ int, s Mem) {
		VMULPS(s, scale, x)
		VMOVUPS(x, s)
		VMAXPS(x, most, most)
	}, func(column int, _ Mem) {
		VMOVUPS(most, Mem{Base: top, Disp: column})
	})
}

func (v Vector) divide() {
	TEXT("divide"+v.Suffix, NOSPLIT, "func(s *float32, n int, total *float32)")
	Pragma("noescape")
	Doc("divide" + v.Suffix + " is Kernel.divide for n ≥ 1 rows.")
	total := Load(Param("total"), GP64())
	x, d := v.R[0], v.R[1]
	v.columns(func(column int, _ Mem) {
		VMOVUPS(Mem{Base: total, Disp: column}, d)
	}, func(_ int, s Mem) {
		VMOVUPS(s, x)
		VDIVPS(d, x, x)
		VMOVUPS(x, s)
	}, func(int, Mem) {})
}

// elements writes a loop over n whole registers of dst, a and b.
func (v Vector) elements(names [2]string, body func(dst, a, b Mem)) {
	dst, n := Load(Param("dst"), GP64()), Load(Param("n"), GP64())
	a, b := Load(Param(names[0]), GP64()), Load(Param(names[1]), GP64())
	Label("vector")
	body(Mem{Base: dst}, Mem{Base: a}, Mem{Base: b})
	for _, p := range []reg.Register{dst, a, b} {
		ADDQ(U32(v.Bytes), p)
	}
	DECQ(n)
	JNE(LabelRef("vector"))
	VZEROUPPER()
	RET()
}

func (v Vector) siluMul(c map[string]Mem) {
	TEXT("siluMul"+v.Suffix, NOSPLIT, "func(dst, gate, up *float32, n int)")
	Pragma("noescape")
	Doc("siluMul"+v.Suffix+" is Kernel.siluMul for n ≥ 1 whole registers.", v.SiLUSpeed+" ns a value in cache on Zen 4.")
	x, y, t, n, r, g := v.R[0], v.R[1], v.R[2], v.R[3], v.R[4], v.R[5]
	v.elements([2]string{"gate", "up"}, func(dst, gate, up Mem) {
		VMOVUPS(gate, g)
		VMOVUPS(c["sign"], x)
		if v.Bytes == 64 {
			VPXORD(g, x, x)
		} else {
			VXORPS(g, x, x)
		}
		v.exp(c, x, y, t, n, r)
		VADDPS(c["one"], y, y)
		VDIVPS(y, g, g)
		VMULPS(up, g, g)
		VMOVUPS(g, dst)
	})
}

func (v Vector) add() {
	v.two("add", func(b Mem, x reg.VecPhysical) { VADDPS(b, x, x) })
}

func (v Vector) mul() {
	v.two("mul", func(b Mem, x reg.VecPhysical) { VMULPS(b, x, x) })
}

// two writes an operation on the elements of two arrays.
func (v Vector) two(name string, f func(b Mem, x reg.VecPhysical)) {
	TEXT(name+v.Suffix, NOSPLIT, "func(dst, a, b *float32, n int)")
	Pragma("noescape")
	Doc(name + v.Suffix + " is Kernel." + name + " for n ≥ 1 whole registers.")
	x := v.R[0]
	v.elements([2]string{"a", "b"}, func(dst, a, b Mem) {
		VMOVUPS(a, x)
		f(b, x)
		VMOVUPS(x, dst)
	})
}
