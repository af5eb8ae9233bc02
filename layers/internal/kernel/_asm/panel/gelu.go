package panel

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// geluP are the coefficients of kernel.GELU's polynomial, from the lowest.
var geluP = []float32{
	0.7552851438522339, -0.6078965663909912, 0.38713690638542175, -0.18652348220348358, 0.06040376424789429,
	-0.007525003515183926, -0.0035120779648423195, 0.0015695895999670029, 0.00017837130872067064, -0.00013243344437796623,
}

// geluConstants lists the constants of both forms of GELU by name, in order.
func geluConstants() func(yield func(string, float32) bool) {
	return func(yield func(string, float32) bool) {
		for i, p := range geluP {
			if !yield(fmt.Sprintf("gelu%d", i), p) {
				return
			}
		}
		_ = yield("half", 0.5) && yield("-half", -0.5) && yield("shift", 4) && yield("bound", 16) &&
			yield("cube", 0.044715) && yield("twice", -1.5957691216057308)
	}
}

// values writes a loop over n whole registers of dst and x.
func (v Vector) values(body func(dst, x Mem)) {
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	Label("vector")
	body(Mem{Base: dst}, Mem{Base: x})
	ADDQ(U32(v.Bytes), dst)
	ADDQ(U32(v.Bytes), x)
	DECQ(n)
	JNE(LabelRef("vector"))
	VZEROUPPER()
	RET()
}

// gelu follows kernel.GELU step by step.
func (v Vector) gelu(c map[string]Mem) {
	TEXT("gelu"+v.Suffix, NOSPLIT, "func(dst, x *float32, n int)")
	Pragma("noescape")
	Doc("gelu"+v.Suffix+" is Kernel.gelu for n ≥ 1 whole registers.", v.GELUSpeed+" ns a value in cache on a Xeon at 2.5 GHz.")
	x, e, t1, t2, t3 := v.R[0], v.R[1], v.R[2], v.R[3], v.R[4]
	g, t, rest, width, u, p := v.R[5], v.R[6], v.R[7], v.R[8], v.R[9], v.R[10]
	v.values(func(dst, src Mem) {
		VMOVUPS(src, g)
		VMOVUPS(c["abs"], t)
		if v.Bytes == 64 {
			VPANDD(g, t, t)
		} else {
			VANDPS(g, t, t)
		}
		VMINPS(c["bound"], t, t)
		VMULPS(t, t, x)
		VMOVAPS(t, rest)
		VFMSUB213PS(x, t, rest) // t·t - square
		VMULPS(c["-half"], x, x)
		v.exp(c, x, e, t1, t2, t3)
		VMULPS(c["half"], rest, rest)
		VMULPS(e, rest, rest)
		VSUBPS(rest, e, e)
		VADDPS(c["shift"], t, width)
		VSUBPS(c["shift"], t, u)
		VDIVPS(width, u, u)
		last := len(geluP) - 1
		VMULPS(c[fmt.Sprintf("gelu%d", last)], u, p)
		for i := last - 1; i > 0; i-- {
			VADDPS(c[fmt.Sprintf("gelu%d", i)], p, p)
			VMULPS(u, p, p)
		}
		VADDPS(c["gelu0"], p, p)
		VMULPS(p, e, e)
		VDIVPS(width, e, e)
		VMOVUPS(c["one"], t1)
		VSUBPS(e, t1, t1)
		v.whereNegative(g, e, t1, t2)
		VMULPS(g, t1, t1)
		VMOVUPS(t1, dst)
	})
}

// whereNegative sets y to those of a's values whose g is below 0. A g of -0 may
// count as below 0 or not: the result is -0 with either. t is overwritten.
func (v Vector) whereNegative(g, a, y, t reg.VecPhysical) {
	if v.Bytes == 64 {
		const less = 0x11
		VPXORD(t, t, t)
		VCMPPS(Imm(less), t, g, reg.K1)
		VBLENDMPS(a, y, reg.K1, y)
		return
	}
	VBLENDVPS(g, a, y, y)
}

// geluTanh follows kernel.GELUTanh step by step.
func (v Vector) geluTanh(c map[string]Mem) {
	TEXT("geluTanh"+v.Suffix, NOSPLIT, "func(dst, x *float32, n int)")
	Pragma("noescape")
	Doc("geluTanh"+v.Suffix+" is Kernel.geluTanh for n ≥ 1 whole registers.", v.GELUTanhSpeed+" ns a value in cache on a Xeon at 2.5 GHz.")
	x, e, t1, t2, t3, g := v.R[0], v.R[1], v.R[2], v.R[3], v.R[4], v.R[5]
	v.values(func(dst, src Mem) {
		VMOVUPS(src, g)
		VMULPS(g, g, x)
		VMULPS(g, x, x)
		VMULPS(c["cube"], x, x)
		VADDPS(g, x, x)
		VMULPS(c["twice"], x, x)
		v.exp(c, x, e, t1, t2, t3)
		VADDPS(c["one"], e, e)
		VDIVPS(e, g, g)
		VMOVUPS(g, dst)
	})
}
