package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"premlp/layers"
	"premlp/model"
)

// quick measures the machine as shortly as can be.
var quick = MachineOptions{Threads: 2, Runs: 1, ReadBytes: 1 << 20}

// tiny is a small checkpoint.
const tiny = "../model/testdata/arch/llama"

// keysOf returns the top-level keys of a value's JSON.
func keysOf(t *testing.T, v any) map[string]json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}

// wantKeys fails where one of the keys is missing.
func wantKeys(t *testing.T, v any, keys ...string) {
	t.Helper()
	have := keysOf(t, v)
	for _, k := range keys {
		if _, ok := have[k]; !ok {
			t.Errorf("%T: want the key %s, have %v", v, k, have)
		}
	}
}

func TestDescribeMachine(t *testing.T) {
	m, err := DescribeMachine(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, m, "cpu", "cores", "features", "go", "kernel", "arithmetic", "peak_loop", "fma_peak_gflops", "dram_read_gb_per_s")
	if len(m.Read) != 2 || m.Read[0].Threads != 1 || m.Read[1].Threads != 2 || m.Read[1].Best <= 0 {
		t.Errorf("reads with 1 and 2 threads: have %+v", m.Read)
	}
	if measured := len(m.Peak) == 2 && m.Peak[0].Best > 0; measured != (m.PeakLoop != "") {
		t.Errorf("peak by %q: have %+v", m.PeakLoop, m.Peak)
	}
	var text bytes.Buffer
	m.Print(&text)
	if want := map[bool]string{true: "unmeasured", false: "GFLOP/s"}[m.PeakLoop == ""]; !strings.Contains(text.String(), want) {
		t.Errorf("want %q in %s", want, text.String())
	}
}

func TestParseShape(t *testing.T) {
	if s, err := ParseShape("1, 2,3"); err != nil || s != (Shape{1, 2, 3}) || s.String() != "1,2,3" || s.flop() != 12 {
		t.Errorf("have %v, %v", s, err)
	}
	for _, text := range []string{"", "1,2", "1,2,3,4", "1,x,3", "0,1,1", "1,-2,3"} {
		if _, err := ParseShape(text); err == nil || !strings.Contains(err.Error(), "want m,k,n") {
			t.Errorf("%q: have %v", text, err)
		}
	}
}

func TestKernels(t *testing.T) {
	var rows []string
	r, err := Kernels(t.Context(), KernelOptions{
		Shapes: []Shape{{3, 32, 40}}, Cold: []Shape{{1, 32, 32}}, Formats: layers.WeightFormats(), Threads: 2, Runs: 2,
		ColdBytes: 10000, Machine: quick, Progress: func(row string, _, _ int) { rows = append(rows, row) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 2*len(layers.WeightFormats()) || len(rows) != 3*len(r.Rows) || rows[0] != "3,32,40 f32 hot" {
		t.Fatalf("have %+v, told %v", r.Rows, rows)
	}
	hot, cold := r.Rows[0], r.Rows[1]
	if hot.Cold || hot.Matrices != 1 || hot.Products < 2 || hot.Rate != nil || hot.GFLOPS.Best < hot.GFLOPS.Median {
		t.Errorf("hot: have %+v", hot)
	}
	if !cold.Cold || cold.Matrices != 3 || cold.Products != 3 || cold.ReadShare == nil {
		t.Errorf("cold: want 3 matrices of 4096 bytes, have %+v", cold)
	}
	if measured := hot.Share != nil; measured != (r.Machine.PeakLoop != "") {
		t.Errorf("share of the peak: have %+v", hot.Share)
	}
	wantKeys(t, cold, "m", "k", "n", "format", "cold", "times", "gflops", "gb_per_s", "share_of_read")
	var text bytes.Buffer
	r.Print(&text)
	if !strings.Contains(text.String(), "cold, 3 matrices") {
		t.Errorf("have %s", text.String())
	}
	if _, err := Kernels(t.Context(), KernelOptions{Shapes: HotShapes[:1], Formats: []string{"f8"}, Runs: 1, Machine: quick}); err == nil {
		t.Error("format f8: want an error")
	}
}

func TestForward(t *testing.T) {
	m, err := model.Open(tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, sites := range [][]model.Site{nil, {"mlp_in"}, {"resid_pre", "mlp_out"}} {
		r, err := Forward(t.Context(), m, ForwardOptions{Lengths: []int{1, 7}, Prompts: []int{3}, Threads: 2, Runs: 2, Sites: sites, Machine: quick})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Rows) != 2 || r.Rows[1].Times.Runs != 2 || r.Rows[1].TokensPerSecond.Best <= 0 || r.FlopPerToken <= 0 {
			t.Errorf("sites %q: have %+v", sites, r)
		}
		if c := r.Rows[0].Capture; (c == nil) != (sites == nil) || c != nil && (c.With.Runs != 2 || c.Without.Runs != 2 || c.Median <= -1) {
			t.Errorf("sites %q: capture: have %+v", sites, c)
		}
		wantKeys(t, r, "machine", "model", "threads", "flop_per_token", "rows")
		var text bytes.Buffer
		r.Print(&text)
		if !strings.Contains(text.String(), "tokens/s") {
			t.Errorf("have %s", text.String())
		}
	}
	if _, err := Forward(t.Context(), m, ForwardOptions{Lengths: []int{0}, Prompts: []int{1}, Runs: 1, Machine: quick}); err == nil {
		t.Error("no token: want an error")
	}
	if _, err := NewPrefill(m, []model.Site{"mlp_mid"}, 1, false); err == nil {
		t.Error("no such site: want an error")
	}
}

// A pass through all blocks multiplies with every matrix of them; one up to the
// last mlp_in leaves out that layer's MLP.
func TestPrefillCountsProducts(t *testing.T) {
	m, err := model.Open(tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	c := m.Config()
	flop := func(sites ...model.Site) int64 {
		p, err := NewPrefill(m, sites, 1, false)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		return p.session.ProductFlop()
	}
	mlp := int64(2 * 3 * c.Dim * c.Hidden)
	attention := int64(2 * (2*c.Dim*c.Heads*c.HeadDim + 2*c.Dim*c.KVHeads*c.HeadDim))
	if want, have := int64(c.Layers)*(mlp+attention), flop(); want != have {
		t.Errorf("all blocks: want %d, have %d", want, have)
	}
	if want, have := int64(c.Layers)*(mlp+attention)-mlp, flop("mlp_in"); want != have {
		t.Errorf("up to the last mlp_in: want %d, have %d", want, have)
	}
}

// What a pass with sites copies is their rows; a plain one copies none.
func TestPrefillCopiesRows(t *testing.T) {
	m, err := model.Open(tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := NewPrefill(m, []model.Site{"mlp_in", "mlp_out"}, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.RunPlain(t.Context(), 2, 3); err != nil || len(p.rows) != 0 {
		t.Errorf("plain: have %d values, %v", len(p.rows), err)
	}
	c := m.Config()
	if err := p.Run(t.Context(), 2, 3); err != nil || len(p.rows) != 2*c.Layers*2*3*c.Dim {
		t.Errorf("want rows of 2 sites, %d layers, 6 tokens, have %d values, %v", c.Layers, len(p.rows), err)
	}
}

func TestLoad(t *testing.T) {
	calls := 0
	r, err := Load(t.Context(), 2, nil, func(ctx context.Context) (LoadRun, error) {
		calls++
		return LoadOnce(ctx, tiny, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls != 3 || r.FirstRow.Runs != 2 || r.FirstRow.Best < r.Session.Best || r.Session.Best < r.Open.Best || r.PackedBytes <= 0 {
		t.Errorf("%d calls: have %+v", calls, r)
	}
	wantKeys(t, r, "open", "session", "first_row", "packed_bytes", "memory")
	broken := errors.New("broken")
	if _, err := Load(t.Context(), 1, nil, func(context.Context) (LoadRun, error) { return LoadRun{}, broken }); !errors.Is(err, broken) {
		t.Errorf("want the run's error, have %v", err)
	}
	if _, err := LoadOnce(t.Context(), "nosuch.gguf", 1); err == nil {
		t.Error("no file: want an error")
	}
}

func TestKilobytes(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "x": 0, "32": 32768} {
		if have := kilobytes(text); have != want {
			t.Errorf("%q: want %d, have %d", text, want, have)
		}
	}
	if fieldOf("/nosuch", "x") != "" {
		t.Error("no file: want nothing")
	}
}
