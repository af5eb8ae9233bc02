package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/layers"
)

// editPoints lists the points of a model that can be edited.
func editPoints(m *Model) []Point {
	return slices.DeleteFunc(allPoints(m), func(p Point) bool { return m.Editable(p) != nil })
}

// editVector returns a vector of the model's width.
func editVector(m *Model, r *rand.Rand) []float32 {
	v := make([]float32, m.Config().Dim)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// edited runs a batch with edits.
func edited(t *testing.T, s *Session, b *Batch, edits ...Edit) map[Point]Rows {
	t.Helper()
	with := *b
	with.Edits = edits
	return capture(t, s, &with)
}

// behind keeps the points that are computed after p.
func behind(all map[Point]Rows, p Point) map[Point]Rows {
	later := map[Point]Rows{}
	for q, rows := range all {
		order := slices.Index(layers.BlockSites, q.Site) - slices.Index(layers.BlockSites, p.Site)
		if q.Site == layers.Logits || q.Layer > p.Layer || q.Layer == p.Layer && order > 0 {
			later[q] = rows
		}
	}
	return later
}

// TestZeroEditChangesNoBits adds the zero vector at every point.
func TestZeroEditChangesNoBits(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			b := Pack(prompts(rand.New(rand.NewPCG(1, 2)), 2, m.Config().Vocab), nil)
			s := session(t, m, 2)
			clean := capture(t, s, b)
			for _, p := range editPoints(m) {
				change := Add{Vector: make([]float32, m.Config().Dim)}
				sameRows(t, p.String(), clean, edited(t, s, b, Edit{At: p, Rows: b.Sel, Change: change}), 0)
			}
		})
	}
}

// TestReplacedStreamIsTheOtherRun puts the residual stream of another prompt in
// place of a prompt's: all behind it is the other's, and nothing before it.
func TestReplacedStreamIsTheOtherRun(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(3, 4))
			a := Pack([][]int32{randomPrompt(r, 40, m.Config().Vocab)}, nil)
			b := Pack([][]int32{randomPrompt(r, 40, m.Config().Vocab)}, nil)
			s := session(t, m, 2)
			cleanA, cleanB := capture(t, s, a), capture(t, s, b)
			for _, p := range editPoints(m) {
				if p.Site != layers.ResidPre && p.Site != layers.ResidPost {
					continue
				}
				have := edited(t, s, a, Edit{At: p, Rows: a.Sel, Change: Replace{Rows: cleanB[p].Data}})
				sameRows(t, "behind "+p.String(), behind(cleanB, p), have, 0)
				before := Point{Site: layers.ResidPre, Layer: p.Layer}
				if p.Site == layers.ResidPost {
					sameRows(t, "before "+p.String(), map[Point]Rows{before: cleanA[before]}, have, 0)
				}
			}
			sameRows(t, "a run without edits", cleanA, capture(t, s, a), 0)
		})
	}
}

// TestEditReachesItsOwnReaders edits the input of an MLP: its output becomes that
// of the rows put there, and the stream beside it stays.
func TestEditReachesItsOwnReaders(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(5, 6))
			a := Pack([][]int32{randomPrompt(r, 30, m.Config().Vocab)}, nil)
			b := Pack([][]int32{randomPrompt(r, 30, m.Config().Vocab)}, nil)
			s := session(t, m, 2)
			cleanA, cleanB := capture(t, s, a), capture(t, s, b)
			for layer := range m.Config().Layers {
				in, out := Point{Site: layers.MLPIn, Layer: layer}, Point{Site: layers.MLPOut, Layer: layer}
				if m.Editable(in) != nil || m.Editable(out) != nil {
					continue // an MLP that adds the stream itself has no output of its own
				}
				have := edited(t, s, a, Edit{At: in, Rows: a.Sel, Change: Replace{Rows: cleanB[in].Data}})
				sameRows(t, in.String(), map[Point]Rows{out: cleanB[out]}, have, 0)
				for _, site := range []Site{layers.ResidPre, layers.ResidMid} {
					stream := Point{Site: site, Layer: layer}
					if _, ok := cleanA[stream]; ok {
						sameRows(t, "beside "+in.String(), map[Point]Rows{stream: cleanA[stream]}, have, 0)
					}
				}
			}
		})
	}
}

// TestAddIsTheSumBuiltIn adds a vector to some rows of resid_post and compares
// with a run whose next resid_pre was made of the sums.
func TestAddIsTheSumBuiltIn(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	r := rand.New(rand.NewPCG(7, 8))
	b := Pack([][]int32{randomPrompt(r, 40, m.Config().Vocab), randomPrompt(r, 9, m.Config().Vocab)}, nil)
	s := session(t, m, 2)
	clean, v, rows := capture(t, s, b), editVector(m, r), []int32{3, 4, 17, 39}
	for layer := range m.Config().Layers - 1 {
		post, pre := Point{Site: layers.ResidPost, Layer: layer}, Point{Site: layers.ResidPre, Layer: layer + 1}
		var sums []float32
		for _, row := range rows {
			for k, x := range clean[post].Row(int(row)) {
				sums = append(sums, x+v[k])
			}
		}
		want := edited(t, s, b, Edit{At: pre, Rows: rows, Change: Replace{Rows: sums}})
		have := edited(t, s, b, Edit{At: post, Rows: rows, Change: Add{Vector: v}})
		sameRows(t, post.String(), want, have, 0)
		other := map[Point]Rows{}
		for p, all := range clean { // the second prompt is not touched
			other[p] = Rows{Dim: all.Dim, Data: all.Data[40*all.Dim:], StatsPerRow: all.StatsPerRow, Stats: all.Stats[40*all.StatsPerRow:]}
		}
		sameRows(t, "the other prompt", other, have, 40)
		if equalBits(clean[pre].Data, have[pre].Data) || equalBits(clean[Point{Site: layers.Logits}].Data, have[Point{Site: layers.Logits}].Data) {
			t.Errorf("%s: the edit changed nothing", post)
		}
	}
}

// TestSetProjection looks at the projections of edited rows.
func TestSetProjection(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	r := rand.New(rand.NewPCG(9, 10))
	b, s, u := Pack([][]int32{randomPrompt(r, 20, m.Config().Vocab)}, nil), session(t, m, 1), editVector(m, r)
	var square float64
	for _, x := range u {
		square += float64(x) * float64(x)
	}
	for i := range u {
		u[i] /= float32(math.Sqrt(square))
	}
	p := Point{Site: layers.MLPIn, Layer: 1}
	clean, have := capture(t, s, b)[p], edited(t, s, b, Edit{At: p, Rows: []int32{5, 19}, Change: SetProjection{Unit: u, Value: 2.5}})[p]
	for row := range 20 {
		var sum float64
		for k, x := range have.Row(row) {
			sum += float64(x) * float64(u[k])
		}
		if row == 5 || row == 19 {
			if math.Abs(sum-2.5) > 1e-5 {
				t.Errorf("row %d: want projection 2.5, have %v", row, sum)
			}
		} else if !equalBits(clean.Row(row), have.Row(row)) {
			t.Errorf("row %d: want it untouched", row)
		}
	}
}

// TestEditsInTheLastBlock compares sessions that compute only the selected rows
// of the last block with those that compute all, edits and all.
func TestEditsInTheLastBlock(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(11, 12))
			all := editPoints(m)
			b := Pack([][]int32{randomPrompt(r, 25, m.Config().Vocab), randomPrompt(r, 8, m.Config().Vocab)}, [][]int32{{11, 24}, {7}})
			some, err := m.Session(SessionOptions{Logits: true, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer some.Close()
			whole, err := m.Session(SessionOptions{Logits: true, Keep: all, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer whole.Close()
			for _, p := range all {
				e := Edit{At: p, Rows: []int32{2, 11, 24, 25, 30}, Change: Add{Vector: editVector(m, r)}}
				sameRows(t, p.String(), edited(t, whole, b, e), edited(t, some, b, e), 0)
			}
		})
	}
}

// TestEditsAreRefused covers every reason.
func TestEditsAreRefused(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	s, err := m.Session(SessionOptions{Points: []Point{{Site: layers.MLPIn, Layer: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := m.Config().Dim
	unit := make([]float32, d)
	unit[0] = 1
	long, broken := slices.Clone(unit), slices.Clone(unit)
	long[1], broken[1] = 1, float32(math.NaN())
	at := Point{Site: layers.MLPIn, Layer: 1}
	for name, c := range map[string]struct {
		edit Edit
		want string
	}{
		"no such layer":     {Edit{At: Point{Site: layers.MLPIn, Layer: 3}, Rows: nil, Change: Add{Vector: unit}}, "no such place"},
		"no site of edits":  {Edit{At: Point{Site: layers.Logits}, Rows: nil, Change: Add{Vector: unit}}, "logits: it cannot be edited: want one of"},
		"behind the pass":   {Edit{At: Point{Site: layers.ResidPost, Layer: 1}, Rows: nil, Change: Add{Vector: unit}}, "the pass ends before it"},
		"row past the end":  {Edit{At: at, Rows: []int32{4}, Change: Add{Vector: unit}}, "row 0: want ascending rows in [0, 4), have 4"},
		"rows not in order": {Edit{At: at, Rows: []int32{1, 1}, Change: Add{Vector: unit}}, "row 1: want ascending rows"},
		"no change":         {Edit{At: at, Rows: nil, Change: nil}, "want a change"},
		"narrow vector":     {Edit{At: at, Rows: nil, Change: Add{Vector: unit[1:]}}, fmt.Sprintf("vector: want %d values, have %d", d, d-1)},
		"not a number":      {Edit{At: at, Rows: nil, Change: Add{Vector: broken}}, "value 1: want a finite number"},
		"not of length 1":   {Edit{At: at, Rows: nil, Change: SetProjection{Unit: long, Value: 0}}, "want length 1, have 1.41421"},
		"infinite":          {Edit{At: at, Rows: nil, Change: SetProjection{Unit: unit, Value: math.Inf(1)}}, "projection: want a finite number"},
		"too few rows":      {Edit{At: at, Rows: []int32{0, 1}, Change: Replace{Rows: unit}}, "replacement: want 2 rows"},
	} {
		b := Pack([][]int32{{1, 2, 3, 4}}, nil)
		b.Edits = []Edit{c.edit}
		if err := s.Run(t.Context(), b, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
	}
}

// TestEditableSites: the input of an MLP is edited only where it is a tensor of
// the MLP's own.
func TestEditableSites(t *testing.T) {
	for arch, want := range map[string]string{
		"llama": "", "gpt2": "", "gpt_neox": "", "falcon-new": "",
		"phi": "attention of the same block reads the same tensor", "gptj": "attention of the same block",
		"cohere": "attention of the same block", "olmo2": "it is the residual stream in this architecture: edit resid_mid.1",
	} {
		m := open(t, filepath.Join("testdata", "arch", arch))
		err := m.Editable(Point{Site: layers.MLPIn, Layer: 1})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: want %q, have %v", arch, want, err)
		}
	}
	m := open(t, filepath.Join("testdata", "arch", "phi"))
	if err := m.Editable(Point{Site: layers.ResidMid, Layer: 0}); err == nil || !strings.Contains(err.Error(), "MLP stands beside attention") {
		t.Errorf("a site that the architecture lacks: have %v", err)
	}
	bloom := open(t, filepath.Join("testdata", "arch", "bloom"))
	if err := bloom.Editable(Point{Site: layers.MLPOut, Layer: 0}); err == nil || !strings.Contains(err.Error(), "edit resid_post.0") {
		t.Errorf("mlp_out that is the stream: have %v", err)
	}
}

// TestGenerateWithEdits compares cached decoding under edits with whole runs
// under the same edits.
func TestGenerateWithEdits(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	r := rand.New(rand.NewPCG(13, 14))
	prompt, v := randomPrompt(r, 12, m.Config().Vocab), editVector(m, r)
	g, err := m.Generator(GeneratorOptions{Prompt: 12, MaxTokens: 6})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	at := Point{Site: layers.ResidPost, Layer: 0}
	o := GenerateOptions{MaxTokens: 6, IgnoreEnd: true, Edits: []Edit{{At: at, Rows: []int32{4, 11}, Change: Add{Vector: v}}}}
	for _, onNew := range []bool{false, true} {
		if onNew {
			o.EditNew = []Edit{{At: at, Change: Add{Vector: v}}}
		}
		have, err := g.Generate(t.Context(), prompt, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids, rows := slices.Clone(prompt), []int32{4, 11}
		s := session(t, m, 1)
		for i, id := range have.Samples[0].IDs {
			b := Pack([][]int32{ids}, [][]int32{{int32(len(ids) - 1)}})
			logits := edited(t, s, b, Edit{At: at, Rows: rows, Change: Add{Vector: v}})[Point{Site: layers.Logits}].Data
			if best := slices.Index(logits, slices.Max(logits)); int32(best) != id {
				t.Fatalf("new tokens edited %v: token %d: want %d, have %d", onNew, i, best, id)
			}
			if onNew {
				rows = append(rows, int32(len(ids)))
			}
			ids = append(ids, id)
		}
	}
	o.EditNew = []Edit{{At: at, Change: Replace{Rows: v}}}
	if _, err := g.Generate(t.Context(), prompt, o, nil); err == nil || !strings.Contains(err.Error(), "want a change of every token") {
		t.Errorf("rows put into new tokens: have %v", err)
	}
	o = GenerateOptions{MaxTokens: 1, Edits: []Edit{{At: at, Rows: []int32{12}, Change: Add{Vector: v}}}}
	if _, err := g.Generate(t.Context(), prompt, o, nil); err == nil || errors.Is(err, ErrEndSample) {
		t.Error("an edit behind the prompt: want an error")
	}
}
