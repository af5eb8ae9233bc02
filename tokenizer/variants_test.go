package tokenizer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestVariants compares random pipelines with tokenizers 0.23.3
// (testdata/variants/generate.py).
func TestVariants(t *testing.T) {
	var variants []struct {
		Base    string
		Parts   map[string]any
		Model   map[string]any
		Dropped []string
		Lines   []goldenLine
	}
	readJSON(t, "testdata/variants/golden.json", &variants)
	if len(variants) < 50 {
		t.Fatalf("want at least 50 variants, have %d", len(variants))
	}
	for i, v := range variants {
		t.Run(fmt.Sprintf("%d_%s", i, v.Base), func(t *testing.T) {
			var file map[string]any
			readJSON(t, "testdata/mini/"+v.Base+".json", &file)
			maps.Copy(file, v.Parts)
			model := file["model"].(map[string]any)
			maps.Copy(model, v.Model)
			for _, token := range v.Dropped {
				delete(model["vocab"].(map[string]any), token)
			}
			data, err := json.Marshal(file)
			if err != nil {
				t.Fatal(err)
			}
			tok, err := FromJSON(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range v.Lines {
				e := encode(t, tok, line.S)
				if !slices.Equal(e.IDs, line.IDs) || !slices.Equal(flat(e.Spans), line.Boff) {
					t.Errorf("%q: want %v %v, have %v %v", line.S, line.IDs, line.Boff, e.IDs, flat(e.Spans))
				}
			}
		})
	}
}
