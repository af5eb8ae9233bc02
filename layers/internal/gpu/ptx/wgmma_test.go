package ptx

import (
	"fmt"
	"strings"
	"testing"
)

// groupProduct is a kernel of one warpgroup: it fills shared memory with the values of
// in, of which A's rows [64, 32 bytes] and B's [8, 32 bytes] are the first chunks of
// rows of 128 bytes, multiplies, does what is between, and writes D, a lane's beside
// each other.
const groupProduct = `.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 out, .param .u64 in, .param .u64 mode) {
	.shared .align 1024 .b8 s[9216];
	.reg .b32 r<9>; .reg .b64 d<9>; .reg .f32 f<9>; .reg .pred p<3>;
	mov.u32 r1, %%tid.x; ld.param.u64 d1, [in]; mov.u32 r2, 0;
loop:
	mad.lo.u32 r3, r2, 128, r1; mul.wide.u32 d2, r3, 4; add.u64 d2, d1, d2; ld.global.u32 r4, [d2];
	shl.b32 r5, r3, 2; mov.u32 r6, s; add.u32 r5, r5, r6; st.shared.u32 [r5], r4;
	add.u32 r2, r2, 1; setp.lt.u32 p1, r2, 18; @p1 bra loop;
	fence.proxy.async.shared::cta; bar.sync 0;
	ld.param.u64 d5, [mode]; ld.global.u64 d5, [d5]; mov.u64 d3, 0; or.b64 d3, d3, d5; mov.u64 d6, 512; or.b64 d4, d6, d5;
	mov.b32 f1, 0f3F800000; mov.b32 f2, 0f3F800000; mov.b32 f3, 0f3F800000; mov.b32 f4, 0f3F800000;
	mov.u32 r7, 1; setp.ne.u32 p2, r7, 0;
	wgmma.fence.sync.aligned;
	wgmma.mma_async.sync.aligned.m64n8%s {f1, f2, f3, f4}, d3, d4, p2, 1, 1%s;
	wgmma.commit_group.sync.aligned;
	%s
	wgmma.wait_group.sync.aligned 0;
	ld.param.u64 d7, [out]; mul.wide.u32 d8, r1, 16; add.u64 d7, d7, d8; st.global.v4.f32 [d7], {f1, f2, f3, f4}; ret;
}`

// TestWarpgroupProduct multiplies small whole numbers, laid out by the manual: rows of
// 128 bytes, eight in 1024, chunk c of row r at c ^ r mod 8.
func TestWarpgroupProduct(t *testing.T) {
	const swizzled = 1<<62 | 64<<32 | 1<<16
	for _, c := range []struct {
		kind, more, between, fault string
		mode                       int64
		k                          int
		threads                    int
	}{
		{kind: "k16.f32.bf16.bf16", more: ", 0, 0", mode: swizzled, k: 16, threads: 128},
		{kind: "k8.f32.tf32.tf32", mode: swizzled, k: 8, threads: 128},
		{kind: "k8.f32.tf32.tf32", mode: 64<<32 | 1<<16, threads: 128, fault: "want a descriptor of rows swizzled"},
		{kind: "k8.f32.tf32.tf32", mode: swizzled | 0x1000, threads: 128, fault: "bytes of shared memory"},
		{kind: "k8.f32.tf32.tf32", mode: swizzled, threads: 120, fault: "want all 32 lanes"},
		{kind: "k8.f32.tf32.tf32", mode: swizzled, threads: 128, between: "bar.sync 0; setp.eq.u32 p1, r1, 7; mov.u32 r6, s; @p1 st.shared.u32 [r6], r7;", fault: "was written while a product could still read it"},
	} {
		m, err := Parse(fmt.Sprintf(groupProduct, c.kind, c.more, c.between))
		if err != nil {
			t.Fatal(err)
		}
		a := func(row, k int) float64 { return float64((row*7+k*3)%11 - 5) }
		b := func(col, k int) float64 { return float64((col*5+k*2)%9 - 4) }
		in, out := make([]uint32, 18*128), make([]float32, 512)
		for row := range 72 {
			for k := range c.k {
				v := a(row, k)
				if row >= 64 {
					v = b(row-64, k)
				}
				if at := 32*row + ((k/4)^row%8)*4 + k%4; c.k == 8 {
					in[at] = uint32(bits32(float32(v)))
				} else {
					in[32*row+((k/8)^row%8)*4+k%8/2] |= uint32(floatToBfloat(v, nearestEven)) << (16 * (k % 2))
				}
			}
		}
		_, err = call(t, m, "k", Launch{Block: Dim{X: c.threads}}, out, in, []int64{c.mode})
		if c.k == 0 {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%+v: have %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for thread := range 128 {
			for i := range 4 {
				row, col := thread/32*16+thread%32/4+i/2*8, thread%4*2+i%2
				want := 1.0
				for k := range c.k {
					want += a(row, k) * b(col, k)
				}
				if have := out[4*thread+i]; float64(have) != want {
					t.Fatalf("%s: [%d,%d]: want %v, have %v", c.kind, row, col, want, have)
				}
			}
		}
	}
	for _, bad := range []string{"k32.f32.bf16.bf16", "k16.f16.bf16.bf16", "k16.f32.bf16.f16"} {
		if _, err := Parse(fmt.Sprintf(groupProduct, bad, ", 0, 0", "")); err == nil || !strings.Contains(err.Error(), "not a product that is known here") {
			t.Errorf("%s: have %v", bad, err)
		}
	}
}
