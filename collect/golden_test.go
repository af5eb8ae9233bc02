package collect

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"premlp/collect/dataset"
	"premlp/weights"
)

// golden is what the reference says of SmolLM2's prompts and of the France job.
type golden struct {
	Prompts []struct {
		Text, Kind string
		Concept    *string
		IDs        []int32
		Offsets    [][2]int `json:"byte_offsets"`
		SpanBytes  [2]int   `json:"span_bytes"`
		SpanTokens [2]int   `json:"span_tokens"`
		After      []int32
	}
	Job struct {
		Target    string
		Controls  []string
		Templates []string
		Questions []struct {
			Concept, Template string
			Tokens            int    `json:"n_tokens"`
			SpanTokens        [2]int `json:"span_tokens"`
			Rows              int
		}
	}
}

// smollm2 opens the real model if it was pulled, else skips.
func smollm2(t *testing.T) *Loaded {
	t.Helper()
	path := os.Getenv("PREMLP_TEST_SMOLLM2")
	if path == "" {
		t.Skip("smollm2-135m is not here: premlp pull smollm2-135m, and set PREMLP_TEST_SMOLLM2 to its path")
	}
	l, err := OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// readGolden reads the reference values.
func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "model", "testdata", "smollm2", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestGoldenPrompts holds ids, byte offsets, the concept's tokens and the
// tokens after it against the reference's, for all 12 prompts.
func TestGoldenPrompts(t *testing.T) {
	l := smollm2(t)
	for i, p := range readGolden(t).Prompts {
		enc, err := l.Tokenizer.Encode(p.Text, false)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(enc.IDs, p.IDs) {
			t.Errorf("prompt %d: ids: want %v, have %v", i, p.IDs, enc.IDs)
		}
		spans := make([][2]int, len(enc.Spans))
		for j, s := range enc.Spans {
			spans[j] = [2]int{s.Start, s.End}
		}
		if !slices.Equal(spans, p.Offsets) {
			t.Errorf("prompt %d: byte offsets: want %v, have %v", i, p.Offsets, spans)
		}
		if p.Concept == nil {
			continue
		}
		s, err := LastOccurrence(p.Text, *p.Concept)
		if err != nil || [2]int{s.Start, s.End} != p.SpanBytes {
			t.Errorf("prompt %d: concept: want bytes %v, have %v, %v", i, p.SpanBytes, s, err)
		}
		first, end, _ := tokensOf(spans, s)
		if [2]int{first, end} != p.SpanTokens {
			t.Errorf("prompt %d: concept: want tokens %v, have [%d, %d)", i, p.SpanTokens, first, end)
		}
		var after []int32
		for j := end; j < len(spans); j++ {
			after = append(after, int32(j))
		}
		if !slices.Equal(after, p.After) {
			t.Errorf("prompt %d: tokens after: want %v, have %v", i, p.After, after)
		}
	}
}

// franceJob is the golden job as this package states it.
func franceJob(g golden, l *Loaded) Job {
	return Job{Target: g.Job.Target, Controls: g.Job.Controls, Templates: SeedTemplates, Chat: l.Chat, Now: time.Unix(0, 0)}
}

func TestGoldenQuestions(t *testing.T) {
	l, g := smollm2(t), readGolden(t)
	questions, err := BuildQuestions(franceJob(g, l), l.Tokenizer)
	if err != nil || len(questions) != len(g.Job.Questions) {
		t.Fatalf("want %d questions, have %d: %v", len(g.Job.Questions), len(questions), err)
	}
	for i, want := range g.Job.Questions {
		q := questions[i]
		if q.Concept != want.Concept || q.Template != want.Template || len(q.IDs) != want.Tokens ||
			q.TokenSpan != want.SpanTokens || len(q.Rows) != want.Rows {
			t.Errorf("question %d: want %+v, have %q %q, %d tokens, concept at %v, %d rows",
				i, want, q.Concept, q.Template, len(q.IDs), q.TokenSpan, len(q.Rows))
		}
	}
	for _, f := range CheckDesign(questions, l.Tokenizer) {
		if f.Fatal {
			t.Error(f)
		}
	}
}

// TestGoldenJob makes the whole France dataset and holds its means against the
// reference's.
func TestGoldenJob(t *testing.T) {
	l, g := smollm2(t), readGolden(t)
	dir := filepath.Join(t.TempDir(), "france")
	o := Options{Sites: l.Model.Sites()[2:3], DType: dataset.F32, Dir: dir}
	for i := range l.Model.Config().Layers {
		o.Layers = append(o.Layers, i)
	}
	p, err := Prepare(t.Context(), l, franceJob(g, l), o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tensors, err := weights.OpenSafetensors(filepath.Join("..", "model", "testdata", "smollm2", "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer tensors.Close()
	want, err := tensors.Tensor("job.mean_diff", len(o.Layers), p.Manifest.Dim)
	if err != nil {
		t.Fatal(err)
	}
	worst := 1.0
	for _, layer := range o.Layers {
		diff, err := meanDifference(r, "mlp_in", layer)
		if err != nil {
			t.Fatal(err)
		}
		row := make([]float32, len(diff))
		want.Row(row, layer)
		c := cosine(diff, row)
		worst = min(worst, c)
		if !(c >= 0.999999) {
			t.Errorf("layer %d: mean difference: want a cosine of 0.999999, have %.9f", layer, c)
		}
	}
	t.Logf("smallest cosine of a layer's mean difference: 1 - %.2g", 1-worst)
}

// meanDifference is the mean of the target's rows less that of the controls'.
func meanDifference(r *dataset.Reader, site string, layer int) ([]float64, error) {
	m := r.Manifest()
	sums, counts := map[string][]float64{}, map[string]float64{}
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			return nil, err
		}
		rows, err := r.Rows(i, site, layer, nil)
		if err != nil {
			return nil, err
		}
		if sums[q.Set] == nil {
			sums[q.Set] = make([]float64, m.Dim)
		}
		for j, v := range rows {
			sums[q.Set][j%m.Dim] += float64(v)
		}
		counts[q.Set] += float64(len(q.Rows))
	}
	if len(sums) != 2 {
		return nil, fmt.Errorf("want two sets, have %d", len(sums))
	}
	diff := make([]float64, m.Dim)
	for j := range diff {
		diff[j] = sums[dataset.Target][j]/counts[dataset.Target] - sums[dataset.Control][j]/counts[dataset.Control]
	}
	return diff, nil
}

// cosine of the angle between a and b.
func cosine(a []float64, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += a[i] * float64(b[i])
		aa += a[i] * a[i]
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}
