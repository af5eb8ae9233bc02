package weights

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWriteGGUFRoundTrip holds that what is written is read back, and that the
// same input gives the same bytes.
func TestWriteGGUFRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	meta := map[string]any{"a.text": "héllo", architectureKey: "controlvector", "b.count": uint32(4e9), "empty": ""}
	v := numbers(15)
	tensors := []Output{FloatOutput("direction.2", v[:5], 5), FloatOutput("b", v[5:11], 2, 3), FloatOutput("none", nil, 0), FloatOutput("a", v[11:], 4)}
	if err := WriteGGUF(path, tensors, meta); err != nil {
		t.Fatal(err)
	}
	g, err := OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if g.Version() != 3 || len(g.Meta().Keys()) != len(meta) {
		t.Errorf("want version 3 and %d keys, have %d and %v", len(meta), g.Version(), g.Meta().Keys())
	}
	text, _ := g.Meta().String("a.text")
	count, _ := g.Meta().Int("b.count")
	if text != "héllo" || count != 4e9 {
		t.Errorf("have %q, %d", text, count)
	}
	for _, w := range tensors {
		have, err := g.Tensor(w.Name, w.Shape...)
		if err != nil {
			t.Error(err)
			continue
		}
		for want := range w.Floats {
			if !slices.Equal(have.Floats(), want) && len(want) > 0 {
				t.Errorf("%s: want %v, have %v", w.Name, want, have.Floats())
			}
		}
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at := bytes.Index(first, []byte(architectureKey)); at != ggufHeader+8 {
		t.Errorf("want the architecture as the first key, have it at %d", at)
	}
	if err := WriteGGUF(path, tensors, meta); err != nil || !bytes.Equal(first, mustRead(t, path)) {
		t.Errorf("again: want the same bytes, have others, %v", err)
	}
}

func TestWriteGGUFRefuses(t *testing.T) {
	one := FloatOutput("x", []float32{1}, 1)
	for _, c := range []struct {
		tensors []Output
		meta    map[string]any
		want    string
	}{
		{[]Output{one, one}, nil, `tensor "x": given twice`},
		{[]Output{IntOutput("x", []int32{1}, 1)}, nil, "type: want F32, have I32"},
		{[]Output{FloatOutput("x", []float32{1})}, nil, "shape: want 1 to 4 dimensions, have 0"},
		{[]Output{FloatOutput("x", []float32{1}, 1, 1, 1, 1, 1)}, nil, "have 5"},
		{[]Output{FloatOutput("x", []float32{1}, 2)}, nil, "values: want 2, have 1"},
		{[]Output{one}, map[string]any{"k": 1}, `key "k": value: want a string or uint32, have int`},
		{[]Output{one}, map[string]any{"k": "\xff"}, "not valid UTF-8"},
	} {
		dir := t.TempDir()
		err := WriteGGUF(filepath.Join(dir, "x.gguf"), c.tensors, c.meta)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, have %v", c.want, err)
		}
		if list, _ := os.ReadDir(dir); len(list) != 0 {
			t.Errorf("%s: want no file, have %v", c.want, list)
		}
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
