package bench

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"premlp/model"
)

// profileTiny profiles the tiny model.
func profileTiny(t *testing.T, o ProfileOptions) *ProfileReport {
	t.Helper()
	m, err := model.Open(tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	o.Threads, o.Machine = 2, quick
	r, err := Profile(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestProfileSums: ops, kinds and modules are the same work, and nothing of a pass
// is left over.
func TestProfileSums(t *testing.T) {
	r := profileTiny(t, ProfileOptions{Prompts: MadeUp(2, 5, 50), Runs: 3, Logits: true})
	if r.Tokens != 10 || r.Passes.With.Runs != 3 || r.Passes.Without.Runs != 3 || len(r.Ops) == 0 {
		t.Fatalf("have %+v", r)
	}
	for name, rows := range map[string][]ProfileRow{"ops": r.Ops, "kinds": r.Kinds, "modules": r.Modules} {
		sum := ProfileRow{}
		seconds := make([]float64, 3)
		for _, row := range rows {
			sum.Count, sum.Flop, sum.Read, sum.Written = sum.Count+row.Count, sum.Flop+row.Flop, sum.Read+row.Read, sum.Written+row.Written
			if row.Times.Runs != 3 {
				t.Fatalf("%s: %s: want 3 runs, have %+v", name, row.Name, row.Times)
			}
			for i, s := range row.Times.Samples {
				seconds[i] += s
			}
		}
		total := r.Total
		if sum.Count != total.Count || sum.Flop != total.Flop || sum.Read != total.Read || sum.Written != total.Written {
			t.Errorf("%s: want %+v, have %+v", name, total, sum)
		}
		for i, s := range seconds {
			if math.Abs(s-total.Times.Samples[i]) > 1e-12 {
				t.Errorf("%s: run %d: want %v s, have %v", name, i, total.Times.Samples[i], s)
			}
			pass := s + r.Sink.Times.Samples[i] + r.Graph.Times.Samples[i]
			if r.Graph.Times.Samples[i] < 0 || pass > r.Passes.With.Samples[i] {
				t.Errorf("run %d: ops, rows and graph take %v s of a pass of %v", i, pass, r.Passes.With.Samples[i])
			}
		}
	}
	if r.Ops[2].Name != "model.layers.0.self_attn.q_proj" || strings.Join(r.Ops[2].With, " ") != "k_proj v_proj" || r.Ops[2].Count != 1 {
		t.Errorf("want the three projections in one row, have %+v", r.Ops[2])
	}
	var text bytes.Buffer
	r.Print(&text)
	r.PrintOps(&text)
	for _, want := range []string{"10 tokens in 2 prompts", "model.layers.*.mlp.gate_proj + up_proj", "the graph", "model.layers.1.mlp.down_proj"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("want %q in %s", want, text.String())
		}
	}
}

func TestProfileOfSites(t *testing.T) {
	r := profileTiny(t, ProfileOptions{
		Prompts: MadeUp(1, 5, 50), Runs: 1, Points: []model.Point{{Site: "mlp_in", Layer: 0}, {Site: "mlp_in", Layer: 1}},
	})
	last := r.Ops[len(r.Ops)-1]
	if last.Name != "model.layers.1.post_attention_layernorm" || r.Sink.Times.Best <= 0 || r.Points != 2 {
		t.Errorf("have %s, %+v", last.Name, r.Sink)
	}
}

// TestTrace: intervals of one thread lie within one another or apart.
func TestTrace(t *testing.T) {
	r := profileTiny(t, ProfileOptions{Prompts: MadeUp(1, 5, 50), Runs: 2, Logits: true})
	data, err := r.Trace()
	if err != nil {
		t.Fatal(err)
	}
	var trace struct {
		Events []struct {
			Name, Cat, Ph string
			Ts, Dur       float64
			Args          map[string]any
		} `json:"traceEvents"`
	}
	if err := json.Unmarshal(data, &trace); err != nil {
		t.Fatal(err)
	}
	var open []float64 // where the intervals end that hold this one
	found := map[string]int{}
	at := 0.0
	for _, e := range trace.Events {
		found[e.Cat]++
		if e.Ph != "X" {
			continue
		}
		const half = 5e-4 // of a nanosecond, in microseconds
		for len(open) > 0 && open[len(open)-1] <= e.Ts+half {
			open = open[:len(open)-1]
		}
		if len(open) > 0 && e.Ts+e.Dur > open[len(open)-1]+half || e.Ts < at {
			t.Errorf("%s: from %v, %v long, within an interval to %v, behind %v", e.Name, e.Ts, e.Dur, open, at)
		}
		open, at = append(open, e.Ts+e.Dur), e.Ts
	}
	c := len(r.Ops)
	blocks := r.Model.Layers
	if found["pass"] != 2 || found["block"] != 2*blocks || found[""] != 2 || len(trace.Events) < 2*(c+blocks+1) {
		t.Errorf("want 2 passes of %d blocks and %d ops, have %v", blocks, c, found)
	}
}
