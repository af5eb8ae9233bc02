// Command avx512 writes the AVX-512 kernels of package kernel.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"premlp/layers/internal/kernel/_asm/panel"
)

const (
	maxRows = 14
	unroll  = 4
	ahead   = 1024 // bytes that panels are prefetched ahead
)

var z = panel.AVX512.R

func main() {
	ConstraintExpr("!noasm")
	for mr := 1; mr <= maxRows; mr++ {
		tile(mr)
	}
	for mr := 1; mr <= maxRows; mr++ {
		dotTile(mr)
	}
	roundPairs()
	row()
	transpose()
	panel.Write(panel.AVX512)
	Generate()
}

// speed holds GFLOP/s by rows, in cache, on one core of a Zen 4 with a peak of 118.
var speed = [maxRows + 1]int{0, 53, 98, 116, 117, 117, 118, 118, 118, 118, 118, 118, 116, 116, 116}

// tile writes the tile of mr rows: accumulators Z0 to Z27, two vectors of the
// panel, and two registers for a's values in turn.
func tile(mr int) {
	TEXT(fmt.Sprintf("tile512x%d", mr), NOSPLIT, tileSignature)
	Pragma("noescape")
	Doc(fmt.Sprintf("tile512x%d is tileFunc for %d rows: per k, two loads of w, %d broadcasts of a and", mr, mr, mr),
		fmt.Sprintf("%d multiply-adds into %d accumulators. %d GFLOP/s in cache on a Zen 4 core with", 2*mr, 2*mr, speed[mr]),
		"a peak of 118.")
	tileBody(mr, func(a Mem, w [2]reg.VecPhysical, b reg.VecPhysical, acc [2]reg.VecPhysical) {
		VBROADCASTSS(a, b)
		VFMADD231PS(w[0], b, acc[0])
		VFMADD231PS(w[1], b, acc[1])
	})
}

// tileSignature is the signature of tiles.
const tileSignature = "func(c *float32, ldc int, a *float32, lda int, w *float32, k int, m int, next *byte)"

// tileBody writes a tile of mr rows and its inner loop. multiply adds the product
// of the value at a, for which register b is free, and the panel's two vectors.
func tileBody(mr int, multiply func(a Mem, w [2]reg.VecPhysical, b reg.VecPhysical, acc [2]reg.VecPhysical)) {
	acc := func(r, half int) reg.VecPhysical { return z[2*r+half] }
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
		PREFETCHT0(Mem{Base: p, Disp: 64})
		if r < mr-1 {
			ADDQ(ldc, p)
		}
		VPXORD(acc(r, 0), acc(r, 0), acc(r, 0))
		VPXORD(acc(r, 1), acc(r, 1), acc(r, 1))
	}
	JMP(LabelRef("begin"))
	Label("extend")
	for r := range mr {
		VMOVUPS(Mem{Base: p}, acc(r, 0))
		VMOVUPS(Mem{Base: p, Disp: 64}, acc(r, 1))
		if r < mr-1 {
			ADDQ(ldc, p)
		}
	}
	Label("begin")
	step := func(u int) {
		at := Mem{Base: a}
		switch u {
		case 1:
			at = Mem{Base: a, Index: lda, Scale: 1}
		case 2:
			at = Mem{Base: a, Index: lda, Scale: 2}
		case 3:
			at = Mem{Base: a, Index: lda3, Scale: 1}
		}
		VMOVUPS(Mem{Base: w, Disp: 128 * u}, z[28])
		VMOVUPS(Mem{Base: w, Disp: 128*u + 64}, z[29])
		PREFETCHT0(Mem{Base: w, Disp: 128*u + ahead})
		PREFETCHT0(Mem{Base: w, Disp: 128*u + 64 + ahead})
		for r := range mr {
			multiply(at.Offset(4*r), [2]reg.VecPhysical{z[28], z[29]}, z[30+r%2], [2]reg.VecPhysical{acc(r, 0), acc(r, 1)})
		}
	}
	loop(k, func(n int) {
		for u := range n {
			step(u)
		}
		ADDQ(U32(128*n), w)
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
				VADDPS(Mem{Base: c, Disp: 64}, acc(r, 1), acc(r, 1))
			}
			VMOVUPS(acc(r, 0), Mem{Base: c})
			VMOVUPS(acc(r, 1), Mem{Base: c, Disp: 64})
			if r < mr-1 {
				ADDQ(ldc, c)
			}
		}
		VZEROUPPER()
		RET()
	}
}

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

// row writes the product of one row and four panels.
func row() {
	const panels = 4
	TEXT("row512x128", NOSPLIT, "func(c, a, w *float32, stride, k int, m int)")
	Pragma("noescape")
	Doc("row512x128 is rowFunc for four panels: per k, one broadcast of a and eight",
		"multiply-adds with w from memory. On a Zen 4 core 35 GFLOP/s, 70 GB/s of panels, from",
		"its second-level cache.")
	c, a, w := Load(Param("c"), GP64()), Load(Param("a"), GP64()), Load(Param("w"), GP64())
	stride, k, m := Load(Param("stride"), GP64()), Load(Param("k"), GP64()), Load(Param("m"), GP64())
	SHLQ(Imm(2), stride)
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	panel := [panels]Mem{{Base: w}, {Base: w, Index: stride, Scale: 1}, {Base: w, Index: stride, Scale: 2}, {Base: w, Index: stride3, Scale: 1}}
	CMPQ(m, Imm(2))
	JE(LabelRef("extend"))
	for i := range 2 * panels {
		VPXORD(z[i], z[i], z[i])
	}
	JMP(LabelRef("begin"))
	Label("extend")
	for i := range 2 * panels {
		VMOVUPS(Mem{Base: c, Disp: 64 * i}, z[i])
	}
	Label("begin")
	loop(k, func(n int) {
		for u := range n {
			VBROADCASTSS(Mem{Base: a, Disp: 4 * u}, z[8+u])
			for i, at := range panel {
				PREFETCHT0(at.Offset(128*u + ahead))
				PREFETCHT0(at.Offset(128*u + 64 + ahead))
				VFMADD231PS(at.Offset(128*u), z[8+u], z[2*i])
				VFMADD231PS(at.Offset(128*u+64), z[8+u], z[2*i+1])
			}
		}
		ADDQ(U32(128*n), w)
		ADDQ(U32(4*n), a)
	})
	CMPQ(m, Imm(1))
	JNE(LabelRef("store"))
	for i := range 2 * panels {
		VADDPS(Mem{Base: c, Disp: 64 * i}, z[i], z[i])
	}
	Label("store")
	for i := range 2 * panels {
		VMOVUPS(z[i], Mem{Base: c, Disp: 64 * i})
	}
	VZEROUPPER()
	RET()
}

// transpose writes the transposition of 16 rows, 16 values at a time: pairs and
// quadruples within 128-bit lanes, then whole lanes.
func transpose() {
	TEXT("transpose512x16", NOSPLIT, "func(dst *float32, stride int, src *float32, at *int, groups int)")
	Pragma("noescape")
	Doc("transpose512x16 is Kernel.transpose for n = 16·groups, groups ≥ 1, always with 16",
		"columns: 16 loads, 64 shuffles and 16 stores for 256 values. 0.07 ns a",
		"value in cache on Zen 4.")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	src, at := Load(Param("src"), GP64()), Load(Param("at"), GP64())
	groups, offset := Load(Param("groups"), GP64()), GP64()
	SHLQ(Imm(2), stride)
	Label("group")
	for r := range 16 {
		MOVQ(Mem{Base: at, Disp: 8 * r}, offset)
		VMOVUPS(Mem{Base: src, Index: offset, Scale: 4}, z[r])
	}
	for i := 0; i < 16; i += 2 {
		VUNPCKLPS(z[i+1], z[i], z[16+i])
		VUNPCKHPS(z[i+1], z[i], z[17+i])
	}
	// u(g, j) holds columns j, 4+j, 8+j and 12+j of rows 4g to 4g+3.
	u := func(g, j int) reg.VecPhysical { return z[4*g+j] }
	for g := range 4 {
		t := z[16+4*g:]
		VUNPCKLPD(t[2], t[0], u(g, 0))
		VUNPCKHPD(t[2], t[0], u(g, 1))
		VUNPCKLPD(t[3], t[1], u(g, 2))
		VUNPCKHPD(t[3], t[1], u(g, 3))
	}
	const even, odd = 0x88, 0xdd
	out := [16]reg.VecPhysical{}
	for j := range 4 {
		v := z[16+4*j:]
		VSHUFF32X4(Imm(even), u(1, j), u(0, j), v[0])
		VSHUFF32X4(Imm(odd), u(1, j), u(0, j), v[1])
		VSHUFF32X4(Imm(even), u(3, j), u(2, j), v[2])
		VSHUFF32X4(Imm(odd), u(3, j), u(2, j), v[3])
		VSHUFF32X4(Imm(even), v[2], v[0], u(0, j))
		VSHUFF32X4(Imm(even), v[3], v[1], u(1, j))
		VSHUFF32X4(Imm(odd), v[2], v[0], u(2, j))
		VSHUFF32X4(Imm(odd), v[3], v[1], u(3, j))
		for l := range 4 {
			out[4*l+j] = u(l, j)
		}
	}
	for _, column := range out {
		VMOVUPS(column, Mem{Base: dst})
		ADDQ(stride, dst)
	}
	ADDQ(Imm(64), src)
	DECQ(groups)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}
