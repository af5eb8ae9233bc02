package layers

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
)

func TestHashesAreUnique(t *testing.T) {
	g := small(checkpoint().open(t))
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	if err := g.verify(); err != nil {
		t.Error(err)
	}
	if n := len(g.Unused()); n != 0 {
		t.Errorf("want every tensor used, have %d unused: %v", n, g.Unused())
	}
}

// TestVerifyCatchesMergedNodes gives two ops one key behind the graph's back.
func TestVerifyCatchesMergedNodes(t *testing.T) {
	g := small(checkpoint().open(t))
	twin := &Op{kind: g.order[1].kind, key: g.order[1].key, cols: g.order[1].cols, inputs: g.order[1].inputs}
	if _, err := gorgonia.ApplyOp(twin, twin.inputs...); err != nil {
		t.Fatal(err)
	}
	g.order = append(g.order, twin)
	if err := g.verify(); err == nil {
		t.Error("want an error about nodes of one hash")
	}
}

func TestPlannedOrderIsExecuted(t *testing.T) {
	source := checkpoint().open(t)
	for _, points := range [][]Point{
		{{Site: Logits}},
		{{MLPIn, 0}, {ResidMid, 2}},
		{{ResidPost, 1}, {MLPOut, 0}, {ResidPre, 0}, {MLPIn, 1}},
	} {
		m := machine(t, small(source), points, nil)
		// Machine.before refuses an op that is not the one planned.
		if err := m.Run(t.Context(), Pack([][]int32{tokens(5)}, nil), nil); err != nil {
			t.Errorf("%v: %v", points, err)
		}
		m.order[1], m.order[2] = m.order[2], m.order[1]
		err := m.Run(t.Context(), Pack([][]int32{tokens(5)}, nil), nil)
		if err == nil || !strings.Contains(err.Error(), "planned for another op") {
			t.Errorf("%v: want an error about the order, have %v", points, err)
		}
	}
}

// TestArenaHoldsNoStaleValues compares every point taken with shared buffers
// with the same point of a machine that keeps every value in its own memory.
func TestArenaHoldsNoStaleValues(t *testing.T) {
	source := checkpoint().open(t)
	points := small(source).Points()
	shared := machine(t, small(source), points, nil)
	private := machine(t, small(source), points, points)
	if shared.buffers >= len(shared.order) || private.buffers >= shared.buffers {
		t.Errorf("%d ops: want fewer shared buffers, and fewer still with kept points; have %d and %d", len(shared.order), shared.buffers, private.buffers)
	}
	for _, n := range []int{7, 40, 3, 40} {
		a, b := map[Point][]float32{}, map[Point][]float32{}
		batch := Pack([][]int32{tokens(n), tokens(n / 2)}, nil)
		if err := errors.Join(shared.Run(t.Context(), batch, collect(a)), private.Run(t.Context(), batch, collect(b))); err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			kept, err := private.Value(p)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a[p], b[p]) || !slices.Equal(kept.Data, b[p]) {
				t.Errorf("%d tokens: %s: shared, private and kept values differ", n, p)
			}
		}
	}
}

func TestValuesThatAreNotKeptCannotBeRead(t *testing.T) {
	m := machine(t, small(checkpoint().open(t)), []Point{{MLPIn, 2}}, []Point{{MLPIn, 1}})
	if _, err := m.Value(Point{MLPIn, 1}); err == nil {
		t.Error("a value before the first run: want an error")
	}
	if err := m.Run(t.Context(), Pack([][]int32{tokens(4)}, nil), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Value(Point{MLPIn, 2}); err == nil {
		t.Error("a value that was not kept: want an error")
	}
	v, err := m.Value(Point{MLPIn, 1})
	if err != nil || v.Rows != 4 || v.Cols != testDim {
		t.Errorf("a kept value: want [4, %d], have [%d, %d], %v", testDim, v.Rows, v.Cols, err)
	}
}

// TestStatistics checks that mlp_in rows and their scale give back resid_mid.
func TestStatistics(t *testing.T) {
	source := checkpoint().open(t)
	m := machine(t, small(source), []Point{{MLPIn, 1}, {ResidMid, 1}}, nil)
	var mid, in, scale []float32
	err := m.Run(t.Context(), Pack([][]int32{tokens(9)}, [][]int32{{2, 8}}), func(p Point, rows Rows) error {
		if p.Site == MLPIn {
			in, scale = slices.Clone(rows.Data), slices.Clone(rows.Stats)
		} else {
			mid = slices.Clone(rows.Data)
		}
		return nil
	})
	if err != nil || len(scale) != 2 || len(mid) != 2*testDim {
		t.Fatalf("want 2 rows with a scale each, have %d and %d: %v", len(mid)/testDim, len(scale), err)
	}
	gain, err := source.Tensor("layers.1.norm2.weight")
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range slices.Repeat(gain.Floats(), 2) {
		if back := float64(in[i]) * float64(scale[i/testDim]) / float64(g); math.Abs(back-float64(mid[i])) > 5e-7*math.Abs(back) {
			t.Errorf("value %d: want %v, have %v", i, mid[i], back)
		}
	}
}

func TestRunStops(t *testing.T) {
	m := machine(t, small(checkpoint().open(t)), []Point{{MLPIn, 0}, {MLPIn, 2}}, nil)
	batch := Pack([][]int32{tokens(4)}, nil)
	broken := errors.New("disk full")
	if err := m.Run(t.Context(), batch, func(Point, Rows) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("want the sink's error, have %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := m.Run(ctx, batch, func(Point, Rows) error { seen++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || seen != 1 {
		t.Errorf("want a stop at the first point, have %d points and %v", seen, err)
	}
	if err := m.Run(t.Context(), batch, func(Point, Rows) error { panic("boom") }); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("want the panic as an error, have %v", err)
	}
	if err := m.Run(t.Context(), batch, nil); err != nil {
		t.Errorf("after errors: %v", err)
	}
}

func TestBuildReportsEveryFault(t *testing.T) {
	ts := checkpoint()
	delete(ts, "layers.1.norm2.weight")
	ts["layers.2.mlp.up_proj.weight"] = []int{testDim, testHidden}
	ts["layers.0.rotary.inv_freq"] = []int{4}
	g := small(ts.open(t))
	text := g.Err().Error()
	for _, want := range []string{"layers.1.norm2.weight", "layers.2.mlp.up_proj.weight"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %s named, have %s", want, text)
		}
	}
	if _, err := g.Machine(MachineOptions{Points: []Point{{Site: Logits}}}); err == nil {
		t.Error("a machine of a faulty graph: want an error")
	}
	if u := g.Unused(); !slices.Equal(u, []string{"layers.0.rotary.inv_freq"}) {
		t.Errorf("want the one unused tensor, have %v", u)
	}
}

func TestBatchIsChecked(t *testing.T) {
	m := machine(t, small(checkpoint().open(t)), []Point{{MLPIn, 0}}, nil)
	for name, c := range map[string]struct {
		batch *Batch
		want  string
	}{
		"empty":             {&Batch{Cu: []int32{0}}, "no tokens"},
		"negative id":       {Pack([][]int32{{1, -1}}, nil), "want an id in [0, 50)"},
		"id past the end":   {Pack([][]int32{{50}}, nil), "have 50"},
		"too long":          {Pack([][]int32{tokens(257)}, nil), "at most 256 tokens of context"},
		"empty prompt":      {Pack([][]int32{{1}, {}}, nil), "segment 1: want at least one token"},
		"wrong position":    {&Batch{IDs: []int32{1, 2}, Pos: []int32{0, 2}, Cu: []int32{0, 2}}, "token 1: want position 1"},
		"wrong bounds":      {&Batch{IDs: []int32{1, 2}, Pos: []int32{0, 1}, Cu: []int32{0, 3}}, "segment bounds"},
		"later parent":      {&Batch{IDs: []int32{1, 2}, Pos: []int32{0, 1}, Cu: []int32{0, 1, 2}, Parent: []int32{-1, 1}}, "want an earlier parent"},
		"unordered rows":    {&Batch{IDs: []int32{1, 2}, Pos: []int32{0, 1}, Cu: []int32{0, 2}, Sel: []int32{1, 0}}, "selected row 1"},
		"row past the end":  {Pack([][]int32{{1}}, [][]int32{{1}}), "selected row 0"},
		"missing positions": {&Batch{IDs: []int32{1, 2}, Cu: []int32{0, 2}}, "want a position for each"},
	} {
		if err := m.Run(t.Context(), c.batch, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
	}
}

// TestClosedMachineIsFreed: a finalizer in Gorgonia's machine would hold it, with
// all its arenas, for ever.
func TestClosedMachineIsFreed(t *testing.T) {
	freed := make(chan struct{})
	func() {
		m, err := small(checkpoint().open(t)).Machine(MachineOptions{Points: []Point{{MLPIn, 2}}, Threads: 2, Vocab: testVocab, Context: 256})
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(m, func(c chan struct{}) { close(c) }, freed)
		if err := errors.Join(m.Run(t.Context(), Pack([][]int32{tokens(5)}, nil), nil), m.Close()); err != nil {
			t.Fatal(err)
		}
	}()
	for range 100 {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("a closed machine is still in memory after 100 collections")
}
