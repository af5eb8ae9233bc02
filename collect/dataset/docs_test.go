package dataset_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// The documentation shows the script that TestPython runs, and every key.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/dataset-format.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), "\r\n", "\n")
	script, err := os.ReadFile("testdata/read.py")
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.ReplaceAll(string(script), "\r\n", "\n")
	if n := strings.Count(shown, "\n"); n > 15 {
		t.Errorf("read.py: want at most 15 lines, have %d", n)
	}
	if !strings.Contains(text, "```python\n"+shown+"```\n") {
		t.Error("docs/dataset-format.md: want testdata/read.py as it is, have another script")
	}
	for _, v := range []any{dataset.Manifest{}, datasettest.Questions(1)[0], dataset.RunInfo{}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(b, &keys); err != nil {
			t.Fatal(err)
		}
		for key, value := range keys {
			var inner map[string]json.RawMessage
			if json.Unmarshal(value, &inner) == nil && len(inner) > 0 {
				for k := range inner {
					wantKey(t, text, key+"."+k)
				}
				continue
			}
			wantKey(t, text, key)
		}
	}
}

func wantKey(t *testing.T, text, key string) {
	t.Helper()
	if !strings.Contains(text, "`"+key+"`") {
		t.Errorf("docs/dataset-format.md: want the key `%s`, have it nowhere", key)
	}
}
