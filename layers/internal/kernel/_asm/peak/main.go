// Command peak writes the loops that measure what the processor can do at most:
// multiply-adds on registers alone, and reads of memory alone.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is how many multiply-adds are in flight: more than the 4 cycles of one
// times the 2 that a core may begin in a cycle.
const chains = 12

func main() {
	ConstraintExpr("!noasm")
	write("512", 64, [14]reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13,
	})
	write("2", 32, [14]reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13,
	})
	Generate()
}

// write writes both loops for vectors of that many bytes.
func write(suffix string, bytes int, r [14]reg.VecPhysical) {
	TEXT("fmaPeak"+suffix, NOSPLIT, "func(n int, values *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("fmaPeak%s computes x = x·a + b in %d chains, n ≥ 1 times each, with no memory", suffix, chains),
		fmt.Sprintf("in the loop: %d floating-point operations a round. values holds the start, a and b.", 2*chains*bytes/4))
	n, values := Load(Param("n"), GP64()), Load(Param("values"), GP64())
	a, b := r[chains], r[chains+1]
	for _, x := range r[:chains] {
		VBROADCASTSS(Mem{Base: values}, x)
	}
	VBROADCASTSS(Mem{Base: values, Disp: 4}, a)
	VBROADCASTSS(Mem{Base: values, Disp: 8}, b)
	Label("round")
	for _, x := range r[:chains] {
		VFMADD213PS(b, a, x)
	}
	DECQ(n)
	JNE(LabelRef("round"))
	VZEROUPPER()
	RET()

	const unroll = 512 // bytes a turn
	TEXT("readAll"+suffix, NOSPLIT, "func(x *float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("readAll%s loads n ≥ 1 times %d bytes, one after another, and drops them.", suffix, unroll))
	x, turns := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	Label("turn")
	for at := 0; at < unroll; at += bytes {
		VMOVUPS(Mem{Base: x, Disp: at}, r[at/bytes%8])
	}
	ADDQ(U32(unroll), x)
	DECQ(turns)
	JNE(LabelRef("turn"))
	VZEROUPPER()
	RET()
}
