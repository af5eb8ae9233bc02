// Command avx2 writes the AVX2 kernels of package kernel.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"premlp/layers/internal/kernel/_asm/panel"
)

const (
	maxRows = 6
	unroll  = 4
	ahead   = 1024 // bytes that panels are prefetched ahead
)

var y = panel.AVX2.R

func main() {
	ConstraintExpr("!noasm")
	for mr := 1; mr <= maxRows; mr++ {
		tile(mr)
	}
	row()
	transpose()
	pause()
	panel.Write(panel.AVX2)
	Generate()
}

// speed holds GFLOP/s by rows, in cache, on one core of a Zen 4 with a peak of 118.
var speed = [maxRows + 1]int{0, 32, 60, 88, 108, 110, 114}

// tile writes the tile of mr rows and half a panel: accumulators Y0 to Y11, two
// vectors of the panel, and two registers for a's values in turn.
func tile(mr int) {
	TEXT(fmt.Sprintf("tile2x%d", mr), NOSPLIT, "func(c *float32, ldc int, a *float32, lda int, w *float32, k int, m int, next *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("tile2x%d is tileFunc for %d rows and the first 16 columns: per k, two loads of w,", mr, mr),
		fmt.Sprintf("%d broadcasts of a and %d multiply-adds into %d accumulators. %d GFLOP/s in cache on a", mr, 2*mr, 2*mr, speed[mr]),
		"Zen 4 core with a peak of 118.")
	acc := func(r, half int) reg.VecPhysical { return y[2*r+half] }
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	a, lda := Load(Param("a"), GP64()), Load(Param("lda"), GP64())
	w, k := Load(Param("w"), GP64()), Load(Param("k"), GP64())
	m, next := Load(Param("m"), GP64()), Load(Param("next"), GP64())
	SHLQ(Imm(2), ldc)
	SHLQ(Imm(2), lda)
	lda3 := GP64()
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, lda3)
	p := GP64()

	MOVQ(c, p)
	CMPQ(m, Imm(2))
	JE(LabelRef("extend"))
	for r := range mr {
		PREFETCHT0(Mem{Base: p})
		if r < mr-1 {
			ADDQ(ldc, p)
		}
		VXORPS(acc(r, 0), acc(r, 0), acc(r, 0))
		VXORPS(acc(r, 1), acc(r, 1), acc(r, 1))
	}
	JMP(LabelRef("begin"))
	Label("extend")
	for r := range mr {
		VMOVUPS(Mem{Base: p}, acc(r, 0))
		VMOVUPS(Mem{Base: p, Disp: 32}, acc(r, 1))
		if r < mr-1 {
			ADDQ(ldc, p)
		}
	}
	Label("begin")
	loop(k, func(n int) {
		for u := range n {
			at := [unroll]Mem{{Base: a}, {Base: a, Index: lda, Scale: 1}, {Base: a, Index: lda, Scale: 2}, {Base: a, Index: lda3, Scale: 1}}[u]
			VMOVUPS(Mem{Base: w, Disp: 128 * u}, y[12])
			VMOVUPS(Mem{Base: w, Disp: 128*u + 32}, y[13])
			PREFETCHT0(Mem{Base: w, Disp: 128*u + ahead})
			for r := range mr {
				b := y[14+r%2]
				VBROADCASTSS(at.Offset(4*r), b)
				VFMADD231PS(y[12], b, acc(r, 0))
				VFMADD231PS(y[13], b, acc(r, 1))
			}
		}
		advance(w, 128*n)
		if n == unroll {
			PREFETCHT1(Mem{Base: next})
			ADDQ(Imm(64), next)
			LEAQ(Mem{Base: a, Index: lda, Scale: 4}, a)
		} else {
			ADDQ(lda, a)
		}
	})

	CMPQ(m, Imm(1))
	JNE(LabelRef("store"))
	for pass, label := range []string{"", "store"} {
		if pass == 1 {
			Label(label)
		}
		for r := range mr {
			if pass == 0 {
				VADDPS(Mem{Base: c}, acc(r, 0), acc(r, 0))
				VADDPS(Mem{Base: c, Disp: 32}, acc(r, 1), acc(r, 1))
			}
			VMOVUPS(acc(r, 0), Mem{Base: c})
			VMOVUPS(acc(r, 1), Mem{Base: c, Disp: 32})
			if r < mr-1 {
				ADDQ(ldc, c)
			}
		}
		VZEROUPPER()
		RET()
	}
}

// advance adds bytes to a pointer.
func advance(p reg.Register, bytes int) { ADDQ(U32(bytes), p) }

// loop writes body(unroll) for as long as k allows it, then body(1).
func loop(k reg.Register, body func(n int)) {
	SUBQ(Imm(unroll), k)
	JL(LabelRef("tail"))
	Label("unrolled")
	body(unroll)
	SUBQ(Imm(unroll), k)
	JGE(LabelRef("unrolled"))
	Label("tail")
	ADDQ(Imm(unroll), k)
	JE(LabelRef("end"))
	Label("single")
	body(1)
	DECQ(k)
	JNE(LabelRef("single"))
	Label("end")
}

// row writes the product of one row and two panels.
func row() {
	TEXT("row2x64", NOSPLIT, "func(c, a, w *float32, stride, k int, m int)")
	Pragma("noescape")
	Doc("row2x64 is rowFunc for two panels: per k, one broadcast of a and eight",
		"multiply-adds with w from memory. On a Zen 4 core 49 GFLOP/s from its second-level",
		"cache.")
	c, a, w := Load(Param("c"), GP64()), Load(Param("a"), GP64()), Load(Param("w"), GP64())
	stride, k, m := Load(Param("stride"), GP64()), Load(Param("k"), GP64()), Load(Param("m"), GP64())
	SHLQ(Imm(2), stride)
	CMPQ(m, Imm(2))
	JE(LabelRef("extend"))
	for i := range 8 {
		VXORPS(y[i], y[i], y[i])
	}
	JMP(LabelRef("begin"))
	Label("extend")
	for i := range 8 {
		VMOVUPS(Mem{Base: c, Disp: 32 * i}, y[i])
	}
	Label("begin")
	loop(k, func(n int) {
		for u := range n {
			VBROADCASTSS(Mem{Base: a, Disp: 4 * u}, y[8+u])
			for i, at := range [2]Mem{{Base: w, Disp: 128 * u}, {Base: w, Index: stride, Scale: 1, Disp: 128 * u}} {
				PREFETCHT0(at.Offset(ahead))
				PREFETCHT0(at.Offset(64 + ahead))
				for j := range 4 {
					VFMADD231PS(at.Offset(32*j), y[8+u], y[4*i+j])
				}
			}
		}
		advance(w, 128*n)
		advance(a, 4*n)
	})
	CMPQ(m, Imm(1))
	JNE(LabelRef("store"))
	for i := range 8 {
		VADDPS(Mem{Base: c, Disp: 32 * i}, y[i], y[i])
	}
	Label("store")
	for i := range 8 {
		VMOVUPS(y[i], Mem{Base: c, Disp: 32 * i})
	}
	VZEROUPPER()
	RET()
}

// transpose writes the transposition of 8 rows, 8 values at a time: pairs and
// quadruples within 128-bit lanes, then whole lanes.
func transpose() {
	TEXT("transpose2x8", NOSPLIT, "func(dst *float32, stride int, src *float32, at *int, groups int)")
	Pragma("noescape")
	Doc("transpose2x8 is Kernel.transpose for n = 8·groups, groups ≥ 1, always with 8",
		"columns: 8 loads, 24 shuffles and 8 stores for 64 values. 0.06 ns a value",
		"in cache on Zen 4.")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	src, at := Load(Param("src"), GP64()), Load(Param("at"), GP64())
	groups, offset := Load(Param("groups"), GP64()), GP64()
	SHLQ(Imm(2), stride)
	Label("group")
	for r := range 8 {
		MOVQ(Mem{Base: at, Disp: 8 * r}, offset)
		VMOVUPS(Mem{Base: src, Index: offset, Scale: 4}, y[r])
	}
	for i := 0; i < 8; i += 2 {
		VUNPCKLPS(y[i+1], y[i], y[8+i])
		VUNPCKHPS(y[i+1], y[i], y[9+i])
	}
	// u(g, j) holds columns j and 4+j of rows 4g to 4g+3.
	u := func(g, j int) reg.VecPhysical { return y[4*g+j] }
	for g := range 2 {
		t := y[8+4*g:]
		VUNPCKLPD(t[2], t[0], u(g, 0))
		VUNPCKHPD(t[2], t[0], u(g, 1))
		VUNPCKLPD(t[3], t[1], u(g, 2))
		VUNPCKHPD(t[3], t[1], u(g, 3))
	}
	for j := range 4 {
		VPERM2F128(Imm(0x20), u(1, j), u(0, j), y[8+j])
		VPERM2F128(Imm(0x31), u(1, j), u(0, j), y[12+j])
	}
	for _, column := range y[8:] {
		VMOVUPS(column, Mem{Base: dst})
		ADDQ(stride, dst)
	}
	ADDQ(Imm(32), src)
	DECQ(groups)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// pause writes the spin-wait hint.
func pause() {
	TEXT("pause", NOSPLIT, "func()")
	Doc("pause tells the processor that this is a spin-wait loop; it takes tens of cycles.")
	PAUSE()
	RET()
}
