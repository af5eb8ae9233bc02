package model

import (
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"premlp/layers"
	"premlp/weights"
)

// FuzzConfig reads any bytes as a config.json. What is accepted has sizes within
// bounds and builds a graph; what is not gives the same error every time.
func FuzzConfig(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("testdata", "arch", "*", "config.json"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no configs: %v", err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		var config map[string]any
		if err := json.Unmarshal(data, &config); err != nil {
			f.Fatal(err)
		}
		olderForm(config)
		older, err := json.Marshal(config)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(older)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := configModel(data)
		again, err2 := configModel(data)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("two readings: %v; %v", err, err2)
		}
		if err != nil {
			return
		}
		c := m.config
		checkSizes(t, c)
		a, errA := json.Marshal(c)
		b, errB := json.Marshal(again.config)
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Fatalf("two readings: %s, %v; %s, %v", a, errA, b, errB)
		}
		if c.Layers <= 8 && c.Experts <= 64 {
			m.arch.build(layers.NewGraph(anySource{}, layers.NewStore()), c)
		}
		m.arch.build(layers.NewGraph(noSource{}, layers.NewStore()), c)
	})
}

// configModel reads a config.json without its checkpoint.
func configModel(data []byte) (*Model, error) {
	m := &Model{store: layers.NewStore()}
	_, err := m.readJSON(data)
	return m, err
}

// checkSizes holds an accepted config against the bounds.
func checkSizes(t *testing.T, c *Config) {
	t.Helper()
	for name, n := range map[string][2]int{
		"layers": {c.Layers, maxLayers}, "dim": {c.Dim, maxWidth}, "heads": {c.Heads * c.HeadDim, maxWidth}, "vocab": {c.Vocab, maxVocab},
		"context": {c.Context, maxContext}, "hidden": {c.Hidden, 8 * maxWidth}, "blocks": {len(c.Blocks), c.Layers},
	} {
		if n[0] < 1 || n[0] > n[1] {
			t.Errorf("%s: want 1 to %d, have %d", name, n[1], n[0])
		}
	}
	if c.KVHeads < 1 || c.Heads%c.KVHeads != 0 || c.ExpertsChosen > c.Experts {
		t.Errorf("%d heads, %d of keys; %d of %d experts", c.Heads, c.KVHeads, c.ExpertsChosen, c.Experts)
	}
	for _, b := range c.Blocks {
		if b.Window < 0 {
			t.Errorf("window: %d", b.Window)
		}
		if b.Rope == nil {
			continue
		}
		for _, f := range b.Rope.Inverse {
			if f-f != 0 || f < 0 {
				t.Fatalf("frequency: %v", f)
			}
		}
		if n := len(b.Rope.Inverse); n < 1 || b.Rope.From+2*n > max(c.HeadDim, b.Rope.From+c.HeadDim) {
			t.Fatalf("%d pairs of a head of %d from %d on are rotated", n, c.HeadDim, b.Rope.From)
		}
	}
}

// anySource has every tensor in the shape that is wanted, without values.
type anySource struct{}

func (anySource) Has(string) bool         { return false }
func (anySource) Names() iter.Seq[string] { return func(func(string) bool) {} }
func (anySource) Tensor(name string, shape ...int) (*weights.Tensor, error) {
	return &weights.Tensor{Name: name, Shape: shape}, nil
}

// noSource has no tensor.
type noSource struct{ anySource }

func (noSource) Tensor(name string, shape ...int) (*weights.Tensor, error) {
	return nil, errors.New(name + ": missing")
}

// TestConfigsOfAnyValue sets every key of every golden config to values that it
// should not have: each is refused, or the model is one within bounds.
func TestConfigsOfAnyValue(t *testing.T) {
	values := []string{
		`0`, `-1`, `1`, `2`, `3`, `7`, `0.5`, `1e300`, `1e-300`, `262144`, `1099511627776`, `true`, `false`, `""`, `"yarn"`, `"default"`, `[]`, `[1]`, `{}`,
	}
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			var config map[string]any
			if err := json.Unmarshal(data, &config); err != nil {
				t.Fatal(err)
			}
			for _, at := range places(config) {
				for _, v := range values {
					was := at.object[at.key]
					at.object[at.key] = json.RawMessage(v)
					data, err := json.Marshal(config)
					if err != nil {
						t.Fatal(err)
					}
					at.object[at.key] = was
					if m, err := configModel(data); err == nil {
						checkSizes(t, m.config)
						if m.config.Layers <= 8 {
							m.arch.build(layers.NewGraph(anySource{}, layers.NewStore()), m.config)
						}
					}
					if t.Failed() {
						t.Fatalf("with %s: %s", at.key, v)
					}
				}
			}
		})
	}
}

// place is a key of an object within a config.
type place struct {
	object map[string]any
	key    string
}

// places lists all keys of a config, those of nested objects too.
func places(object map[string]any) []place {
	var all []place
	for _, key := range sortedKeys(object) {
		all = append(all, place{object, key})
		if nested, ok := object[key].(map[string]any); ok {
			all = append(all, places(nested)...)
		}
	}
	return all
}
