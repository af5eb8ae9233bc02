package layers

import (
	"runtime"
	"testing"
	"weak"
)

// TestClosedMachineIsFreed: nothing keeps a machine that was closed, with its
// arenas, once nobody holds it.
func TestClosedMachineIsFreed(t *testing.T) {
	run := func() weak.Pointer[Machine] {
		m, err := small(checkpoint().open(t)).Machine(MachineOptions{Points: []Point{{Site: Logits}}, Threads: 2, Vocab: testVocab, Context: 64})
		if err != nil {
			t.Fatal(err)
		}
		got := map[Point][]float32{}
		if err := m.Run(t.Context(), Pack([][]int32{tokens(9)}, nil), collect(got)); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		return weak.Make(m)
	}
	m := run()
	for range 10 {
		runtime.GC()
		if m.Value() == nil {
			return
		}
	}
	t.Error("want the closed machine freed, have it still")
}
