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

// vdpbf16ps writes VDPBF16PS w, b, acc, which Go's assembler lacks, as its six
// bytes: EVEX.512.F3.0F38.W0 52 /r.
func vdpbf16ps(w, b, acc reg.VecPhysical) {
	rm, v, r := int(w.PhysicalIndex()), int(b.PhysicalIndex()), int(acc.PhysicalIndex())
	not := func(bit, shift int) int { return (^bit & 1) << shift }
	bytes := [6]int{
		0x62,
		not(r>>3, 7) | not(rm>>4, 6) | not(rm>>3, 5) | not(r>>4, 4) | 2, // 2: 0F38
		^v&15<<3 | 1<<2 | 2, // W0; 2: F3
		2<<5 | not(v>>4, 3), // 2: 512 bits
		0x52,
		3<<6 | r&7<<3 | rm&7, // 3: all registers
	}
	Comment(fmt.Sprintf("VDPBF16PS Z%d, Z%d, Z%d", rm, v, r))
	low := uint32(bytes[0] | bytes[1]<<8 | bytes[2]<<16 | bytes[3]<<24)
	Instruction(&ir.Instruction{Opcode: "LONG", Operands: []Op{U32(low)}})
	Instruction(&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(bytes[4] | bytes[5]<<8)}})
}
