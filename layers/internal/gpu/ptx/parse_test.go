package ptx

import (
	"errors"
	"os"
	"strings"
	"testing"
)

const head = ".version 6.0\n.target sm_70\n.address_size 64\n"

// TestParseErrors holds that what is wrong with a text is said, and on which line.
func TestParseErrors(t *testing.T) {
	kernel := func(body string) string {
		return head + ".visible .entry k(.param .u64 x) {\n.reg .b32 %r<4>; .reg .b64 %d<4>; .reg .pred %p<2>;\n" + body + "\n}\n"
	}
	for _, c := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"32 bits", ".version 6.0\n.target sm_70\n.address_size 32\n", 3, ".address_size: want 64, have 32"},
		{"no directive", head + "hello", 4, `want a directive, have "hello"`},
		{"sign", head + "\x01", 4, "want PTX"},
		{"comment", head + "/* a\n b", 4, "not ended"},
		{"string", head + ".file 1 \"a\n", 4, "not ended"},
		{"body", head + ".entry k() { ret;", 4, "a { that is not ended"},
		{"instruction", kernel("frobnicate.b32 %r1, %r2;"), 6, "frobnicate.b32: not an instruction that is known here"},
		{"type", kernel("add.b7 %r1, %r2, %r3;"), 6, "not an instruction"},
		{"operands", kernel("add.s32 %r1, %r2;"), 6, "want 3 operands, have 2"},
		{"register", kernel("add.s32 %r1, %r2, %r4;"), 6, "add.s32: want a register, a number or a variable, have %r4"},
		{"destination", kernel("add.s32 7, %r2, %r3;"), 6, "want a register to write"},
		{"label", kernel("bra L;"), 6, "there is no label L"},
		{"label twice", kernel("L: L: bra L;"), 6, "L is declared twice"},
		{"register twice", kernel(".reg .b32 a; .reg .b32 a;"), 6, "a is declared twice"},
		{"guard", kernel("@%r1 bra L; L:"), 6, "want a predicate"},
		{"address", kernel("ld.global.u32 %r1, %r2;"), 6, "want an address"},
		{"space", kernel(".shared .b32 s; ld.global.u32 %r1, [s];"), 6, "s is in shared memory"},
		{"vector", kernel("ld.global.v2.u32 {%r1, %r2, %r3}, [%d1];"), 6, "want 2 registers, have 3"},
		{"barrier", kernel("bar.sync 1;"), 6, "only the barrier 0"},
		{"function", kernel("call f, (x);"), 6, "there is no function f"},
		{"recursion", head + ".func f() { call f; }\n.entry k() { call f; }", 4, "f calls itself"},
		{"number", kernel("mov.u32 %r1, 0xzz;"), 6, "want a number"},
		{"semicolon", kernel("add.s32 %r1, %r2, %r3\nret;"), 7, `want "," or ";"`},
		{"twice", head + ".entry k() { }\n.entry k() { }", 5, "k is defined twice"},
		{"registers", kernel(".reg .b32 %q<70000>;"), 6, "want a number from 0 to 65536"},
		{"size", head + ".global .b8 x[99999999999];", 4, "want a number from 0 to"},
		{"initial", head + ".global .b8 x[2] = {1, 2, 3};", 4, "want at most 2 bytes, have 3"},
		{"parameters", head + ".entry k(.param .b8 x[5000]) { }", 4, "want at most 4096 bytes of parameters"},
	} {
		_, err := Parse(c.text)
		var e *Error
		if !errors.As(err, &e) || e.Line != c.line || !strings.Contains(e.What, c.want) {
			t.Errorf("%s: want line %d, %q; have %v", c.name, c.line, c.want, err)
		}
	}
}

// TestParseOther reads what other compilers write: nvcc's labels, debug sections,
// pragmas, pointers with attributes, modifiers of caching.
func TestParseOther(t *testing.T) {
	m, err := Parse(`.version 8.4
.target sm_80, debug
.address_size 64
.file 1 "a.cu"
.global .align 4 .f32 scale[2] = {0f3F800000, 1.5};
.extern .shared .align 16 .b8 smem[];
.extern .func (.param .b32 func_retval0) vprintf (.param .b64 a, .param .b64 b);
.visible .entry k(.param .u64 .ptr .global .align 4 k_param_0, .param .align 8 .b8 k_param_1[24])
.maxntid 64, 1, 1
.minnctapersm 2
{
	.loc 1 3 0
	.reg .pred %p<2>; .reg .b32 %r<6>; .reg .f32 %f<3>; .reg .b64 %rd<6>;
	ld.param.u64 %rd1, [k_param_0]; ld.param.u32 %r1, [k_param_1+16];
	cvta.to.global.u64 %rd2, %rd1;
	.pragma "nounroll";
	ld.global.nc.L1::no_allocate.u32 %r2, [%rd2];
	mov.u32 %r3, smem; st.shared.u32 [%r3+4], %r2; ld.shared.u32 %r4, [smem+4];
	ld.global.f32 %f1, [scale+4]; cvt.rzi.u32.f32 %r5, %f1;
$L__BB0_1: // a label
	add.s32 %r4, %r4, %r1; add.s32 %r4, %r4, %r5;
	st.global.u32 [%rd2], %r4;
	ret;
}
.section .debug_str { .b8 1, 2 }
`)
	if err != nil {
		t.Fatal(err)
	}
	k := m.Kernel("k")
	if k.MaxThreads != 64 || len(k.Params) != 2 || k.Params[1] != (Param{"k_param_1", "b8", 8, 24}) || k.ParamBytes != 32 {
		t.Fatalf("have %+v %d %d", k.Params, k.ParamBytes, k.MaxThreads)
	}
	mem := NewMemory(m)
	at := mem.Alloc(4)
	b, _ := mem.Bytes(at, 4)
	copy(b, []byte{40, 0, 0, 0})
	args := make([]byte, 32)
	args[4], args[24] = 1, 1 // memoryBase is 1<<40
	args[5], args[4] = 1, 0
	if _, err := k.Run(mem, Launch{Grid: Dim{1, 1, 1}, Block: Dim{1, 1, 1}, Shared: 8, Arguments: args}); err != nil {
		t.Fatal(err)
	}
	if b[0] != 42 {
		t.Errorf("want 42, have %d", b[0])
	}
	if _, err := k.Run(mem, Launch{Grid: Dim{1, 1, 1}, Block: Dim{65, 1, 1}, Shared: 8, Arguments: args}); err == nil {
		t.Error("want at most 64 threads to be held")
	}
}

// FuzzParse holds that no text makes the compiler or a short run of what it made
// panic.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/small.ptx")
	if err != nil {
		f.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), ".visible .entry")
	for _, kernel := range strings.Split(string(text), ".visible .entry")[1:] {
		f.Add(head + ".visible .entry" + kernel)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 {
				t.Fatalf("want an *Error with its line, have %v", err)
			}
			return
		}
		for _, name := range m.Kernels() {
			k := m.Kernel(name)
			if k.Shared > 48<<10 || k.Local > 4096 || k.rows > 2000 {
				continue
			}
			mem := NewMemory(m)
			at := mem.Alloc(256)
			args := make([]byte, k.ParamBytes)
			for i := 0; i+8 <= len(args); i += 8 {
				args[i+5] = byte(at >> 40)
			}
			_, err := k.Run(mem, Launch{Grid: Dim{1, 1, 1}, Block: Dim{33, 1, 1}, Arguments: args, Shared: 64, MaxSteps: 200, Races: true, Count: true, Workers: 1})
			var fault *Fault
			if err != nil && !errors.As(err, &fault) && !strings.Contains(err.Error(), "want at most") {
				t.Fatal(err)
			}
		}
	})
}
