// Command _asm writes the AVX2 tile of package dense.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const rows, vectors = 6, 2 // a tile is [6, 8]

var y = [16]reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

func main() {
	ConstraintExpr("!noasm")
	TEXT("tileAVX2", NOSPLIT, "func(c *float64, ldc int, a *float64, b *float64, k int)")
	Pragma("noescape")
	Doc("tileAVX2 is tileGo for k ≥ 1: per step two loads of b, 6 broadcasts of a and 12",
		"multiply-adds into 12 accumulators, Y0 to Y11.")
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	a, b := Load(Param("a"), GP64()), Load(Param("b"), GP64())
	k := Load(Param("k"), GP64())
	SHLQ(Imm(3), ldc)
	for i := range rows * vectors {
		VXORPD(y[i], y[i], y[i])
	}
	Label("step")
	VMOVUPD(Mem{Base: b}, y[12])
	VMOVUPD(Mem{Base: b, Disp: 32}, y[13])
	for r := range rows {
		value := y[14+r%2]
		VBROADCASTSD(Mem{Base: a, Disp: 8 * r}, value)
		VFMADD231PD(y[12], value, y[vectors*r])
		VFMADD231PD(y[13], value, y[vectors*r+1])
	}
	ADDQ(Imm(8*rows), a)
	ADDQ(Imm(64), b)
	DECQ(k)
	JNE(LabelRef("step"))
	for r := range rows {
		for v := range vectors {
			at := Mem{Base: c, Disp: 32 * v}
			VADDPD(at, y[vectors*r+v], y[vectors*r+v])
			VMOVUPD(y[vectors*r+v], at)
		}
		if r < rows-1 {
			ADDQ(ldc, c)
		}
	}
	VZEROUPPER()
	RET()
	Generate()
}
