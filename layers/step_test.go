package layers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// walker returns a machine whose values all stay, and a batch for it.
func walker(t *testing.T, keepAll bool) (*Machine, *Batch) {
	t.Helper()
	m, err := small(checkpoint().open(t)).Machine(MachineOptions{
		Points: []Point{{Site: Logits}}, Threads: 2, Vocab: testVocab, Context: 256, KeepAll: keepAll,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, Pack([][]int32{tokens(7), tokens(3)}, nil)
}

// always pauses behind every op.
func always(*Op, Mat) bool { return true }

// whole returns the logits of a run in one go.
func whole(t *testing.T, m *Machine, b *Batch) []float32 {
	t.Helper()
	got := map[Point][]float32{}
	if err := m.Run(t.Context(), b, collect(got)); err != nil {
		t.Fatal(err)
	}
	return got[Point{Site: Logits}]
}

// A run stepped op by op pauses behind each once, in order, and has the bits of a
// run in one go.
func TestSteppedRun(t *testing.T) {
	for _, keepAll := range []bool{false, true} {
		m, b := walker(t, keepAll)
		want := whole(t, m, b)
		for range 2 { // a second run on the same machine
			if err := m.Begin(b); err != nil {
				t.Fatal(err)
			}
			var last Mat
			for i, due := range m.Ops() {
				o, err := m.Continue(t.Context(), always)
				if err != nil || o != due || m.Done() != i+1 {
					t.Fatalf("stop %d: want %v, have %v, %v", i, due, o, err)
				}
				if last, err = m.ValueOf(o); err != nil {
					t.Fatal(err)
				}
			}
			if o, err := m.Continue(t.Context(), always); o != nil || err != nil {
				t.Fatalf("at the end: have %v, %v", o, err)
			}
			if !slices.Equal(last.Data, want) {
				t.Errorf("keep all %v: the logits differ from those of a run in one go", keepAll)
			}
		}
	}
}

// A run pauses where it is told to and nowhere else, can be cancelled and goes on.
func TestContinue(t *testing.T) {
	m, b := walker(t, true)
	want := whole(t, m, b)
	if err := m.Begin(b); err != nil {
		t.Fatal(err)
	}
	o, err := m.Continue(t.Context(), func(o *Op, v Mat) bool { return o.Kind() == "attention" && v.Rows == 10 })
	if err != nil || o == nil || o.Kind() != "attention" || o.Layer() != 0 {
		t.Fatalf("want the first attention, have %v, %v", o, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Continue(ended, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("want it cancelled, have %v", err)
	}
	if o, err := m.Continue(t.Context(), nil); o != nil || err != nil {
		t.Fatalf("want the end, have %v, %v", o, err)
	}
	ops := m.Ops()
	if v, err := m.ValueOf(ops[len(ops)-1]); err != nil || !slices.Equal(v.Data, want) {
		t.Errorf("want the logits of a run in one go, have others, %v", err)
	}
	if v, err := m.ValueOf(ops[0]); err != nil || v.Rows != 10 {
		t.Errorf("want the first value kept, have %v, %v", v.Rows, err)
	}
}

// A patch gives the bits of a run with the edit built in.
func TestPatch(t *testing.T) {
	m, b := walker(t, true)
	vector := make([]float32, testDim)
	for i := range vector {
		vector[i] = float32(i) / 8
	}
	at, rows, change := Point{ResidMid, 1}, []int32{2, 9}, Add{vector}
	edited := *b
	edited.Edits = []Edit{{At: at, Rows: rows, Change: change}}
	plain, want := whole(t, m, b), whole(t, m, &edited)
	if slices.Equal(plain, want) {
		t.Fatal("the edit changes nothing")
	}
	if err := m.Begin(b); err != nil {
		t.Fatal(err)
	}
	o, err := m.Continue(t.Context(), func(o *Op, _ Mat) bool { return slices.Contains(m.PointsOf(o), at) })
	if err != nil || o == nil {
		t.Fatal(o, err)
	}
	before := m.Ops()[m.Done()-2]
	for _, c := range []struct {
		o      *Op
		rows   []int32
		change Change
		want   string
	}{
		{o, []int32{9, 2}, change, "ascending rows"},
		{o, []int32{10}, change, "ascending rows"},
		{o, rows, Add{vector[1:]}, "want 12 values, have 11"},
		{o, rows, nil, "want a change"},
		{before, rows, change, "has read it"},
		{m.Ops()[m.Done()], rows, change, "not computed yet"},
	} {
		if err := m.Patch(c.o, c.rows, c.change); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v: want %q, have %v", c.o, c.rows, c.want, err)
		}
	}
	if err := m.Patch(o, rows, change); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Continue(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	ops := m.Ops()
	if v, err := m.ValueOf(ops[len(ops)-1]); err != nil || !slices.Equal(v.Data, want) {
		t.Errorf("want the bits of a run with the edit built in, have others, %v", err)
	}
}

// Values that other ops' values took the place of are not handed out.
func TestValuesOfPlainMachine(t *testing.T) {
	m, b := walker(t, false)
	if _, err := m.Continue(t.Context(), always); err == nil {
		t.Error("want an error where no run was begun")
	}
	if err := m.Begin(b); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := m.Continue(t.Context(), always); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.ValueOf(m.Ops()[2]); err != nil {
		t.Error(err)
	}
	if _, err := m.ValueOf(m.Ops()[1]); err == nil || !strings.Contains(err.Error(), "was not kept") {
		t.Errorf("want it refused, have %v", err)
	}
}
