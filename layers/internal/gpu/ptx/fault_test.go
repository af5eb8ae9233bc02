package ptx

import (
	"errors"
	"strings"
	"testing"
)

// TestFaults holds that what a kernel must not do is found, and where.
func TestFaults(t *testing.T) {
	m := small(t)
	for _, c := range []struct {
		name    string
		kernel  string
		threads int
		args    []any
		want    []string
	}{
		{"divergent barrier", "bad_barrier", 32, []any{make([]int32, 32)}, []string{"bad_barrier", "bar.sync 0", "barrier"}},
		{"ended threads at a barrier", "bad_early_exit", 32, []any{make([]int32, 32)}, []string{"thread (7,0,0)", "has ended"}},
		{"race", "bad_race", 64, []any{make([]int32, 64)}, []string{"a race: writes shared memory", "no barrier between"}},
		{"endless", "bad_endless", 1, []any{make([]int32, 2)}, []string{"more than 10000 instructions"}},
		{"beyond the end", "bad_index", 1, []any{make([]int32, 4), 4}, []string{"st.global.u32", "writes 4 bytes", "byte 16 of the 16 bytes"}},
		{"before the beginning", "bad_index", 1, []any{make([]int32, 4), -1}, []string{"4 bytes before the 16 bytes"}},
		{"far away", "bad_index", 1, []any{make([]int32, 4), 1 << 28}, []string{"no allocation near"}},
		{"null", "bad_index", 1, []any{uint64(0), 3}, []string{"0xc, almost 0"}},
		{"alignment", "bad_align", 1, []any{make([]int32, 4), 2}, []string{"no multiple of 4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := call(t, m, c.kernel, Launch{Block: Dim{X: c.threads}, MaxSteps: 10000, Races: true}, c.args...)
			var f *Fault
			if !errors.As(err, &f) {
				t.Fatalf("want a *Fault, have %v", err)
			}
			for _, part := range append(c.want, c.kernel, "PTX line") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("want %q in %q", part, err)
				}
			}
			if f.Line < 1 || !strings.Contains(trimStatement(m.lines[f.Line-1]), f.Text) || f.Text == "" {
				t.Errorf("want the line of the instruction, have %d %q", f.Line, f.Text)
			}
		})
	}
	t.Run("between blocks", func(t *testing.T) {
		_, err := call(t, m, "bad_blocks", Launch{Grid: Dim{X: 3, Y: 2}, Block: Dim{X: 40}, Races: true, Workers: 1}, make([]int32, 40))
		if err == nil || !strings.Contains(err.Error(), "block (1,0,0), thread (0,0,0)") || !strings.Contains(err.Error(), "a race: reads 4 bytes at") || !strings.Contains(err.Error(), "which block (0,0,0) wrote in this launch") {
			t.Errorf("have %v", err)
		}
	})
	t.Run("freed", func(t *testing.T) {
		mem := NewMemory(m)
		at := mem.Alloc(64)
		if err := mem.Free(at); err != nil {
			t.Fatal(err)
		}
		if err := mem.Free(at); err == nil || !strings.Contains(err.Error(), "freed") {
			t.Errorf("freed twice: have %v", err)
		}
		if _, err := mem.Bytes(at, 4); err == nil || !strings.Contains(err.Error(), "byte 0 of 64 bytes that were freed") {
			t.Errorf("have %v", err)
		}
	})
	t.Run("first fault", func(t *testing.T) {
		// The same fault is named whatever the number of workers.
		_, err := call(t, m, "vector_add", Launch{Grid: Dim{X: 9}, Block: Dim{X: 64}, Workers: 4}, make([]float32, 100), make([]float32, 100), make([]float32, 100), 9999)
		var f *Fault
		if !errors.As(err, &f) || f.Block.X != 1 {
			t.Errorf("want a fault in block 1, have %v", err)
		}
	})
}

// TestFreshMemory holds that memory begins as nothing useful.
func TestFreshMemory(t *testing.T) {
	mem := NewMemory(small(t))
	b, err := mem.Bytes(mem.Alloc(300), 300)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if b[i] != 0xff {
			t.Fatalf("[%d]: want 0xff, have %#x", i, b[i])
		}
	}
}
