package catalogue

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEmbedded(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("PREMLP_CACHE", cache)
	dir, err := Locate("tiny-countries")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(dir, filepath.Join(cache, "embedded", "tiny-countries-")) {
		t.Errorf("path: have %s", dir)
	}
	onlyNames(t, dir, "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
	weights := filepath.Join(dir, "model.safetensors")
	entry, _ := Lookup("tiny-countries")
	if have := read(t, weights); sum(have) != entry.SHA256 || int64(len(have)) != entry.Bytes || entry.File != "model.safetensors" {
		t.Errorf("weights: want %s of %d bytes, have %s of %d", entry.SHA256, entry.Bytes, sum(have), len(have))
	}
	list, err := List()
	if err != nil || len(list) != len(entries) || list[0].Name != "tiny-countries" || !list[0].Embedded() || list[0].Path != "" {
		t.Errorf("list: have %+v, %v", list, err)
	}
	for _, c := range []struct {
		name    string
		damage  func() error
		written bool
	}{
		{"nothing", func() error { return nil }, false},
		{"other bytes", func() error { return os.WriteFile(weights, make([]byte, entry.Bytes), 0o644) }, true},
		{"gone", func() error { return os.Remove(filepath.Join(dir, "tokenizer.json")) }, true},
	} {
		if err := c.damage(); err != nil {
			t.Fatal(err)
		}
		p, err := Pull(t.Context(), "tiny-countries", Options{})
		if err != nil || p.Path != dir || p.Fetched != c.written || len(p.Files) != 4 || p.Licence != "Apache-2.0" {
			t.Errorf("%s: have %+v, %v", c.name, p, err)
		}
		if sum(read(t, weights)) != entry.SHA256 {
			t.Errorf("%s: the weights are not repaired", c.name)
		}
	}
	onlyNames(t, dir, "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
}

func TestEmbeddedWithoutCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PREMLP_CACHE", filepath.Join(file, "cache"))
	if _, err := Locate("tiny-countries"); err == nil || !strings.Contains(err.Error(), "tiny-countries") {
		t.Errorf("have %v", err)
	}
}
