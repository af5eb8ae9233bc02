package ptx

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// swaps are what a mutation makes of an instruction: one operation for another.
var swaps = [][2]string{
	{"add.", "sub."}, {"sub.", "add."}, {"mul.", "add."}, {"fma.rn.f32", "mad.rz.f32"}, {"mul.wide.s32", "mul.wide.u16"},
	{"mad.lo.s32", "mad.hi.s32"}, {"setp.lt", "setp.le"}, {"setp.ge", "setp.gt"}, {"setp.gt", "setp.ge"}, {"setp.eq", "setp.ne"},
	{"setp.ne", "setp.eq"}, {"@%p", "@!%p"}, {"bfly", "down"}, {"down", "up"}, {"idx", "up"}, {".shared.f32", ".shared.u8"},
	{"%tid.x", "%tid.y"}, {"%ctaid.x", "%ctaid.y"}, {"%ntid.x", "%ntid.y"}, {"shl.b", "shr.b"}, {"and.b", "or.b"},
	{"bar.sync", "// bar.sync"}, {"st.", "// st."}, {"bra.uni", "// bra.uni"}, {"+512]", "+516]"}, {", 4;", ", 8;"}, {", 16,", ", 8,"},
}

// survivors are mutations that change nothing that can be seen: the reason each.
var survivors = []string{
	`fma.rn.f32`,                   // sums of the test's values may be exact: rounded to zero they are the same
	`bar.sync`,                     // the last of a kernel's barriers may have nothing behind it to order
	`st.local`,                     // an array's element that another store overwrites
	`setp.lt.s32 %p7, %r26, %r15;`, // one more tile, of zeros
	`bra.uni LBB3_3;`,              // to the next line
}

// multiplies tells whether a module's matmul_tile is right.
func multiplies(t *testing.T, m *Module, rows, n, k int) bool {
	a, b, c := make([]float32, rows*k), make([]float32, k*n), make([]float32, rows*n)
	for i := range a {
		a[i] = float32(i%29) - 7
	}
	for i := range b {
		b[i] = float32(i%23) - 9
	}
	grid := Dim{X: (n + 15) / 16, Y: (rows + 15) / 16}
	_, err := call(t, m, "matmul_tile", Launch{Grid: grid, Block: Dim{X: 16, Y: 16}, Races: true, MaxSteps: 10000, Workers: 1}, c, a, b, rows, n, k)
	for i := range c {
		var want float32
		for j := range k {
			want += a[i/n*k+j] * b[j*n+i%n]
		}
		if c[i] != want {
			return false
		}
	}
	return err == nil
}

// TestMutations changes one instruction at a time and holds that the kernel's test
// sees it: by a wrong result, a fault or an error in the text.
func TestMutations(t *testing.T) {
	text, err := os.ReadFile("testdata/small.ptx")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\t// .globl\tvector_add")
	for _, k := range []struct {
		name  string
		check func(m *Module) bool
	}{
		{"vector_add", func(m *Module) bool {
			a, b, out := ramp(100), ramp(105)[5:], make([]float32, 100)
			_, err := call(t, m, "vector_add", Launch{Grid: Dim{X: 3}, Block: Dim{X: 40}, Races: true, MaxSteps: 10000, Workers: 1}, out, a, b, 100)
			for i := range out {
				if out[i] != a[i]+b[i] {
					return false
				}
			}
			return err == nil
		}},
		{"reduce", func(m *Module) bool {
			for _, n := range []int{999, 100} {
				x, out, want := make([]float32, n), make([]float32, 1), float32(0)
				for i := range x {
					x[i] = float32(i * i % 1009)
					want += x[i]
				}
				s, err := call(t, m, "reduce", Launch{Block: Dim{X: 256}, Races: true, MaxSteps: 10000, Workers: 1}, out, x, n)
				if err != nil || out[0] != want || s.Written != 4 {
					return false
				}
			}
			return true
		}},
		{"shuffle_sum", func(m *Module) bool {
			x, out := make([]float32, 64), make([]float32, 192)
			for i := range x {
				x[i] = float32(int(1) << (i % 23))
			}
			_, err := call(t, m, "shuffle_sum", Launch{Grid: Dim{X: 2}, Block: Dim{X: 32}, MaxSteps: 10000, Workers: 1}, out, x)
			for i := range out {
				block, part, lane := i/96, i%96/32, i%32
				sum := float32(0)
				for _, v := range x[32*block : 32*block+32] {
					sum += v
				}
				if want := []float32{sum, sum, x[32*block+max(0, lane-1)]}[part]; out[i] != want {
					return false
				}
			}
			return err == nil
		}},
		{"matmul_tile", func(m *Module) bool {
			return multiplies(t, m, 18, 20, 37) && multiplies(t, m, 3, 2, 1)
		}},
	} {
		_, body, _ := strings.Cut(string(text), "\t// .globl\t"+k.name+"\n")
		body, _, _ = strings.Cut(body, "// .globl")
		lines := strings.Split(body, "\n")
		parsed, err := Parse(head + body)
		if err != nil || !k.check(parsed) {
			t.Fatalf("%s: want it right before it is changed: %v", k.name, err)
		}
		caught, missed := 0, []string{}
		for i, line := range lines {
			for _, s := range swaps {
				changed := strings.Replace(line, s[0], s[1], 1)
				if changed == line || strings.Contains(line, ".reg") || strings.Contains(line, ".param .") {
					continue
				}
				mutant := slices.Clone(lines)
				mutant[i] = changed
				m, err := Parse(head + strings.Join(mutant, "\n"))
				if err != nil || !k.check(m) {
					caught++
					continue
				}
				if !slices.ContainsFunc(survivors, func(p string) bool { return regexp.MustCompile(p).MatchString(trimStatement(line)) }) {
					missed = append(missed, strings.TrimSpace(line)+" -> "+strings.TrimSpace(changed))
				}
			}
		}
		t.Logf("%s: %d mutants caught", k.name, caught)
		if len(missed) > 0 {
			t.Errorf("%s: %d mutants are not seen:\n%s", k.name, len(missed), strings.Join(missed, "\n"))
		}
	}
}
