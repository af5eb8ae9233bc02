package panel

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Columns of a panel's row.
const columns = 32

// Expand writes the functions that make float32 values of stored ones.
func Expand(v Vector) {
	v.expandBF16()
	v.expandCodes(8, v.codes(v.signed))
	v.expandCodes(4, v.codes(v.nibbles("nibble")))
}

// lanes is the number of float32s in a register.
func (v Vector) lanes() int { return v.Bytes / 4 }

// repeated is a constant in every lane, in read-only memory.
func (v Vector) repeated(name string, bits uint32) Mem {
	m := GLOBL(name+v.Suffix, 8|16)
	for i := range v.lanes() {
		DATA(4*i, U32(bits))
	}
	return m
}

// and is the bitwise and of integers.
func (v Vector) and(a Op, b, dst reg.VecPhysical) {
	if v.Bytes == 64 {
		VPANDD(a, b, dst)
	} else {
		VPAND(a, b, dst)
	}
}

// load moves a register of integers from memory.
func (v Vector) load(m Mem, dst reg.VecPhysical) {
	if v.Bytes == 64 {
		VMOVDQU32(m, dst)
	} else {
		VMOVDQU(m, dst)
	}
}

func (v Vector) expandBF16() {
	upper := v.repeated("upper", 0xffff0000)
	TEXT("expandBF16"+v.Suffix, NOSPLIT, "func(dst *float32, src *byte, k int)")
	Pragma("noescape")
	Doc("expandBF16"+v.Suffix+" is Kernel.expand for k ≥ 1 rows of BFloat16: a shift and a mask for two", "registers of values.")
	dst, src, k := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("k"), GP64())
	mask := v.R[0]
	v.load(upper, mask)
	Label("row")
	PREFETCHT0(Mem{Base: src, Disp: 2048})
	for i := range 16 / v.lanes() {
		word, low, high := v.R[1+3*i], v.R[2+3*i], v.R[3+3*i]
		v.load(Mem{Base: src, Disp: i * v.Bytes}, word)
		VPSLLD(Imm(16), word, low)
		v.and(mask, word, high)
		VMOVUPS(low, Mem{Base: dst, Disp: i * v.Bytes})
		VMOVUPS(high, Mem{Base: dst, Disp: 64 + i*v.Bytes})
	}
	ADDQ(Imm(64), src)
	SUBQ(I32(-rowBytes), dst)
	DECQ(k)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// expandCodes writes the loop over groups; code writes the rows of one k.
func (v Vector) expandCodes(bits int, code func(dst, src Mem, scale, offset []reg.VecPhysical)) {
	name := "expandCodes" + string(rune('0'+bits)) + v.Suffix
	zero := v.repeated("neutral"+string(rune('0'+bits)), math.Float32bits(float32(math.Copysign(0, -1))))
	TEXT(name, NOSPLIT, "func(dst *float32, src *byte, groups, group, offset int)")
	Pragma("noescape")
	Doc(name + " is Kernel.expand for groups ≥ 1 groups of codes; offset is 1 where they have offsets, else 0.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	groups, group := Load(Param("groups"), GP64()), Load(Param("group"), GP64())
	has := Load(Param("offset"), GP64())
	count := columns / v.lanes()
	scale, offset := v.R[:count], v.R[count:2*count]
	n, size := GP64(), GP64()
	// The next group's bytes are fetched while this one's are expanded.
	MOVQ(group, size)
	SHLQ(Imm(uint64(map[int]int{8: 5, 4: 4}[bits])), size)
	ADDQ(U32(2*rowBytes), size)
	Label("group")
	for i := range count {
		VMOVUPS(Mem{Base: src, Disp: i * v.Bytes}, scale[i])
		VMOVUPS(zero, offset[i])
	}
	PREFETCHT0(Mem{Base: src, Index: size, Scale: 1})
	PREFETCHT0(Mem{Base: src, Index: size, Scale: 1, Disp: 64})
	SUBQ(I32(-rowBytes), src)
	TESTQ(has, has)
	JEQ(LabelRef("codes"))
	for i := range count {
		VMOVUPS(Mem{Base: src, Disp: i * v.Bytes}, offset[i])
	}
	SUBQ(I32(-rowBytes), src)
	Label("codes")
	MOVQ(group, n)
	Label("row")
	PREFETCHT0(Mem{Base: src, Index: size, Scale: 1})
	code(Mem{Base: dst}, Mem{Base: src}, scale, offset)
	ADDQ(Imm(uint64(columns*bits/8)), src)
	SUBQ(I32(-rowBytes), dst)
	DECQ(n)
	JNE(LabelRef("row"))
	DECQ(groups)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// codes writes the values of one k: unpack loads its codes.
func (v Vector) codes(unpack func(src Mem, code []reg.VecPhysical)) func(dst, src Mem, scale, offset []reg.VecPhysical) {
	return func(dst, src Mem, scale, offset []reg.VecPhysical) {
		code := v.R[2*len(scale) : 3*len(scale)]
		unpack(src, code)
		for i, y := range code {
			VFMADD213PS(offset[i], scale[i], y)
			VMOVUPS(y, dst.Offset(i*v.Bytes))
		}
	}
}
