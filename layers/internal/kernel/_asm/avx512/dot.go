package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotTile writes the tile of mr rows of pairs of bf16 values, in the registers
// of tile.
func dotTile(mr int) {
	TEXT(fmt.Sprintf("dot512x%d", mr), NOSPLIT, tileSignature)
	Pragma("noescape")
	Doc(fmt.Sprintf("dot512x%d is Kernel.dot for %d rows: per pair of k, two loads of w, %d broadcasts of a", mr, mr, mr),
		fmt.Sprintf("and %d dot products of pairs into %d accumulators. It needs AVX512-BF16.", 2*mr, 2*mr))
	tileBody(mr, func(a Mem, w [2]reg.VecPhysical, b reg.VecPhysical, acc [2]reg.VecPhysical) {
		VPBROADCASTD(a, b)
		vdpbf16ps(w[0], b, acc[0])
		vdpbf16ps(w[1], b, acc[1])
	})
}

// roundPairs writes the loop that rounds rows to pairs: the instruction puts 32
// values, rounded, one behind the other, which is the order of pairs.
func roundPairs() {
	TEXT("roundPairs512", NOSPLIT, "func(dst, src *float32, groups int)")
	Pragma("noescape")
	Doc("roundPairs512 rounds 32·groups values, groups ≥ 1, to 16·groups pairs of bf16 values.",
		"It needs AVX512-BF16. 0.06 ns a value in cache on Zen 4; the plain loop takes 1.6.")
	dst, src, groups := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("groups"), GP64())
	Label("group")
	VMOVUPS(Mem{Base: src}, z[0])
	VMOVUPS(Mem{Base: src, Disp: 64}, z[1])
	vcvtne2ps2bf16(z[0], z[1], z[2])
	VMOVUPS(z[2], Mem{Base: dst})
	SUBQ(I32(-128), src)
	ADDQ(Imm(64), dst)
	DECQ(groups)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// vdpbf16ps writes VDPBF16PS w, b, acc: EVEX.512.F3.0F38.W0 52 /r.
func vdpbf16ps(w, b, acc reg.VecPhysical) { evex0F38("VDPBF16PS", 2, 0x52, w, b, acc) }

// vcvtne2ps2bf16 writes VCVTNE2PS2BF16 low, high, dst: EVEX.512.F2.0F38.W0 72 /r.
func vcvtne2ps2bf16(low, high, dst reg.VecPhysical) {
	evex0F38("VCVTNE2PS2BF16", 3, 0x72, low, high, dst)
}

// evex0F38 writes an instruction on whole registers that Go's assembler lacks, as
// its six bytes. prefix is 2 for F3, 3 for F2.
func evex0F38(name string, prefix, opcode int, rm, v, r reg.VecPhysical) {
	m, x, y := int(rm.PhysicalIndex()), int(v.PhysicalIndex()), int(r.PhysicalIndex())
	not := func(bit, shift int) int { return (^bit & 1) << shift }
	bytes := [6]int{
		0x62,
		not(y>>3, 7) | not(m>>4, 6) | not(m>>3, 5) | not(y>>4, 4) | 2, // 2: 0F38
		^x&15<<3 | 1<<2 | prefix, // W0
		2<<5 | not(x>>4, 3),      // 2: 512 bits
		opcode,
		3<<6 | y&7<<3 | m&7, // 3: all registers
	}
	Comment(fmt.Sprintf("%s Z%d, Z%d, Z%d", name, m, x, y))
	low := uint32(bytes[0] | bytes[1]<<8 | bytes[2]<<16 | bytes[3]<<24)
	Instruction(&ir.Instruction{Opcode: "LONG", Operands: []Op{U32(low)}})
	Instruction(&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(bytes[4] | bytes[5]<<8)}})
}
