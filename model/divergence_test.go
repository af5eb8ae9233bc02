package model

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/weights"
)

// changedGolden writes a golden file with some tensors' values changed, and opens it.
func changedGolden(t *testing.T, path string, change func(name string, values []float32)) *weights.Safetensors {
	t.Helper()
	g, err := weights.OpenSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var list []weights.Output
	for name := range g.Names() {
		if strings.HasSuffix(name, "ids") {
			ids, err := g.Ints(name)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, weights.IntOutput(name, ids, len(ids)))
			continue
		}
		tensor, err := g.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		values := tensor.Floats()
		change(name, values)
		list = append(list, weights.FloatOutput(name, values, tensor.Shape...))
	}
	file := filepath.Join(t.TempDir(), "golden.safetensors")
	if err := weights.WriteSafetensors(file, list, g.Meta()); err != nil {
		t.Fatal(err)
	}
	if g, err = weights.OpenSafetensors(file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// TestFirstDivergence: the first point past its tolerance is named by the order of
// computation, with the ops computed since the point before it.
func TestFirstDivergence(t *testing.T) {
	dir := filepath.Join("testdata", "arch", "llama")
	m := open(t, dir)
	last := m.Config().Layers - 1
	golden := changedGolden(t, filepath.Join(dir, "golden.safetensors"), func(name string, values []float32) {
		switch {
		case !strings.HasPrefix(name, "1."):
		case strings.HasSuffix(name, "mlp_out.1"):
			for i := m.Config().Dim; i < len(values); i++ { // all rows but the first
				values[i] *= 1.01
			}
		case strings.HasSuffix(name, "resid_post.1"), strings.HasSuffix(name, "logits"):
			values[0] += 1
		}
	})
	p, err := m.Parity(t.Context(), golden, ParityOptions{Tolerance: NewTolerance(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	d := p.First
	if d == nil || d.Point != "mlp_out.1" || d.Row != 1 || d.After != "mlp_in.1" || d.MaxRel < 0.009 {
		t.Fatalf("have %+v", d)
	}
	want := []string{"model.layers.1.mlp.gate_proj", "model.layers.1.mlp.up_proj", "model.layers.1.mlp.down_proj"}
	for _, key := range want {
		if !slices.Contains(d.Ops, key) {
			t.Errorf("ops: want %s among them, have %v", key, d.Ops)
		}
	}
	if d.Ops[len(d.Ops)-1] != want[2] || slices.ContainsFunc(d.Ops, func(key string) bool { return strings.Contains(key, "norm") || !strings.Contains(key, "layers.1.") }) {
		t.Errorf("ops: have %v", d.Ops)
	}
	if n := len(p.Failures); n < 3 {
		t.Errorf("want mlp_out, resid_post and the logits of a prompt, have %v", p.Failures)
	}

	// The same file with what is off allowed, or left out.
	loose, err := ParseTolerance("mlp_out.1=0.02,resid_post.1=5,logits=5")
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]ParityOptions{
		"tolerance": {Tolerance: loose},
		"layers":    {Tolerance: NewTolerance(), Layers: []int{0, last}, Sites: []Site{"mlp_in", "resid_pre"}},
	} {
		if p, err = m.Parity(t.Context(), golden, o); err != nil || p.First != nil || len(p.Failures) > 0 {
			t.Errorf("%s: have %+v, %v", name, p, err)
		}
	}
	one := ParityOptions{Tolerance: NewTolerance(), Prompt: p.Compared[0].Prompt}
	if p, err = m.Parity(t.Context(), golden, one); err != nil || slices.ContainsFunc(p.Compared, func(c Comparison) bool { return c.Prompt != one.Prompt }) {
		t.Errorf("prompt: have %+v, %v", p, err)
	}
}

// TestParityTokens: each row has its own distances, the worst of which are the
// tensor's.
func TestParityTokens(t *testing.T) {
	dir := filepath.Join("testdata", "arch", "llama")
	golden, err := weights.OpenSafetensors(filepath.Join(dir, "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	p, err := open(t, dir).Parity(t.Context(), golden, ParityOptions{Tolerance: NewTolerance()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Compared {
		var worst Distances
		for _, d := range c.Tokens {
			worst.Add(d)
		}
		if worst.Distance != c.Distance || worst.WorstRow != c.WorstRow || worst.Rows != c.Rows || c.Rows != len(c.Tokens) || c.Rows == 0 || c.DType != "F32" {
			t.Errorf("%s %s: have %+v, of rows %+v", c.Prompt, c.Point, c, worst)
		}
	}
}

// tensorFile writes and opens a file.
func tensorFile(t *testing.T, meta map[string]string, tensors ...weights.Output) *weights.Safetensors {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.safetensors")
	if err := weights.WriteSafetensors(file, tensors, meta); err != nil {
		t.Fatal(err)
	}
	s, err := weights.OpenSafetensors(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestCompareTensors(t *testing.T) {
	f := weights.FloatOutput
	meta := map[string]string{"arithmetic": "a", "format": "x"}
	files := func() []weights.Output {
		return []weights.Output{
			weights.IntOutput("ids", []int32{1, 2}, 2), f("logits", []float32{1, 2, 3, 4}, 2, 2),
			f("mlp_in.10", []float32{1, 2, 3, 4}, 2, 2), f("mlp_in.2", []float32{1, 2, 3, 4}, 2, 2), f("resid_pre.2", []float32{0, 1}, 1, 2),
		}
	}
	a := tensorFile(t, meta, files()...)
	same, err := CompareTensors(a, tensorFile(t, meta, files()...))
	if err != nil || !same.Same || same.Compared != 5 || !same.Comparable {
		t.Fatalf("have %+v, %v", same, err)
	}

	other := files()
	other[0] = weights.IntOutput("ids", []int32{1, 3}, 2)
	other[1] = f("logits", []float32{1, 2, 3, 4}, 4, 1)
	other[2] = f("mlp_in.10", []float32{1, 2, 3, 5}, 2, 2)
	other[3] = f("mlp_inn.2", []float32{1}, 1)
	other[4] = f("resid_pre.2", []float32{float32(negativeZero()), 1}, 1, 2)
	changed := maps.Clone(meta)
	changed["arithmetic"] = "b"
	d, err := CompareTensors(a, tensorFile(t, changed, other...))
	if err != nil {
		t.Fatal(err)
	}
	if d.Same || d.Comparable || len(d.Metadata) != 1 || d.Metadata[0] != (MetaField{"arithmetic", "a", "b"}) ||
		!slices.Equal(d.OnlyA, []string{"mlp_in.2"}) || !slices.Equal(d.OnlyB, []string{"mlp_inn.2"}) || d.Compared != 4 {
		t.Errorf("have %+v", d)
	}
	var names []string
	for _, o := range d.Tensors {
		names = append(names, o.Name)
	}
	if strings.Join(names, " ") != "ids resid_pre.2 mlp_in.10 logits" {
		t.Errorf("want the order of computation, have %v", names)
	}
	ids, zero, off, shape := d.Tensors[0], d.Tensors[1], d.Tensors[2], d.Tensors[3]
	if ids.Why != "value 1: 2 and 3" || shape.Why != "shapes [2 2] and [4 1]" {
		t.Errorf("have %+v and %+v", ids, shape)
	}
	if zero.Row != 0 || zero.Value != 0 || zero.MaxAbs != 0 {
		t.Errorf("0 and -0: have %+v", zero)
	}
	if off.Row != 1 || off.Value != 1 || off.MaxAbs != 1 || off.MaxRel != 0.25 || off.WorstRow != 1 || off.Rows != 2 {
		t.Errorf("have %+v", off)
	}
}

func negativeZero() float64 { z := 0.0; return -z }

// TestByComputation: prompts one after another, and directions by method.
func TestByComputation(t *testing.T) {
	want := []string{"ids", "resid_pre.0", "mlp_in.0", "mlp_in.2", "mlp_in.10", "logits", "mean.mlp_in.2", "mean.mlp_in.10", "p.ids", "p.mlp_in.0", "p.logits", "weight"}
	have := slices.Clone(want)
	slices.Sort(have)
	if byComputation(have); !slices.Equal(have, want) {
		t.Errorf("want %v, have %v", want, have)
	}
}
