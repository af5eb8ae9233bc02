package panel

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sums writes the sums of norms, which keep the 16 lanes of float64 in registers.
func (v Vector) sums() {
	v.laneSums("sumSquares", "the squares of", "func(x *float32, n int, lanes *float64)", func(x, _ reg.VecPhysical) {
		VMULPD(x, x, x)
	})
	v.laneSums("sum", "", "func(x *float32, n int, lanes *float64)", func(x, _ reg.VecPhysical) {})
	v.laneSums("deviations", "the squares of x - mean of", "func(x *float32, n int, lanes *float64, mean float64)", func(x, mean reg.VecPhysical) {
		VSUBPD(mean, x, x)
		VMULPD(x, x, x)
	})
}

// laneSums writes a sum of what f makes of each value.
func (v Vector) laneSums(name, what, signature string, f func(x, mean reg.VecPhysical)) {
	if what != "" {
		what += " "
	}
	TEXT(name+v.Suffix, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + v.Suffix + " adds " + what + "n ≥ 1 times 16 values to the 16 lanes of Kernel." + name + ".")
	x, n, lanes := Load(Param("x"), GP64()), Load(Param("n"), GP64()), Load(Param("lanes"), GP64())
	count := 16 * 8 / v.Bytes
	mean := v.R[2*count]
	if name == "deviations" {
		VBROADCASTSD(argument("mean"), mean)
	}
	for i := range count {
		VMOVUPD(Mem{Base: lanes, Disp: i * v.Bytes}, v.R[i])
	}
	Label("group")
	for i := range count {
		d := v.R[count+i]
		VCVTPS2PD(Mem{Base: x, Disp: i * v.Bytes / 2}, d)
		f(d, mean)
		VADDPD(d, v.R[i], v.R[i])
	}
	ADDQ(U32(64), x)
	DECQ(n)
	JNE(LabelRef("group"))
	for i := range count {
		VMOVUPD(v.R[i], Mem{Base: lanes, Disp: i * v.Bytes})
	}
	VZEROUPPER()
	RET()
}

// argument returns where a parameter lies.
func argument(name string) Mem {
	addr, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return addr.Addr
}

func (v Vector) scaleMul() {
	TEXT("scaleMul"+v.Suffix, NOSPLIT, "func(dst, x, w *float32, n int, scale float32)")
	Pragma("noescape")
	Doc("scaleMul" + v.Suffix + " is Kernel.scaleMul for n ≥ 1 whole registers.")
	y, scale := v.R[0], v.R[1]
	VBROADCASTSS(argument("scale"), scale)
	v.elements([2]string{"x", "w"}, func(dst, x, w Mem) {
		VMULPS(x, scale, y)
		VMULPS(w, y, y)
		VMOVUPS(y, dst)
	})
}

func (v Vector) centreMul() {
	TEXT("centreMul"+v.Suffix, NOSPLIT, "func(dst, x, w *float32, n int, mean, factor float32)")
	Pragma("noescape")
	Doc("centreMul" + v.Suffix + " is Kernel.centreMul for n ≥ 1 whole registers.")
	y, mean, factor := v.R[0], v.R[1], v.R[2]
	VBROADCASTSS(argument("mean"), mean)
	VBROADCASTSS(argument("factor"), factor)
	v.elements([2]string{"x", "w"}, func(dst, x, w Mem) {
		VMOVUPS(x, y)
		VSUBPS(mean, y, y)
		VMULPS(factor, y, y)
		VMULPS(w, y, y)
		VMOVUPS(y, dst)
	})
}
