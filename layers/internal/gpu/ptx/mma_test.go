package ptx

import (
	"fmt"
	"strings"
	"testing"
)

// fragments writes a kernel of one mma whose operands are read from memory in the
// order of lanes: x are A, B and C as registers of 32 bits, a lane's beside each other.
func fragments(opcode string, a, b int) string {
	var text strings.Builder
	fmt.Fprintf(&text, ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 out, .param .u64 in) {\n.reg .b32 a<4>; .reg .b32 b<2>; .reg .b32 c<4>; .reg .b32 t; .reg .b64 at; .reg .b64 x;\nld.param.u64 at, [in]; mov.u32 t, %%tid.x; mul.wide.u32 x, t, %d; add.u64 at, at, x;\n", 4*(a+b+4))
	names := func(stem string, n, from int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("%s%d", stem, i))
			fmt.Fprintf(&text, "ld.global.u32 %s%d, [at+%d];\n", stem, i, 4*(from+i))
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	as, bs, cs := names("a", a, 0), names("b", b, a), names("c", 4, a+b)
	fmt.Fprintf(&text, "%s %s, %s, %s, %s;\n", opcode, cs, as, bs, cs)
	text.WriteString("ld.param.u64 at, [out]; mul.wide.u32 x, t, 16; add.u64 at, at, x; st.global.v4.u32 [at], {c0, c1, c2, c3}; ret;\n}\n")
	return text.String()
}

// TestMMA multiplies matrices of small whole numbers, which are exact in all types,
// laid out by the manual's tables.
func TestMMA(t *testing.T) {
	for _, c := range []struct {
		k    int
		typ  string
		bits func(v float64) uint64
	}{
		{16, "bf16", func(v float64) uint64 { return floatToBfloat(v, nearestEven) }},
		{16, "f16", func(v float64) uint64 { return floatToHalf(v, nearestEven) }},
		{8, "bf16", func(v float64) uint64 { return floatToBfloat(v, nearestEven) }},
		{8, "tf32", func(v float64) uint64 { return bits32(float32(v)) | 0x1fff }}, // low bits are not read
		{4, "tf32", func(v float64) uint64 { return bits32(float32(v)) }},
	} {
		value := func(row, col int) float64 { return float64((row*7+col*3)%11 - 5) }
		other := func(row, col int) float64 { return float64((row*5+col*2)%9 - 4) }
		pack := 1
		if c.typ != "tf32" {
			pack = 2
		}
		a, b := c.k/2/pack, c.k/4/pack
		var in []uint32
		for lane := range 32 {
			group, member := lane>>2, lane&3
			for r := range a {
				if pack == 1 { // a0 (g, t), a1 (g+8, t), a2 (g, t+4), a3 (g+8, t+4)
					in = append(in, uint32(c.bits(value(group+r%2*8, member+r/2*4))))
					continue
				}
				row, col := group+r%2*8, 2*member+r/2*8
				in = append(in, uint32(c.bits(value(row, col))|c.bits(value(row, col+1))<<16))
			}
			for r := range b {
				if pack == 1 {
					in = append(in, uint32(c.bits(other(member+4*r, group))))
					continue
				}
				row := 2*member + 8*r
				in = append(in, uint32(c.bits(other(row, group))|c.bits(other(row+1, group))<<16))
			}
			for i := range 4 {
				in = append(in, uint32(bits32(float32(1000*(group+i/2*8)+2*member+i%2))))
			}
		}
		opcode := fmt.Sprintf("mma.sync.aligned.m16n8k%d.row.col.f32.%s.%s.f32", c.k, c.typ, c.typ)
		m, err := Parse(fragments(opcode, a, b))
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, 128)
		must(t, m, "k", Launch{Block: Dim{X: 32}}, out, in)
		for lane := range 32 {
			for i := range 4 {
				row, col := lane>>2+i/2*8, 2*(lane&3)+i%2
				want := float64(1000*row + col)
				for k := range c.k {
					want += value(row, k) * other(k, col)
				}
				if have := out[4*lane+i]; float64(have) != want {
					t.Fatalf("%s: [%d,%d]: want %v, have %v", opcode, row, col, want, have)
				}
			}
		}
		if _, err := call(t, m, "k", Launch{Block: Dim{X: 31}}, out, in); err == nil {
			t.Errorf("%s with 31 threads: want a fault", opcode)
		}
	}
}

// TestMatrixLoad checks ldmatrix, plain and transposed, behind asynchronous copies.
func TestMatrixLoad(t *testing.T) {
	text := `.version 7.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 out, .param .u64 in) {
	.shared .align 16 .b8 s[512];
	.reg .b32 r<9>; .reg .b64 d<9>; .reg .b32 a; .reg .b32 t;
	ld.param.u64 d1, [in]; ld.param.u64 d2, [out]; mov.u32 t, %tid.x; mul.wide.u32 d3, t, 16; add.u64 d1, d1, d3; add.u64 d2, d2, d3;
	mov.u32 a, s; mad.lo.u32 a, t, 16, a;
	cp.async.cg.shared.global [a], [d1], 16; cp.async.commit_group; WAIT
	bar.sync 0;
	ldmatrix.sync.aligned.m8n8.x4.shared.b16 {r1, r2, r3, r4}, [a];
	st.global.v4.u32 [d2], {r1, r2, r3, r4}; ret;
}`
	in, out := make([]uint32, 128), make([]uint32, 128)
	half := func(matrix, row, col int) uint32 { return uint32(matrix*100 + row*8 + col) }
	for m := range 4 {
		for row := range 8 {
			for j := range 4 {
				in[m*32+row*4+j] = half(m, row, 2*j) | half(m, row, 2*j+1)<<16
			}
		}
	}
	for _, c := range []struct {
		wait       string
		trans, bad bool
	}{{"cp.async.wait_group 0;", false, false}, {"cp.async.wait_all;", true, false}, {"cp.async.wait_group 1;", false, true}, {"", false, true}} {
		source := strings.Replace(text, "WAIT", c.wait, 1)
		if c.trans {
			source = strings.Replace(source, ".x4.shared", ".x4.trans.shared", 1)
		}
		m, err := Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		must(t, m, "k", Launch{Block: Dim{X: 32}}, out, in)
		wrong := false
		for lane := range 32 {
			for i := range 4 {
				row, col := lane/4, lane%4*2
				want := half(i, row, col) | half(i, row, col+1)<<16
				if c.trans {
					want = half(i, col, row) | half(i, col+1, row)<<16
				}
				wrong = wrong || out[4*lane+i] != want
			}
		}
		if wrong != c.bad {
			t.Errorf("%q, transposed %v: wrong %v", c.wait, c.trans, wrong)
		}
	}
}
