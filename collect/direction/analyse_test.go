package direction

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/weights"
)

// few keeps tests quick.
var few = Options{Bootstrap: 200, Nulls: 40}

func analyse(t *testing.T, s Source, o Options) *Report {
	t.Helper()
	r, err := Analyse(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVerdicts: a signal is supported where it is, and nothing where it is not.
func TestVerdicts(t *testing.T) {
	r := analyse(t, newSynthetic(), few)
	for _, l := range r.Layers {
		for _, m := range l.Methods {
			v := m.Verdict.Word
			t.Logf("layer %d %-12s %.3f [%.3f %.3f] %s: %s", l.Layer, m.Method, m.AUROC, m.Low, m.High, v, m.Verdict.Why)
			switch m.Method {
			case Mean, LDA, Logistic, LEACE, PCA:
				if (v == Supported) != (l.Layer == 2) {
					t.Errorf("layer %d, %s: have %q: %s", l.Layer, m.Method, v, m.Verdict.Why)
				}
			}
		}
		if l.Verdict != l.Methods[0].Verdict {
			t.Errorf("layer %d: want the mean difference's verdict, have %v", l.Layer, l.Verdict)
		}
	}
	mean := r.Layers[2].Methods[0]
	if mean.Band == nil || mean.Band.Of != 9 || len(mean.Band.All) != 9 || mean.Band.All[0] != mean.AUROC {
		t.Errorf("band: want the target's own figure among 9, have %+v", mean.Band)
	}
	if len(r.OverLayers) != len(methods) {
		t.Fatalf("null over layers: want one for each method, have %d", len(r.OverLayers))
	}
	over := r.OverLayers[0]
	if len(over.Above) != 1 || over.Above[0] != 2 || !(over.High >= max(mean.Targets.High, mean.Shuffled.High)) {
		t.Errorf("null over layers: want layer 2 alone above it and it above that of a layer, have %+v, %v, %v", over, mean.Targets, mean.Shuffled)
	}
	if r.Tokens != 0.5 || r.Prompt != 1 {
		t.Errorf("tokens: want 0.5 of rows and 1 of prompts, have %v and %v", r.Tokens, r.Prompt)
	}
}

// TestNullJob: a control as the target, its rows dealt anew in every template,
// has no direction at any layer.
func TestNullJob(t *testing.T) {
	s := newSynthetic()
	s.shuffled = true
	o := few
	o.Target = "concept 4"
	for _, l := range analyse(t, s, o).Layers {
		for _, m := range l.Methods {
			t.Logf("layer %d %-12s %s: %s", l.Layer, m.Method, m.Verdict.Word, m.Verdict.Why)
			if m.Verdict.Word == Supported {
				t.Errorf("layer %d, %s: want unsupported, have %s: %s", l.Layer, m.Method, m.Verdict.Word, m.Verdict.Why)
			}
		}
		if l.Verdict.Word != Unsupported {
			t.Errorf("layer %d: want %s, have %v", l.Layer, Unsupported, l.Verdict)
		}
	}
}

// report as JSON with the directions.
func dump(t *testing.T, r *Report) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Layers {
		for _, m := range l.Methods {
			d, err := json.Marshal(m.Direction)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, d...)
		}
	}
	return string(text)
}

// TestSame: neither the number of processors, nor whether rows are kept, nor
// which other layers are done changes a bit.
func TestSame(t *testing.T) {
	s := newSynthetic()
	want := dump(t, analyse(t, s, few))
	before := runtime.GOMAXPROCS(4)
	have := dump(t, analyse(t, s, few))
	runtime.GOMAXPROCS(1)
	one := dump(t, analyse(t, s, few))
	runtime.GOMAXPROCS(before)
	if have != want || one != want {
		t.Error("another number of processors: other figures")
	}
	kept := cacheValues
	cacheValues = 0
	defer func() { cacheValues = kept }()
	if dump(t, analyse(t, s, few)) != want {
		t.Error("rows read anew for every pass: other figures")
	}
	cacheValues = kept
	o := few
	o.Layers = []int{2}
	alone := analyse(t, s, o)
	if len(alone.Layers) != 1 || alone.Layers[0].Methods[0].Start != analyse(t, s, few).Layers[2].Methods[0].Start {
		t.Error("one layer alone: want it measured against layer 0 all the same")
	}
	o = few
	o.Seed = 2
	if dump(t, analyse(t, s, o)) == want {
		t.Error("another seed: want other draws")
	}
}

// TestSmall: what cannot be computed is said, with the reason.
func TestSmall(t *testing.T) {
	for _, c := range []struct {
		name      string
		change    func(*synthetic)
		want      string // among what is not computed
		tested    bool
		direction bool
	}{
		{"five templates", func(s *synthetic) { s.templates = 5 }, "a narrow interval: its clusters are 5 templates", true, true},
		{"three templates", func(s *synthetic) { s.templates = 3 }, "a fold of one template", true, true},
		{"one template", func(s *synthetic) { s.templates = 1 }, "want at least 2 templates", false, true},
		{"one control", func(s *synthetic) { s.concepts = 2 }, "want at least 2 controls", false, true},
		{"no layer 0", func(s *synthetic) { s.layers = []int{1, 2} }, "layer 0 as a baseline", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSynthetic()
			c.change(s)
			r := analyse(t, s, few)
			if all := strings.Join(r.Missing, "\n"); !strings.Contains(all, c.want) || !strings.Contains(all, "descriptions") {
				t.Errorf("not computed: want %q, have %q", c.want, all)
			}
			m := r.Layers[len(r.Layers)-1].Methods[0]
			if (m.Verdict.Word != NotTested) != c.tested || (m.Direction != nil) != c.direction {
				t.Errorf("tested: want %v, have %v; direction of %d values", c.tested, m.Verdict, len(m.Direction))
			}
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTarget: another target is the same as that target's turn in the band.
func TestTarget(t *testing.T) {
	o := few
	band := analyse(t, newSynthetic(), o).Layers[2].Methods[0].Band
	o.Target = "concept 3"
	m := analyse(t, newSynthetic(), o).Layers[2].Methods[0]
	if math.Abs(float64(m.AUROC-band.All[3])) > 1e-12 {
		t.Errorf("concept 3: want %v as in the band, have %v", band.All[3], m.AUROC)
	}
}

// TestFolds: folds that are given, no control held out; and methods without
// nulls of their own.
func TestFolds(t *testing.T) {
	o := few
	o.FoldOf = map[string]int{}
	for i, name := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		o.FoldOf["{concept} "+name] = i % 3
	}
	o.Groups, o.Methods = 1, []string{Logistic, PCACentred}
	r := analyse(t, newSynthetic(), o)
	m := r.Layers[2].Methods[0]
	if r.Folds != 3 || m.NullMethod != Mean || m.Verdict.Word != Supported || !strings.Contains(strings.Join(r.Missing, "\n"), "controls held out") {
		t.Errorf("want 3 folds and a supported direction, have %d, %+v, %v", r.Folds, m.Verdict, r.Missing)
	}
}

func TestLevel(t *testing.T) {
	o := few
	o.Level = Questions
	r := analyse(t, newSynthetic(), o)
	if r.Rows != 90 || r.Layers[2].Verdict.Word != Supported {
		t.Errorf("want 90 mean rows and a supported direction, have %d and %v", r.Rows, r.Layers[2].Verdict)
	}
}

// broken is a source whose rows are wrong.
type broken struct {
	*synthetic
	rows func([]float32) ([]float32, error)
}

func (b broken) Rows(i int, site string, layer int, dst []float32) ([]float32, error) {
	x, err := b.synthetic.Rows(i, site, layer, dst)
	if err == nil && i == 7 {
		return b.rows(x)
	}
	return x, err
}

func TestErrors(t *testing.T) {
	s := newSynthetic()
	for _, c := range []struct {
		name string
		src  Source
		o    Options
		want string
	}{
		{"target", s, Options{Target: "Atlantis"}, `target: want one of ["concept 0"`},
		{"method", s, Options{Methods: []string{"svm"}}, "method: want some of mean, lda"},
		{"site", s, Options{Sites: []string{"mlp_out"}}, "site: want some of [mlp_in]"},
		{"layer", s, Options{Layers: []int{7}}, "layer: want some of [0 1 2], have 7"},
		{"level", s, Options{Level: "tokens"}, "level: want rows or questions"},
		{"folds", s, Options{Folds: 1}, "folds: want at least 2"},
		{"groups", s, Options{Groups: -1}, "control groups: want at least 1"},
		{"fold of a template", s, Options{FoldOf: map[string]int{"{concept} 0": 0}}, `fold of template "{concept} 1"`},
		{"draws", s, Options{Nulls: -1}, "draws: want at least 1"},
		{"no control", &synthetic{concepts: 1, templates: 3, rows: 1, dim: 4, layers: []int{0}}, Options{}, "controls: want questions about"},
		{"short", broken{s, func(x []float32) ([]float32, error) { return x[1:], nil }}, few, "question 7, mlp_in.0: want 144 values, have 143"},
		{"infinite", broken{s, func(x []float32) ([]float32, error) { x[60] = float32(math.Inf(1)); return x, nil }}, few, "question 7, mlp_in.0: row 1: want finite values"},
		{"unreadable", broken{s, func([]float32) ([]float32, error) { return nil, dataset.ErrCorrupt }}, few, "corrupt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Analyse(t.Context(), c.src, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Analyse(ctx, s, few); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: have %v", err)
	}
}

func TestWrite(t *testing.T) {
	o := few
	o.Layers, o.Methods = []int{1, 2}, []string{LDA, Mean}
	r := analyse(t, newSynthetic(), o)
	r.Digest = "digest"
	path := filepath.Join(t.TempDir(), "d.safetensors")
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"mean.mlp_in.1", "lda.mlp_in.1", "mean.mlp_in.2", "lda.mlp_in.2", "control_mean.mlp_in.1"} {
		x, err := f.Tensor(name, 48)
		if err != nil {
			t.Fatal(err)
		}
		square := 0.0
		for _, v := range x.Floats() {
			square += float64(v) * float64(v)
		}
		if strings.HasPrefix(name, LDA) && math.Abs(square-1) > 1e-6 {
			t.Errorf("%s: want length 1, have its square %v", name, square)
		}
	}
}
