package export_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/export"
	"premlp/weights"
)

// directions writes a file as premlp directions makes it: vectors of 3 values at
// three sites and layers 0 to 2, each its own.
func directions(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "france.safetensors")
	var list []weights.Output
	for i, name := range []string{
		"mean.resid_post.0", "mean.resid_post.1", "mean.resid_post.2", "lda.resid_post.2",
		"mean.resid_pre.1", "mean.resid_pre.2", "mean.mlp_in.1", "mean.resid_mid.1", "mean.mlp_out.1", "control_mean.resid_post.2",
	} {
		list = append(list, weights.FloatOutput(name, []float32{float32(3 * i), float32(4 * i), 0}, 3))
	}
	if err := weights.WriteSafetensors(path, list, map[string]string{"target": "France", "model": "tiny", "dataset_digest": "ab"}); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestControlVector holds that the file read back has the vectors where
// llama.cpp, which counts from 0 and begins behind block 1, looks for them.
func TestControlVector(t *testing.T) {
	from := directions(t)
	for _, c := range []struct {
		name    string
		o       export.ControlVectorOptions
		layers  []int
		leftOut int
		want    map[string][]float32
	}{
		{"stream", export.ControlVectorOptions{Site: "resid_post"}, []int{1, 2}, 1, map[string][]float32{"direction.1": {3, 4, 0}, "direction.2": {6, 8, 0}}},
		{"one layer", export.ControlVectorOptions{Site: "resid_post", Layers: []int{2}}, []int{2}, 0, map[string][]float32{"direction.2": {6, 8, 0}}},
		{"before a block", export.ControlVectorOptions{Site: "resid_pre"}, []int{2}, 1, map[string][]float32{"direction.1": {15, 20, 0}}},
		{"another method at the mean's length", export.ControlVectorOptions{Site: "resid_post", Method: "lda"}, []int{2}, 0, map[string][]float32{"direction.2": {6, 8, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.gguf")
			s, err := export.WriteControlVector(from, path, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Layers, c.layers) || len(s.LeftOut) != c.leftOut || s.Dim != 3 || s.Target != "France" {
				t.Errorf("have %+v", s)
			}
			g, err := weights.OpenGGUF(path)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if have := slices.Collect(g.Names()); len(have) != len(c.want) {
				t.Errorf("want %v, have %v", c.want, have)
			}
			for name, want := range c.want {
				v, err := g.Tensor(name, 3)
				if err != nil || !slices.Equal(v.Floats(), want) {
					t.Errorf("%s: want %v, have %v, %v", name, want, v, err)
				}
			}
			architecture, _ := g.Meta().String("general.architecture")
			hint, _ := g.Meta().String("controlvector.model_hint")
			count, _ := g.Meta().Int("controlvector.layer_count")
			if architecture != "controlvector" || hint != "tiny" || count != len(c.layers) {
				t.Errorf("have %q, %q, %d", architecture, hint, count)
			}
		})
	}
}

func TestControlVectorRefuses(t *testing.T) {
	from := directions(t)
	for _, c := range []struct {
		o    export.ControlVectorOptions
		want string
	}{
		{export.ControlVectorOptions{}, "site: want one of [resid_post resid_pre], have none"},
		{export.ControlVectorOptions{Site: "mlp_in"}, "mlp_in is what one MLP reads"},
		{export.ControlVectorOptions{Site: "resid_mid"}, "resid_mid lies inside a block"},
		{export.ControlVectorOptions{Site: "mlp_out"}, "mlp_out is no part of the residual stream"},
		{export.ControlVectorOptions{Site: "attn"}, `site: want one of the file's, have "attn"`},
		{export.ControlVectorOptions{Site: "resid_post", Layers: []int{0}}, "layer 0: llama.cpp adds nothing before the end of block 1"},
		{export.ControlVectorOptions{Site: "resid_post", Layers: []int{2, 3}}, "layer 3: the file has no direction of it at resid_post"},
		{export.ControlVectorOptions{Site: "resid_post", Method: "ccs"}, `have methods ["lda" "mean"]`},
	} {
		dir := t.TempDir()
		_, err := export.WriteControlVector(from, filepath.Join(dir, "x.gguf"), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want %q, have %v", c.o, c.want, err)
		}
		if list, _ := os.ReadDir(dir); len(list) != 0 {
			t.Errorf("%+v: want no file, have %v", c.o, list)
		}
	}
	if _, err := export.WriteControlVector(from, from, export.ControlVectorOptions{Site: "resid_post"}); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("want no file written over, have %v", err)
	}
}
