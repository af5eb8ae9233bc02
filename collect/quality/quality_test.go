package quality_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
	"premlp/collect/quality"
)

const (
	dim       = 24
	questions = 120
	perRow    = 3 // rows of a question
)

var concepts = []string{"France", "Germany", "Spain", "Italy"}

var templates = []string{"Where is {concept} now?", "Who likes {concept} too?", "Is {concept} far away?"}

// made describes a synthetic dataset: what a fault changes of a clean one.
type made struct {
	dtype     dataset.DType
	tokens    func(i int, target bool) []int32     // of question i's rows; nil: the same three
	template  func(i int, target bool) int         // nil: in turn
	rows      func(i int, target bool) int         // how many; nil: perRow
	values    func(x []float32, layer, i, row int) // changes a row in place
	direction func(x []float64, template int)      // what sets the target apart; nil: one direction
}

// write makes it. A clean row is the mean of its token, a direction for the
// target, and noise in all coordinates.
func (m made) write(t *testing.T) string {
	t.Helper()
	manifest := dataset.Manifest{
		Model: dataset.Model{Name: "synthetic", Layers: 2, Dim: dim}, Target: concepts[0], Controls: concepts[1:],
		Sites: []string{"mlp_in"}, Layers: []int{0, 1}, DType: dataset.F32, Dim: dim, Arithmetic: "synthetic",
	}
	if m.dtype != "" {
		manifest.DType = m.dtype
	}
	var list []dataset.Question
	for i := range questions {
		list = append(list, m.question(i))
	}
	l, err := dataset.NewList(dataset.Slice(list))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "made")
	w, err := dataset.Create(dir, manifest, l)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := rand.New(rand.NewPCG(7, 8))
	for i, q := range list {
		var data []float32
		for layer := range 2 {
			for row, p := range q.Rows {
				x := m.row(r, &q, q.IDs[p])
				if m.values != nil {
					m.values(x, layer, i, row)
				}
				data = append(data, x...)
			}
		}
		if err := w.Add(i, map[string]dataset.Block{"mlp_in": {Data: data}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(datasettest.Run()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (m made) question(i int) dataset.Question {
	target := i%len(concepts) == 0
	k, n := i/len(concepts)%len(templates), perRow
	if m.template != nil {
		k = m.template(i, target)
	}
	if m.rows != nil {
		n = m.rows(i, target)
	}
	concept := concepts[i%len(concepts)]
	text := strings.ReplaceAll(templates[k], "{concept}", concept)
	at := strings.Index(text, concept)
	span := [2]int{at, at + len(concept)}
	q := dataset.Question{
		ID: fmt.Sprintf("q%03d", i), Set: dataset.Control, Concept: concept, Template: templates[k],
		Text: text, Prompt: text, TextSpan: span, PromptSpan: span, TokenSpan: [2]int{0, 1},
		IDs: []int32{99}, Spans: [][2]int{span},
	}
	if target {
		q.Set = dataset.Target
	}
	tokens := []int32{1, 2, 3, 4, 5}[:n]
	if m.tokens != nil {
		tokens = m.tokens(i, target)
	}
	for j, id := range tokens {
		q.IDs, q.Spans = append(q.IDs, id), append(q.Spans, [2]int{0, 0})
		q.Rows, q.Tokens = append(q.Rows, int32(j+1)), append(q.Tokens, fmt.Sprint("t", id))
	}
	return q
}

func (m made) row(r *rand.Rand, q *dataset.Question, token int32) []float32 {
	x := make([]float64, dim)
	for d := range x {
		x[d] = r.NormFloat64()
	}
	x[int(token)%dim] += 2
	if q.Set == dataset.Target {
		if m.direction != nil {
			m.direction(x, slices.Index(templates, q.Template))
		} else {
			x[10] += 3
		}
	}
	row := make([]float32, dim)
	for d, v := range x {
		row[d] = float32(v)
	}
	return row
}

func measure(t *testing.T, dir string) *quality.Report {
	t.Helper()
	r, err := quality.Measure(t.Context(), dir, quality.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestClean: a dataset without faults is ok, in every dtype.
func TestClean(t *testing.T) {
	for _, d := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
		r := measure(t, made{dtype: d}.write(t))
		if r.Verdict != quality.OK || len(r.Findings()) > 0 {
			t.Errorf("%s: want ok, have %s: %+v", d, r.Verdict, r.Findings())
		}
		if r.Rows.Target != 90 || r.Rows.Control != 270 || len(r.Layers) != 2 || len(r.Layers[0].Checks) != 17 {
			t.Errorf("%s: have %+v", d, r)
		}
	}
}

// TestFaults: each planted fault is found, where it was planted, and nothing
// else is.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		made    made
		verdict quality.Verdict
		want    []string // "set name place": of the findings
	}{
		{"a dead coordinate", made{values: func(x []float32, layer, i, row int) {
			if layer == 1 {
				x[5] = 0.25
			}
		}}, quality.Look, []string{"target dead mlp_in.1", "control dead mlp_in.1"}},
		{"many dead coordinates", made{values: func(x []float32, layer, i, row int) {
			if layer == 1 && i%4 == 0 {
				x[5], x[6], x[7] = 1, 2, 3
			}
		}}, quality.Bad, []string{"target dead mlp_in.1"}},
		{"a clipped coordinate", made{values: func(x []float32, layer, i, row int) {
			if layer == 0 {
				x[6] = min(x[6], 0.5)
			}
		}}, quality.Look, []string{"target saturated mlp_in.0", "control saturated mlp_in.0"}},
		{"an outlying row", made{values: func(x []float32, layer, i, row int) {
			if layer == 0 && i == 7 && row == 1 {
				for d := range x {
					x[d] *= 3
				}
				x[0] += 40
			}
		}}, quality.Look, []string{"control outliers mlp_in.0", "control norms mlp_in.0"}},
		{"a repeated row", made{values: func(x []float32, layer, i, row int) {
			if layer == 1 && (i == 8 && row == 2 || i == 20 && row == 2) {
				for d := range x {
					x[d] = float32(d%5) - 2
				}
			}
		}}, quality.Look, []string{"target duplicates mlp_in.1"}},
		{"rows on a line", made{values: func(x []float32, layer, i, row int) {
			if layer == 1 && i%4 > 0 {
				a := float32(math.Copysign(2, float64(x[0]))) + x[1]/10
				for d := range x {
					x[d] = a*float32(1+d%3) + 0.01*x[d]
				}
			}
		}}, quality.Bad, []string{"control rank mlp_in.1"}},
		{"rows of one way", made{values: func(x []float32, layer, i, row int) {
			if layer == 0 {
				for d := range x {
					x[d] += 30
				}
			}
		}}, quality.Look, []string{"target cosine mlp_in.0", "control cosine mlp_in.0"}},
		{"another direction in every template", made{direction: func(x []float64, template int) {
			x[10] += []float64{3, -3, 0}[template]
			x[11] += []float64{0, 0, 4}[template]
		}}, quality.Bad, []string{" drift mlp_in.0 to 1"}},
		{"other tokens", made{tokens: func(i int, target bool) []int32 {
			if target {
				return []int32{1, 2, 7}
			}
			return []int32{1, 2, 3}
		}}, quality.Bad, []string{" token "}},
		{"other places", made{rows: func(i int, target bool) int {
			if target {
				return 5
			}
			return 2
		}}, quality.Bad, []string{" position ", " token "}},
		{"other templates", made{template: func(i int, target bool) int {
			if target {
				return i / 4 % 2
			}
			return i / 4 % 3
		}}, quality.Look, []string{" template "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := measure(t, c.made.write(t))
			var have []string
			for _, f := range r.Findings() {
				have = append(have, f.Worst.Set+" "+f.Worst.Name+" "+strings.Join(f.Places, ", "))
				if f.Worst.Advice == "" || f.Worst.Found == "" {
					t.Errorf("%s: want what was found and what to do, have %+v", f.Worst.Name, f.Worst)
				}
			}
			slices.Sort(have)
			slices.Sort(c.want)
			if !slices.Equal(have, c.want) || r.Verdict != c.verdict {
				t.Errorf("want %s %q, have %s %q: %+v", c.verdict, c.want, r.Verdict, have, r.Findings())
			}
		})
	}
}

// TestOutlierNamed: the row itself is named.
func TestOutlierNamed(t *testing.T) {
	r := measure(t, made{values: func(x []float32, layer, i, row int) {
		if layer == 0 && i == 7 && row == 1 {
			x[3] += 90
		}
	}}.write(t))
	if o := r.Layers[0].Control.Outliers; len(o) != 1 || o[0].Question != "q007" || o[0].Position != 2 || o[0].Token != "t2" {
		t.Errorf("want question q007, position 2, have %+v", o)
	}
}

// TestNotFinite: a writer refuses such values, so the file is changed behind it.
// The layer is bad and the others are measured.
func TestNotFinite(t *testing.T) {
	dir := made{values: func(x []float32, layer, i, row int) {
		if layer == 1 && i == 9 && row == 0 {
			x[4] = 12345.678
		}
	}}.write(t)
	file := filepath.Join(dir, "rows-00000.msgpack")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bits := func(v float32) []byte {
		u := math.Float32bits(v)
		return []byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)}
	}
	data = bytes.Replace(data, bits(12345.678), bits(float32(math.NaN())), 1)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := measure(t, dir)
	if r.Verdict != quality.Bad || r.Layers[1].Control.NotFinite != 1 || r.Layers[0].Verdict != quality.OK || r.Layers[1].Between != nil {
		t.Errorf("want one bad layer, have %s, %+v", r.Verdict, r.Layers[1])
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if _, err := r.Draw(t.TempDir()); err != nil {
		t.Error(err)
	}
}

// TestSameOnAnyThreads: the report does not depend on the number of threads.
func TestSameOnAnyThreads(t *testing.T) {
	dir := made{}.write(t)
	var first []byte
	for _, threads := range []int{0, 1, 3} {
		r, err := quality.Measure(t.Context(), dir, quality.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, b) {
			t.Errorf("%d threads: want the same report, have another", threads)
		}
		first = b
		var back quality.Report
		if err := json.Unmarshal(b, &back); err != nil || back.Verdict != r.Verdict {
			t.Errorf("want the report read back, have %v", err)
		}
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := quality.Measure(ctx, made{}.write(t), quality.Options{Threads: 1, Progress: func(done, total int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want it cancelled, have %v", err)
	}
}

// TestPictures: every picture is there and opens.
func TestPictures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "pictures")
	files, err := measure(t, made{}.write(t)).Draw(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 10 {
		t.Errorf("want 10 pictures, have %q", files)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".svg") {
			if !bytes.Contains(data, []byte("</svg>")) {
				t.Errorf("%s: want a whole SVG, have none", file)
			}
		} else if p, err := png.Decode(bytes.NewReader(data)); err != nil || p.Bounds().Dx() < 500 {
			t.Errorf("%s: want a PNG 500 wide, have %v", file, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 10 {
		t.Errorf("want nothing else in the folder, have %v, %v", entries, err)
	}
}
