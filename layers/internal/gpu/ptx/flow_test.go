package ptx

import (
	"strings"
	"testing"
)

// threads returns inputs for n threads: a thread's number, a mixture, its square.
func threads(n int) [][3]uint64 {
	out := make([][3]uint64, n)
	for i := range out {
		out[i] = [3]uint64{uint64(i), uint64(i)*0x9e3779b9&0xffffffff ^ 0x5bd1, uint64(i * i)}
	}
	return out
}

func TestShuffles(t *testing.T) {
	const n = 64
	in := threads(n)
	value := func(thread int) uint64 { return in[thread][1] }
	for _, c := range []struct {
		name, body string
		from       func(lane int) (int, bool)
	}{
		{"bfly", "shfl.sync.bfly.b32 r0|p1, r2, 5, 31, -1;", func(l int) (int, bool) { return l ^ 5, true }},
		{"up", "shfl.sync.up.b32 r0|p1, r2, 3, 0, -1;", func(l int) (int, bool) { return l - 3*int(one(l >= 3)), l >= 3 }},
		{"down", "shfl.sync.down.b32 r0|p1, r2, 4, 31, -1;", func(l int) (int, bool) {
			if l+4 > 31 {
				return l, false
			}
			return l + 4, true
		}},
		{"idx", "shfl.sync.idx.b32 r0|p1, r2, 9, 31, -1;", func(int) (int, bool) { return 9, true }},
		// Width 8: segments of 8 lanes; c is (32-8)<<8 | 7 or, for up, without the 7.
		{"idx of 8", "shfl.sync.idx.b32 r0|p1, r2, 3, 0x1807, -1;", func(l int) (int, bool) { return l&^7 | 3, true }},
		{"down of 8", "shfl.sync.down.b32 r0|p1, r2, 2, 0x1807, -1;", func(l int) (int, bool) {
			if l&7+2 > 7 {
				return l, false
			}
			return l + 2, true
		}},
		{"up of 8", "shfl.sync.up.b32 r0|p1, r2, 2, 0x1800, -1;", func(l int) (int, bool) {
			if l&7 < 2 {
				return l, false
			}
			return l - 2, true
		}},
	} {
		have := evaluate(t, c.body, "r0", in)
		inside := evaluate(t, c.body, "p1", in)
		for i := range n {
			from, ok := c.from(i & 31)
			if want := value(i&^31 + from); have[i] != want || inside[i] != one(ok) {
				t.Errorf("%s: thread %d: want %#x %v, have %#x %d", c.name, i, want, ok, have[i], inside[i])
			}
		}
	}
	// Of some lanes: even ones swap with the next even one, odd ones keep theirs.
	each(t, `and.b32 r4, r1, 1; setp.eq.u32 p1, r4, 0; mov.u32 r0, r2;
	@p1 shfl.sync.bfly.b32 r0, r2, 2, 31, 0x55555555;`, "r0", in, func(a, b, _ uint64) uint64 {
		if a&1 != 0 {
			return b
		}
		return value(int(a ^ 2))
	})
	// In a branch that half of the lanes take, who meet behind it again.
	each(t, `setp.lt.u32 p1, r3, 200; mov.u32 r0, r2; @!p1 bra L; mad.lo.u32 r0, r0, 3, 1; L: shfl.sync.bfly.b32 r0, r0, 16, 31, -1;`, "r0", in, func(a, _, _ uint64) uint64 {
		other := in[a^16]
		if other[2] < 200 {
			return uint64(uint32(other[1]*3 + 1))
		}
		return other[1]
	})
}

func TestVotes(t *testing.T) {
	in := threads(45)
	ballot := func(thread uint64, holds func(a uint64) bool) (m uint32, n uint32) {
		for i := range 32 {
			if at := thread&^31 + uint64(i); at < 45 {
				n |= 1 << i
				if holds(at) {
					m |= 1 << i
				}
			}
		}
		return m, n
	}
	odd := func(a uint64) bool { return a%3 == 1 }
	set := "rem.u32 r4, r1, 3; setp.eq.u32 p1, r4, 1; "
	each(t, set+"vote.sync.ballot.b32 r0, p1, -1;", "r0", in, func(a, _, _ uint64) uint64 { m, _ := ballot(a, odd); return uint64(m) })
	each(t, set+"vote.sync.any.pred p2, p1, -1;", "p2", in, func(a, _, _ uint64) uint64 { m, _ := ballot(a, odd); return one(m != 0) })
	each(t, set+"vote.sync.all.pred p2, !p1, -1;", "p2", in, func(a, _, _ uint64) uint64 { m, _ := ballot(a, odd); return one(m == 0) })
	each(t, set+"mov.u32 r0, 0; @p1 bra L; bra E; L: activemask.b32 r0; E: bar.warp.sync -1;", "r0", in, func(a, _, _ uint64) uint64 {
		m, _ := ballot(a, odd)
		return uint64(m) * one(odd(a))
	})
	each(t, "redux.sync.add.u32 r0, r1, -1;", "r0", in, func(a, _, _ uint64) uint64 {
		if a < 32 {
			return 31 * 16
		}
		return (32 + 44) * 13 / 2
	})
	each(t, "redux.sync.max.s32 r0, r1, -1;", "r0", in, func(a, _, _ uint64) uint64 { return min(a|31, 44) })
	each(t, "mov.u32 r0, %lanemask_lt; popc.b32 r0, r0; mov.u32 r4, %warpid; mad.lo.u32 r0, r4, 32, r0;", "r0", in, func(a, _, _ uint64) uint64 { return a })
}

func TestAtomics(t *testing.T) {
	in := threads(40)
	// All threads on one shared word, in the order of their numbers.
	prologue := ".shared .b32 s; .shared .b64 s64; mov.u32 r4, 100; setp.eq.u32 p1, r1, 0; @p1 st.shared.b32 [s], r4; cvt.u64.u32 d4, r4; @p1 st.shared.b64 [s64], d4; bar.sync 0; "
	sum := func(a uint64) (s uint64) {
		for i := range a {
			s += in[i][2]
		}
		return s + 100
	}
	each(t, prologue+"atom.shared.add.u32 r0, [s], r3;", "r0", in, func(a, _, _ uint64) uint64 { return sum(a) })
	each(t, prologue+"atom.shared.add.u64 d0, [s64], d3;", "d0", in, func(a, _, _ uint64) uint64 { return sum(a) })
	each(t, prologue+"red.shared.add.u32 [s], r3; bar.sync 0; ld.shared.u32 r0, [s];", "r0", in, func(uint64, uint64, uint64) uint64 { return sum(40) })
	each(t, prologue+"red.shared.max.s32 [s], r3; bar.sync 0; ld.shared.u32 r0, [s];", "r0", in, func(uint64, uint64, uint64) uint64 { return 39 * 39 })
	each(t, prologue+"neg.s32 r5, r3; red.shared.min.s32 [s], r5; bar.sync 0; ld.shared.u32 r0, [s];", "r0", in, func(uint64, uint64, uint64) uint64 { return uint64(0xffffffff - 39*39 + 1) })
	each(t, prologue+"atom.shared.exch.b32 r0, [s], r3;", "r0", in, func(a, _, _ uint64) uint64 {
		if a == 0 {
			return 100
		}
		return (a - 1) * (a - 1)
	})
	each(t, prologue+"add.u32 r5, r1, 100; add.u32 r6, r5, 1; atom.shared.cas.b32 r0, [s], r5, r6;", "r0", in, func(a, _, _ uint64) uint64 { return a + 100 })
	each(t, prologue+"atom.shared.inc.u32 r0, [s], 110;", "r0", in, func(a, _, _ uint64) uint64 { return (100 + a) % 111 })
	each(t, prologue+"cvt.rn.f32.u32 f4, r4; cvt.rn.f32.u32 f5, r1; @p1 st.shared.f32 [s], f4; bar.sync 0; atom.shared.add.f32 f0, [s], f5;", "f0", in, func(a, _, _ uint64) uint64 {
		return bits32(float32(100 + int(a)*(int(a)-1)/2))
	})
}

// TestSpecials checks the special registers that are not in other tests.
func TestSpecials(t *testing.T) {
	in := threads(40)
	for name, want := range map[string]func(lane uint64) uint32{
		"%laneid":      func(l uint64) uint32 { return uint32(l) },
		"%lanemask_eq": func(l uint64) uint32 { return 1 << l },
		"%lanemask_lt": func(l uint64) uint32 { return 1<<l - 1 },
		"%lanemask_le": func(l uint64) uint32 { return 1<<(l+1) - 1 },
		"%lanemask_gt": func(l uint64) uint32 { return ^uint32(1<<(l+1) - 1) },
		"%lanemask_ge": func(l uint64) uint32 { return ^uint32(1<<l - 1) },
		"%ntid.x":      func(uint64) uint32 { return 40 },
		"%nwarpid":     func(uint64) uint32 { return 2 },
		"WARP_SZ":      func(uint64) uint32 { return 32 },
	} {
		each(t, "mov.u32 r0, "+name+";", "r0", in, func(a, _, _ uint64) uint64 { return uint64(want(a & 31)) })
	}
	// Extents of three dimensions, by a kernel that notes where each thread is.
	m, err := Parse(head + `.entry k(.param .u64 out) { .reg .b32 r<20>; .reg .b64 d<3>;
	mov.u32 r1, %tid.x; mov.u32 r2, %tid.y; mov.u32 r3, %tid.z; mov.u32 r4, %ctaid.x; mov.u32 r5, %ctaid.y; mov.u32 r6, %ctaid.z;
	mov.u32 r7, %ntid.x; mov.u32 r8, %ntid.y; mov.u32 r9, %ntid.z; mov.u32 r10, %nctaid.x; mov.u32 r11, %nctaid.y;
	mad.lo.u32 r12, r6, r11, r5; mad.lo.u32 r12, r12, r10, r4; mad.lo.u32 r12, r12, r9, r3; mad.lo.u32 r12, r12, r8, r2; mad.lo.u32 r12, r12, r7, r1;
	mul.lo.u32 r13, r4, 100; add.u32 r13, r13, r1; ld.param.u64 d1, [out]; mul.wide.u32 d2, r12, 4; add.u64 d1, d1, d2; st.global.u32 [d1], r13; ret; }`)
	if err != nil {
		t.Fatal(err)
	}
	const grid, block = 2 * 3 * 4, 5 * 3 * 2
	out := make([]uint32, grid*block)
	must(t, m, "k", Launch{Grid: Dim{2, 3, 4}, Block: Dim{5, 3, 2}}, out)
	for i, have := range out {
		if want := uint32(i/block%2*100 + i%5); have != want {
			t.Fatalf("[%d]: want %d, have %d", i, want, have)
		}
	}
}

// TestFlow checks scopes, calls, tables of branches and generic addresses.
func TestFlow(t *testing.T) {
	in := threads(50)
	each(t, "{ .reg .b32 r1; mov.u32 r1, 9; bra L; mov.u32 r1, 1; L: mov.u32 r0, r1; } { bra L; mov.u32 r0, 3; L: } add.u32 r0, r0, r1;", "r0", in, func(a, _, _ uint64) uint64 { return a + 9 })
	each(t, "rem.u32 r4, r1, 3; T: .branchtargets A, B, C; brx.idx r4, T; A: mov.u32 r0, 10; bra E; B: mov.u32 r0, 20; bra E; C: mov.u32 r0, 30; E:", "r0", in, func(a, _, _ uint64) uint64 { return 10 * (a%3 + 1) })
	each(t, "mov.u32 r0, 0; mov.u32 r4, r1; L: add.u32 r0, r0, r4; sub.u32 r4, r4, 1; setp.gt.s32 p1, r4, 0; @p1 bra L;", "r0", in, func(a, _, _ uint64) uint64 {
		if a == 0 {
			return 0
		}
		return a * (a + 1) / 2
	})
	// A thread's own memory and the block's, by generic addresses and by 32 bits.
	each(t, ".local .align 8 .b8 l[64]; mov.u64 d4, l; cvta.local.u64 d4, d4; st.u32 [d4+8], r2; st.local.u32 [l+12], r3; ld.v2.u32 {r4, r5}, [d4+8]; add.u32 r0, r4, r5;", "r0", in, func(_, b, c uint64) uint64 { return uint64(uint32(b + c)) })
	each(t, ".shared .align 4 .b8 s[256]; mov.u32 r4, s; mad.lo.u32 r5, r1, 4, r4; st.shared.u32 [r5], r2; bar.sync 0; cvt.u64.u32 d4, r4; cvta.shared.u64 d4, d4; isspacep.shared p1, d4; ld.u32 r0, [d4+4]; selp.u32 r0, r0, 77, p1;", "r0", in, func(uint64, uint64, uint64) uint64 { return in[1][1] })
	each(t, "st.global.u8 [at], r2; ld.global.s8 r0, [at]; ld.global.u8 r4, [at]; sub.u32 r0, r4, r0;", "r0", in, func(_, b, _ uint64) uint64 { return uint64(uint32(uint8(b)) - uint32(int8(b))) })
}

func TestCalls(t *testing.T) {
	text := `.version 6.0
.target sm_70
.address_size 64
.func (.param .b32 r) square(.param .b32 x) { .reg .b32 %r<3>; ld.param.u32 %r1, [x]; setp.eq.u32 %p, %r1, 3; @%p bra L; mul.lo.u32 %r2, %r1, %r1; st.param.b32 [r], %r2; ret; L: mov.u32 %r2, 333; st.param.b32 [r+0], %r2; ret; }
.visible .entry k(.param .u64 out) { .reg .b32 %r<9>; .reg .b64 %d<3>; .reg .pred %p;
	mov.u32 %r1, %tid.x;
	{ .param .b32 a; st.param.b32 [a+0], %r1; .param .b32 b; call.uni (b), square, (a); ld.param.b32 %r2, [b+0]; }
	{ .param .b32 a; st.param.b32 [a+0], %r2; .param .b32 b; call.uni (b), square, (a); ld.param.b32 %r2, [b+0]; }
	ld.param.u64 %d1, [out]; mul.wide.u32 %d2, %r1, 4; add.u64 %d1, %d1, %d2; st.global.u32 [%d1], %r2; ret; }`
	text = strings.Replace(text, ".reg .b32 %r<3>;", ".reg .b32 %r<3>; .reg .pred %p;", 1)
	m, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]uint32, 8)
	must(t, m, "k", Launch{Block: Dim{X: 8}}, out)
	f := func(x uint32) uint32 {
		if x == 3 {
			return 333
		}
		return x * x
	}
	for i, have := range out {
		if want := f(f(uint32(i))); have != want {
			t.Errorf("[%d]: want %d, have %d", i, want, have)
		}
	}
}
