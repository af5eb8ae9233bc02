package layers

import (
	"context"
	"errors"
	"testing"

	"premlp/layers/internal/kernel"
)

// profiled runs the small model on a batch and returns the machine and the record.
func profiled(t *testing.T, b *Batch, sink Sink) (*Machine, ProfiledRun) {
	t.Helper()
	m := machine(t, small(checkpoint().open(t)), []Point{{Site: MLPIn, Layer: 1}, {Site: Logits}}, nil)
	p := NewProfile()
	m.Profile(p)
	if err := m.Run(t.Context(), b, sink); err != nil {
		t.Fatal(err)
	}
	if len(p.Runs()) != 1 {
		t.Fatalf("want 1 run, have %d", len(p.Runs()))
	}
	return m, p.Runs()[0]
}

func TestProfileRecordsEveryOp(t *testing.T) {
	m, run := profiled(t, Pack([][]int32{tokens(6)}, [][]int32{{5}}), func(Point, Rows) error { return nil })
	if run.Tokens != 6 || run.Selected != 1 || len(run.Ops) != len(m.order) {
		t.Fatalf("want 6 tokens, 1 selected, %d ops, have %d, %d, %d", len(m.order), run.Tokens, run.Selected, len(run.Ops))
	}
	at := run.Start
	for i, o := range run.Ops {
		if o.Op != m.order[i] || o.Start < at || o.Time < 0 || o.Start+o.Time > run.Start+run.Time {
			t.Errorf("op %d, %s: have %+v behind %v", i, o.Op, o, at)
		}
		at = o.Start + o.Time
		if handed := len(m.taps[o.Op]) > 0; handed && o.Sink == 0 {
			t.Errorf("%s: want the time of its sink", o.Op)
		}
		if computes := o.By == o.Op; computes != (o.Cost.Written > 0) {
			t.Errorf("%s, computed by %s: have %+v", o.Op, o.By, o.Cost)
		}
	}
}

// TestProfileCost holds counts that were made by hand.
func TestProfileCost(t *testing.T) {
	_, run := profiled(t, Pack([][]int32{tokens(6)}, [][]int32{{5}}), nil)
	want := map[string]Cost{
		// Rows of 12 float32 in and out.
		"embed": {0, 6 * 48, 6 * 48},
		// 4 operations a value; a scale is written for each row.
		"layers.0.norm1": {4 * 6 * 12, 6 * 48, 6*48 + 6*4},
		// 12 queries, 4 keys and 4 values of 12 inputs, for 6 rows, packed as 12 rows of
		// panels of 32 columns each.
		"layers.0.attn.q_proj": {2 * 6 * 12 * 20, 6*48 + 3*12*32*4, 6 * 20 * 4},
		"layers.0.attn.k_proj": {},
		// 21 pairs of query and key, 3 heads of 4 values: 8 + 8 + 4 operations a pair, a
		// quotient a value.
		"layers.0.attn.attn":  {21*3*20 + 6*12, 6*48 + 6*2*16, 6 * 48},
		"layers.0.add1":       {6 * 12, 2 * 6 * 48, 6 * 48},
		"layers.0.mlp.act_fn": {4 * 6 * 20, 2 * 6 * 80, 6 * 80},
		// Of the selected row alone.
		"select": {0, 48, 48},
		"norm":   {4 * 12, 48, 48 + 4},
		"head":   {2 * 12 * 50, 48 + 12*64*4, 50 * 4},
	}
	for _, o := range run.Ops {
		if w, ok := want[o.Op.key]; ok {
			delete(want, o.Op.key)
			if o.Cost != w {
				t.Errorf("%s: want %+v, have %+v", o.Op.key, w, o.Cost)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no such ops: %v", want)
	}
}

func TestAttentionCostOfWindowsAndSegments(t *testing.T) {
	b := &Batch{segments: []kernel.Segment{{From: 0, To: 4}, {From: 4, To: 6, First: 4}}}
	c := &Call{Batch: b, In: []Mat{{Rows: 6, Cols: 2}}, Out: Mat{Rows: 6, Cols: 2}}
	shape := kernel.AttentionShape{Heads: 1, KVHeads: 1, Width: 2, Window: 3}
	// Queries at 0 to 3 see 1, 2, 3, 3 keys of 4; those at 4 and 5 see 3 each, of 4.
	if want, have := (Cost{15*12 + 12, 48 + 8*16, 48}), c.attention(shape); have != want {
		t.Errorf("window of 3: want %+v, have %+v", want, have)
	}
	shape.Window = 0
	if want, have := (Cost{21*12 + 12, 48 + 10*16, 48}), c.attention(shape); have != want {
		t.Errorf("no window: want %+v, have %+v", want, have)
	}
}

func TestProfileForgetsFailedRuns(t *testing.T) {
	m := machine(t, small(checkpoint().open(t)), []Point{{Site: MLPIn, Layer: 1}}, nil)
	p := NewProfile()
	m.Profile(p)
	broken := errors.New("broken")
	b := Pack([][]int32{tokens(3)}, nil)
	if err := m.Run(t.Context(), b, func(Point, Rows) error { return broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if len(p.Runs()) != 0 {
		t.Errorf("failed: want no run, have %d", len(p.Runs()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx, b, nil); err == nil {
		t.Fatal("cancelled: want an error")
	}
	for range 2 {
		if err := m.Run(t.Context(), b, nil); err != nil {
			t.Fatal(err)
		}
	}
	m.Profile(nil)
	if err := m.Run(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	if len(p.Runs()) != 2 {
		t.Errorf("want 2 runs, have %d", len(p.Runs()))
	}
}

func TestOpNames(t *testing.T) {
	for _, c := range []struct {
		key         string
		layer       int
		block, name string
	}{
		{"model.layers.3.mlp.up_proj", 3, "model.layers.3", "mlp.up_proj"},
		{"h.0.ln_1", 0, "h.0", "ln_1"},
		{"lm_head", 0, "", "lm_head"},
		{"model.norm", 0, "", "model.norm"},
	} {
		o := &Op{key: c.key, layer: c.layer}
		if o.Block() != c.block || o.Name() != c.name {
			t.Errorf("%s: want %q and %q, have %q and %q", c.key, c.block, c.name, o.Block(), o.Name())
		}
	}
}
