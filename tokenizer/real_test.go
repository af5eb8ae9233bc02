package tokenizer

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realTokenizers is the folder of full-size tokenizers: NAME.json, each with
// its golden NAME.jsonl beside it.
func realTokenizers(t *testing.T) string {
	dir := os.Getenv("PREMLP_TOKENIZERS")
	if dir == "" {
		t.Skip("PREMLP_TOKENIZERS names no folder of tokenizers")
	}
	return dir
}

// TestGoldenReal compares full-size vocabularies.
func TestGoldenReal(t *testing.T) {
	dir := realTokenizers(t)
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

// TestVocabularyReal compares full-size vocabularies written as GGUF files hold
// them.
func TestVocabularyReal(t *testing.T) {
	dir := realTokenizers(t)
	names := maps.Clone(miniPre)
	names["llama3"], names["gpt2v_starcoderpre"] = names["llama3_1"], names["smollm2"]
	for name, mini := range names {
		path := filepath.Join(dir, name+".json")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			checkVocabulary(t, asVocabulary(t, path, mini.pre), path, filepath.Join(dir, name+".jsonl"), mini.limit)
		})
	}
}
