package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenReal compares full-size vocabularies: PREMLP_TOKENIZERS names a
// folder of NAME.json tokenizers, each with its golden NAME.jsonl beside it.
func TestGoldenReal(t *testing.T) {
	dir := os.Getenv("PREMLP_TOKENIZERS")
	if dir == "" {
		t.Skip("PREMLP_TOKENIZERS names no folder of tokenizers")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("want golden files in %s, have none (%v)", dir, err)
	}
	for _, golden := range files {
		name := strings.TrimSuffix(filepath.Base(golden), ".jsonl")
		t.Run(name, func(t *testing.T) {
			checkGolden(t, loadJSON(t, filepath.Join(dir, name+".json")), golden)
		})
	}
}
