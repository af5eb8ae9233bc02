package ptx

import (
	"fmt"
	"strings"
	"testing"
)

// evaluate runs instructions on inputs of up to three values of 64 bits, a thread
// for each input. They are in the registers h1 to h3 (16 bits), r1 to r3 (32), d1 to
// d3 (64), f1 to f3 and e1 to e3 (floats of 32 and 64); the result is taken from the
// register out, upper bits 0.
func evaluate(t testing.TB, body, out string, inputs [][3]uint64) []uint64 {
	t.Helper()
	have, err := tryEvaluate(t, body, out, inputs)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return have
}

func tryEvaluate(t testing.TB, body, out string, inputs [][3]uint64) ([]uint64, error) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`.version 7.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 out, .param .u64 in) {
	.reg .b16 h<9>; .reg .b32 r<9>; .reg .b64 d<9>; .reg .f32 f<9>; .reg .f64 e<9>; .reg .pred p<9>;
	.reg .b64 at; .reg .b64 x; .reg .b32 tid;
	ld.param.u64 at, [in]; mov.u32 tid, %tid.x; mul.wide.u32 x, tid, 24; add.u64 at, at, x;
`)
	for i := range 3 {
		for reg, typ := range map[string]string{"h": "b16", "r": "b32", "d": "b64", "f": "f32", "e": "f64"} {
			fmt.Fprintf(&b, "\tld.global.%s %s%d, [at+%d];\n", typ, reg, i+1, 8*i)
		}
	}
	b.WriteString(body)
	typ := map[byte]string{'h': "b16", 'r': "b32", 'd': "b64", 'f': "f32", 'e': "f64"}[out[0]]
	if out[0] == 'p' {
		fmt.Fprintf(&b, "\n\tselp.b32 r8, 1, 0, %s;", out)
		out, typ = "r8", "b32"
	}
	fmt.Fprintf(&b, "\n\tld.param.u64 at, [out]; mul.wide.u32 x, tid, 8; add.u64 at, at, x; st.global.%s [at], %s; ret;\n}\n", typ, out)
	m, err := Parse(b.String())
	if err != nil {
		return nil, err
	}
	flat, have := make([]uint64, 0, 3*len(inputs)), make([]uint64, len(inputs))
	for _, in := range inputs {
		flat = append(flat, in[:]...)
	}
	_, err = call(t, m, "k", Launch{Block: Dim{X: len(inputs)}}, have, flat)
	return have, err
}

// each checks instructions against a function of the inputs.
func each(t *testing.T, body, out string, inputs [][3]uint64, want func(a, b, c uint64) uint64) {
	t.Helper()
	have := evaluate(t, body, out, inputs)
	for i, in := range inputs {
		if w := want(in[0], in[1], in[2]); have[i] != w {
			t.Errorf("%s (%#x, %#x, %#x): want %#x, have %#x", strings.TrimSpace(body), in[0], in[1], in[2], w, have[i])
			return
		}
	}
}

// mix returns n inputs: edges of every width and pseudo-random bits.
func mix(n int) [][3]uint64 {
	edges := []uint64{0, 1, 2, 3, 5, 7, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	state := uint64(0x9e3779b97f4a7c15)
	next := func() uint64 {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return state
	}
	pick := func() uint64 {
		if v := next(); v%3 == 0 {
			return edges[v>>8%uint64(len(edges))]
		}
		return next()
	}
	out := make([][3]uint64, n)
	for i := range out {
		out[i] = [3]uint64{pick(), pick(), pick()}
	}
	return out
}
