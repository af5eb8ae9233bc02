package model

import (
	"path/filepath"
	"slices"
	"testing"

	"premlp/weights"
)

// TestReadingOfEveryArchitecture finds the MLPs' rows in each, with the widths of
// the config.
func TestReadingOfEveryArchitecture(t *testing.T) {
	for _, dir := range variants(t) {
		m := open(t, dir)
		c := m.Config()
		r, err := m.Reading()
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(dir), err)
			continue
		}
		if len(r.Final.Gain) != c.Dim || !slices.Equal(r.Unembed.Shape, []int{c.Vocab, c.Dim}) {
			t.Errorf("%s: head: have a gain of %d and a weight %v", filepath.Base(dir), len(r.Final.Gain), r.Unembed.Shape)
		}
		for layer, mlps := range r.MLPs {
			if n := r.Norms[layer]; n != nil && len(n.Gain) != c.Dim {
				t.Errorf("%s: layer %d: norm: have %d values", filepath.Base(dir), layer, len(n.Gain))
			}
			experts := 0
			for _, x := range mlps {
				width := c.Hidden
				switch {
				case x.Expert >= 0:
					width = c.ExpertHidden
					if x.Expert != experts {
						t.Errorf("%s: layer %d: want expert %d, have %d", filepath.Base(dir), layer, experts, x.Expert)
					}
					experts++
				case c.Experts > 0 && layer >= c.DenseBlocks:
					width = c.SharedHidden
				}
				for _, w := range []*weights.Tensor{x.Gate, x.Up} {
					if w != nil && !slices.Equal(w.Shape, []int{width, c.Dim}) {
						t.Errorf("%s: layer %d: %s: want [%d %d], have %v", filepath.Base(dir), layer, x.Module, width, c.Dim, w.Shape)
					}
				}
			}
			if layer >= c.DenseBlocks && experts != c.Experts {
				t.Errorf("%s: layer %d: want %d experts, have %d", filepath.Base(dir), layer, c.Experts, experts)
			}
		}
	}
}

// TestReadingIsTheCheckpoints compares rows with the tensors by their names: gate
// and up, in one tensor, stored as columns, and an expert's.
func TestReadingIsTheCheckpoints(t *testing.T) {
	for _, c := range []struct {
		dir, gate, up string
		at, from      int // of the block's MLPs; the tensor's first row
		columns       bool
	}{
		{"llama", "model.layers.1.mlp.gate_proj.weight", "model.layers.1.mlp.up_proj.weight", 0, 0, false},
		{"phi3", "model.layers.1.mlp.gate_up_proj.weight", "", 0, 0, false},
		{"phi", "model.layers.1.mlp.fc1.weight", "", 0, 0, false},
		{"gpt2", "transformer.h.1.mlp.c_fc.weight", "", 0, 0, true},
	} {
		m := open(t, filepath.Join("testdata", "arch", c.dir))
		r, err := m.Reading()
		if err != nil {
			t.Fatal(err)
		}
		x := r.MLPs[1][c.at]
		for name, have := range map[string]*weights.Tensor{c.gate: x.Gate, c.up: x.Up} {
			if name == "" {
				continue
			}
			want, err := m.Source().Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			if c.columns {
				want = want.Transpose()
			}
			a, b := make([]float32, m.Config().Dim), make([]float32, m.Config().Dim)
			for _, i := range []int{0, have.Rows() - 1} {
				have.Row(a, i)
				want.Row(b, c.from+i)
				if !slices.Equal(a, b) {
					t.Errorf("%s: row %d of %s: want %v, have %v", c.dir, i, name, b[:3], a[:3])
				}
			}
		}
		if fused := x.Up != nil; fused != (c.dir == "llama" || c.dir == "phi3") {
			t.Errorf("%s: a gate: have %v", c.dir, fused)
		}
	}
}

// TestReadingUndoesNorms: the gain is what the graph multiplies by.
func TestReadingUndoesNorms(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "gemma2")) // stores the distance from 1
	r, err := m.Reading()
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.Source().Tensor("model.norm.weight")
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range w.Floats() {
		if r.Final.Gain[i] != g+1 {
			t.Fatalf("want %v, have %v", g+1, r.Final.Gain[i])
		}
	}
	if r.Final.Center || r.Norms[0] == nil {
		t.Error("want an RMSNorm before the MLP, have another")
	}
	if r, err := open(t, filepath.Join("testdata", "arch", "olmo2")).Reading(); err != nil || r.Norms[0] != nil {
		t.Errorf("OLMo 2: want no norm before the MLP, have %v, %v", r.Norms[0], err)
	}
}
