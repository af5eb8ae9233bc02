package panel

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ahead is how many bytes in front of the stored values are fetched, of all panels
// of a loop together: what the memory takes to answer is the same for all.
const ahead = 6144

// Rows writes the products of one row and panels of stored values: of as many
// panels as give eight accumulators, and of fewer, down to one.
func Rows(v Vector) {
	nibbles := v.nibbles("rowNibble")
	upper := v.repeated("rowUpper", 0xffff0000)
	for n := 8 / v.count(); n > 0; n /= 2 {
		v.rowBF16(n, upper)
		v.rowCodes(n, 8, false, v.signed)
		v.rowCodes(n, 8, true, v.signed)
		v.rowCodes(n, 4, true, nibbles)
	}
}

// rowName names the function of that many panels.
func (v Vector) rowName(format string, panels int) string {
	return fmt.Sprintf("row%sx%dv%s", format, panels, v.Suffix)
}

// rowLoop is what the loops share: accumulators, and panels from w on, stride
// bytes apart.
type rowLoop struct {
	Vector
	n               int // panels
	acc, free       []reg.VecPhysical
	c, x, w         reg.Register
	stride, stride3 reg.Register
}

// count is the number of registers of one panel's columns.
func (v Vector) count() int { return columns / v.lanes() }

// panels returns the addresses of the panels of which the first is at base.
func (l *rowLoop) panels(base reg.Register) []Mem {
	all := []Mem{{Base: base}, {Base: base, Index: l.stride, Scale: 1}, {Base: base, Index: l.stride, Scale: 2}, {Base: base, Index: l.stride3, Scale: 1}}
	return all[:l.n]
}

// rowLoop loads the parameters and the accumulators.
func (v Vector) rowLoop(panels int) *rowLoop {
	used := panels * v.count()
	l := &rowLoop{Vector: v, n: panels, acc: v.R[:used], free: v.R[used:]}
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

func (v Vector) rowBF16(panels int, upper Mem) {
	name := v.rowName("BF16", panels)
	TEXT(name, NOSPLIT, "func(c, x *float32, w *byte, stride, k, m int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is Kernel.storedRow of %d panels, for k ≥ 1 values of BFloat16.", name, panels))
	l := v.rowLoop(panels)
	k, b := Load(Param("k"), GP64()), l.free[0]
	half := v.count() / 2
	Label("row")
	VBROADCASTSS(Mem{Base: l.x}, b)
	for p, at := range l.panels(l.w) {
		PREFETCHT0(at.Offset(ahead / panels))
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

// rowCodes writes the product with codes; unpack loads those of one panel's
// columns.
func (v Vector) rowCodes(panels, bits int, offset bool, unpack func(src Mem, code []reg.VecPhysical)) {
	format, what, line := fmt.Sprintf("Codes%d", bits), "without offsets", rowBytes
	if offset {
		format, what, line = format+"Offset", "with offsets", 2*rowBytes
	}
	name := v.rowName(format, panels)
	TEXT(name, NOSPLIT, "func(c, x *float32, w *byte, stride, groups, group, m int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is Kernel.storedRow of %d panels, for groups ≥ 1 groups of", name, panels),
		fmt.Sprintf("codes of %d bits %s.", bits, what))
	l := v.rowLoop(panels)
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
		PREFETCHT0(src.Offset(ahead / panels))
		unpack(src, code)
		for i, y := range code {
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
			VMOVUPS(at.Offset(rowBytes), l.r[len(l.acc)+i])
		}
	}
}

// apply makes the value of a code: register i of panel p.
func (l lines) apply(p, i int, code reg.VecPhysical) {
	at := l.panels(l.w)[p].Offset(i * l.Bytes)
	switch {
	case l.held() && l.offset:
		VFMADD213PS(l.r[len(l.acc)+p*l.count()+i], l.r[p*l.count()+i], code)
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
		VCVTDQ2PS(r, r)
	}
}

// nibbles returns what loads codes of 4 bits: the low ones are the first half of
// the columns. AVX-512 looks their values up, by the lowest 4 bits of a lane.
func (v Vector) nibbles(name string) func(src Mem, code []reg.VecPhysical) {
	if v.Bytes < 64 {
		mask := v.repeated(name, 15)
		return func(src Mem, code []reg.VecPhysical) {
			v.split(src, code, func(r reg.VecPhysical) {
				VPAND(mask, r, r)
				VCVTDQ2PS(r, r)
			})
		}
	}
	values := GLOBL(name+v.Suffix, 8|16) // read-only, no pointers
	for i := range v.lanes() {
		DATA(4*i, U32(math.Float32bits(float32(i))))
	}
	return func(src Mem, code []reg.VecPhysical) {
		v.split(src, code, func(r reg.VecPhysical) { VPERMPS(values, r, r) })
	}
}

// split loads bytes and writes them, and what is above their lowest 4 bits, to the
// two halves of code; convert is applied to each.
func (v Vector) split(src Mem, code []reg.VecPhysical, convert func(r reg.VecPhysical)) {
	half := len(code) / 2
	for i := range half {
		VPMOVZXBD(src.Offset(i*v.lanes()), code[i])
		VPSRLD(Imm(4), code[i], code[half+i])
		convert(code[i])
		convert(code[half+i])
	}
}
