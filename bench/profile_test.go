package bench

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"premlp/layers"
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
			if whole := r.runs[i].Time.Seconds(); r.Graph.Times.Samples[i] < 0 || math.Abs(pass-whole) > 1e-9 || whole > r.Passes.With.Samples[i] {
				t.Errorf("run %d: ops, rows and graph take %v s of %v, in a pass of %v", i, pass, whole, r.Passes.With.Samples[i])
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

// TestTrace: intervals lie within one another or apart, to the bit.
func TestTrace(t *testing.T) {
	r := profileTiny(t, ProfileOptions{Prompts: MadeUp(1, 5, 50), Runs: 2, Points: []model.Point{{Site: "mlp_in", Layer: 0}, {Site: "mlp_out", Layer: 1}}})
	data, err := r.Trace()
	if err != nil {
		t.Fatal(err)
	}
	type event struct {
		Name, Cat, Ph string
		Ts, Dur       float64
	}
	var trace struct {
		Events []event `json:"traceEvents"`
	}
	if err := json.Unmarshal(data, &trace); err != nil {
		t.Fatal(err)
	}
	var open []event // that hold the one that comes
	found, at := map[string]int{}, 0.0
	within := map[string]string{"pass": "", "block": "pass", "sink": "block", "embedding": "pass"}
	for _, e := range trace.Events {
		if e.Ph != "X" {
			continue
		}
		found[e.Cat]++
		for len(open) > 0 && open[len(open)-1].Ts+open[len(open)-1].Dur <= e.Ts {
			open = open[:len(open)-1]
		}
		parent := event{}
		if len(open) > 0 {
			parent = open[len(open)-1]
			if e.Ts+e.Dur > parent.Ts+parent.Dur {
				t.Errorf("%s ends behind %s", e.Name, parent.Name)
			}
		}
		want, ok := within[e.Cat]
		if !ok {
			want = "block"
		}
		if parent.Cat != want {
			t.Errorf("%s: want it within a %q, have %q", e.Name, want, parent.Cat)
		}
		if e.Ts < at {
			t.Errorf("%s at %v, behind %v", e.Name, e.Ts, at)
		}
		if at = e.Ts; e.Dur > 0 {
			open = append(open, e)
		}
	}
	if found["pass"] != 2 || found["block"] != 2*2 || found["sink"] != 2*2 || found["linear"] == 0 {
		t.Errorf("have %v", found)
	}
}

// TestSpansAddUp: start and length add up to the end as every other interval has it.
func TestSpansAddUp(t *testing.T) {
	for i := range 10000 {
		to := time.Duration(123456789 * (i + 1))
		s := span("", "", to/3, to, nil)
		if s.Start+s.Length != microseconds(to) || math.Abs(s.Start+s.Length-float64(to)/1e3) > 0.01 {
			t.Fatalf("to %v: have %v + %v", to, s.Start, s.Length)
		}
	}
}

// TestProfileOnDevice: the ops of a device are the work of the processor's, whichever
// computes which, and one with experts too. No limit of the processor is compared.
func TestProfileOnDevice(t *testing.T) {
	if testing.Short() {
		t.Skip("the emulator takes long under the race detector")
	}
	for _, path := range []string{tiny, "../model/testdata/arch/mixtral"} {
		m, err := model.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		d, err := layers.EmulatedDevice(1 << 26)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var reports [2]*ProfileReport
		for i, device := range []model.Device{nil, d} {
			o := ProfileOptions{Prompts: MadeUp(2, 5, 50), Runs: 2, Points: []model.Point{{Site: "mlp_in", Layer: 0}}, Logits: true, Threads: 1, Machine: quick, Device: device}
			if reports[i], err = Profile(t.Context(), m, o); err != nil {
				t.Fatal(err)
			}
		}
		want, have := reports[0], reports[1]
		if have.Total.Flop != want.Total.Flop || have.Total.Written != want.Total.Written || have.Total.Read == 0 {
			t.Errorf("%s: want the work %+v, have %+v", path, want.Total, have.Total)
		}
		if len(have.runs[0].Ops) != len(want.runs[0].Ops) || have.Sink.Times.Best <= 0 {
			t.Errorf("%s: want %d ops and the time of rows, have %d, %+v", path, len(want.runs[0].Ops), len(have.runs[0].Ops), have.Sink)
		}
		if have.Peak != nil || have.Read != nil || have.Total.ShareOfPeak != nil || have.Total.ShareOfRead != nil || !strings.HasPrefix(have.Device, "emulated") {
			t.Errorf("%s: want no limits of the processor, have %+v", path, have.Total)
		}
		joined := 0
		for _, o := range have.runs[0].Ops {
			if o.By != o.Op {
				joined++
			}
		}
		if joined == 0 {
			t.Errorf("%s: want ops that share a launch", path)
		}
		var text bytes.Buffer
		have.Print(&text)
		if !strings.Contains(text.String(), "waited for behind each op") {
			t.Errorf("%s: have %s", path, text.String())
		}
	}
}
