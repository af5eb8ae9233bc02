package panel

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ahead is how many bytes in front of a panel's stored values are fetched.
const ahead = 1536

// Rows writes the products of one row and several panels of stored values, as
// many panels as give eight accumulators.
func Rows(v Vector) {
	nibble := v.repeated("rowNibble", 15)
	v.rowBF16()
	v.rowCodes(8, false, v.signed)
	v.rowCodes(8, true, v.signed)
	v.rowCodes(4, true, func(src Mem, code []reg.VecPhysical) { v.nibbles(nibble, src, code) })
}

// rowLoop is what the loops share: eight accumulators, and panels from w on,
// stride bytes apart.
type rowLoop struct {
	Vector
	acc, free       []reg.VecPhysical
	c, x, w         reg.Register
	stride, stride3 reg.Register
}

// count is the number of registers of one panel's columns.
func (v Vector) count() int { return columns / v.lanes() }

// panels returns the addresses of the panels of which the first is at base.
func (l *rowLoop) panels(base reg.Register) []Mem {
	all := []Mem{{Base: base}, {Base: base, Index: l.stride, Scale: 1}, {Base: base, Index: l.stride, Scale: 2}, {Base: base, Index: l.stride3, Scale: 1}}
	return all[:8/l.count()]
}

// rowLoop loads the parameters and the accumulators.
func (v Vector) rowLoop() *rowLoop {
	l := &rowLoop{Vector: v, acc: v.R[:8], free: v.R[8:]}
	l.c, l.x, l.w = Load(Param("c"), GP64()), Load(Param("x"), GP64()), Load(Param("w"), GP64())
	l.stride, l.stride3 = Load(Param("stride"), GP64()), GP64()
	LEAQ(Mem{Base: l.stride, Index: l.stride, Scale: 2}, l.stride3)
	m := Load(Param("m"), GP64())
	CMPQ(m, Imm(2))
	JE(LabelRef("extend"))
	for _, r := range l.acc {
		if v.Bytes == 64 {
			VPXORD(r, r, r)
		} else {
			VXORPS(r, r, r)
		}
	}
	JMP(LabelRef("begin"))
	Label("extend")
	for i, r := range l.acc {
		VMOVUPS(Mem{Base: l.c, Disp: i * v.Bytes}, r)
	}
	Label("begin")
	return l
}

// finish stores the sums as the mode says.
func (l *rowLoop) finish() {
	m := Load(Param("m"), GP64())
	CMPQ(m, Imm(1))
	JNE(LabelRef("store"))
	for i, r := range l.acc {
		VADDPS(Mem{Base: l.c, Disp: i * l.Bytes}, r, r)
	}
	Label("store")
	for i, r := range l.acc {
		VMOVUPS(r, Mem{Base: l.c, Disp: i * l.Bytes})
	}
	VZEROUPPER()
	RET()
}

func (v Vector) rowBF16() {
	upper := v.repeated("rowUpper", 0xffff0000)
	name := "rowBF16x" + v.Suffix
	TEXT(name, NOSPLIT, "func(c, x *float32, w *byte, stride, k, m int)")
	Pragma("noescape")
	Doc(name + " is Kernel.storedRow for k ≥ 1 values of BFloat16.")
	l := v.rowLoop()
	k, b := Load(Param("k"), GP64()), l.free[0]
	half := v.count() / 2
	Label("row")
	VBROADCASTSS(Mem{Base: l.x}, b)
	for p, at := range l.panels(l.w) {
		PREFETCHT0(at.Offset(ahead))
		for i := range half {
			low, high := l.free[1+2*i], l.free[2+2*i]
			v.load(at.Offset(i*v.Bytes), high)
			VPSLLD(Imm(16), high, low)
			v.and(upper, high, high)
			VFMADD231PS(low, b, l.acc[p*2*half+i])
			VFMADD231PS(high, b, l.acc[p*2*half+half+i])
		}
	}
	ADDQ(Imm(64), l.w)
	ADDQ(Imm(4), l.x)
	DECQ(k)
	JNE(LabelRef("row"))
	l.finish()
}

// rowCodes writes the product with codes; unpack loads the integers of one
// panel's columns.
func (v Vector) rowCodes(bits int, offset bool, unpack func(src Mem, code []reg.VecPhysical)) {
	name, what, line := fmt.Sprintf("rowCodes%d", bits), "without offsets", rowBytes
	if offset {
		name, what, line = name+"Offset", "with offsets", 2*rowBytes
	}
	name += "x" + v.Suffix
	TEXT(name, NOSPLIT, "func(c, x *float32, w *byte, stride, groups, group, m int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is Kernel.storedRow for groups ≥ 1 groups of codes of %d bits %s.", name, bits, what))
	l := v.rowLoop()
	groups, group := Load(Param("groups"), GP64()), Load(Param("group"), GP64())
	n, at := GP64(), GP64()
	b, code := l.free[0], l.free[1:1+v.count()]
	lines := l.lines(offset, l.free[1+v.count():])
	Label("group")
	lines.load()
	LEAQ(Mem{Base: l.w, Disp: line}, at)
	MOVQ(group, n)
	Label("row")
	VBROADCASTSS(Mem{Base: l.x}, b)
	for p, src := range l.panels(at) {
		PREFETCHT0(src.Offset(ahead))
		unpack(src, code)
		for i, y := range code {
			VCVTDQ2PS(y, y)
			lines.apply(p, i, y)
			VFMADD231PS(y, b, l.acc[p*v.count()+i])
		}
	}
	ADDQ(Imm(uint64(columns*bits/8)), at)
	ADDQ(Imm(4), l.x)
	DECQ(n)
	JNE(LabelRef("row"))
	MOVQ(at, l.w) // the next group follows
	DECQ(groups)
	JNE(LabelRef("group"))
	l.finish()
}

// lines are the scales and offsets of a group. AVX-512 has the registers to
// hold those of all panels; AVX2 reads them where they are used.
type lines struct {
	*rowLoop
	offset bool
	r      []reg.VecPhysical
}

func (l *rowLoop) lines(offset bool, r []reg.VecPhysical) lines { return lines{l, offset, r} }

// held reports whether lines stay in registers.
func (l lines) held() bool { return l.Bytes == 64 }

// load reads the lines of a group into registers.
func (l lines) load() {
	if !l.held() {
		return
	}
	for i := range l.acc {
		at := l.panels(l.w)[i/l.count()].Offset(i % l.count() * l.Bytes)
		VMOVUPS(at, l.r[i])
		if l.offset {
			VMOVUPS(at.Offset(rowBytes), l.r[8+i])
		}
	}
}

// apply makes the value of a code: register i of panel p.
func (l lines) apply(p, i int, code reg.VecPhysical) {
	at := l.panels(l.w)[p].Offset(i * l.Bytes)
	switch {
	case l.held() && l.offset:
		VFMADD213PS(l.r[8+p*l.count()+i], l.r[p*l.count()+i], code)
	case l.held():
		VMULPS(l.r[p*l.count()+i], code, code)
	case l.offset:
		VMOVUPS(at, l.r[0])
		VFMADD213PS(at.Offset(rowBytes), l.r[0], code)
	default:
		VMULPS(at, code, code)
	}
}

// signed loads codes of 8 bits.
func (v Vector) signed(src Mem, code []reg.VecPhysical) {
	for i, r := range code {
		VPMOVSXBD(src.Offset(i*v.lanes()), r)
	}
}

// nibbles loads codes of 4 bits: the low ones are the first half of the columns.
func (v Vector) nibbles(nibble, src Mem, code []reg.VecPhysical) {
	half := len(code) / 2
	for i := range half {
		VPMOVZXBD(src.Offset(i*v.lanes()), code[i])
		VPSRLD(Imm(4), code[i], code[half+i])
		v.and(nibble, code[i], code[i])
	}
}
