package catalogue

import (
	"os"
	"path/filepath"
	"testing"
)

// put writes a file and its folder.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHolding(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("PREMLP_CACHE", cache)
	entry, _ := Lookup("tiny-countries")
	own, _, err := entry.files()
	if err != nil {
		t.Fatal(err)
	}
	var embedded []File
	for _, f := range own {
		embedded = append(embedded, f.File)
	}
	if path, err := Holding(embedded); err != nil || filepath.Dir(path) != filepath.Join(cache, "embedded") {
		t.Errorf("the model in the program: have %q, %v", path, err)
	}
	dir := filepath.Join(cache, "models", "mine")
	files := []File{{Name: "b.safetensors", SHA256: "22", Bytes: 3}, {Name: "config.json", SHA256: "11", Bytes: 2}}
	put(t, filepath.Join(dir, "config.json"), "{}")
	put(t, filepath.Join(dir, "b.safetensors"), "abc")
	if err := writeRecord(dir, &record{Name: "mine", Files: files}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files []File
		want  string
	}{
		"the same":        {[]File{files[1], files[0]}, dir},
		"another digest":  {[]File{{Name: "b.safetensors", SHA256: "23", Bytes: 3}, files[1]}, ""},
		"one less":        {files[:1], ""},
		"one more":        {append([]File{{Name: "x"}}, files...), ""},
		"part of another": {embedded[:1], ""},
	} {
		if path, err := Holding(c.files); path != c.want || err != nil {
			t.Errorf("%s: want %q, have %q, %v", name, c.want, path, err)
		}
	}
	put(t, filepath.Join(dir, "b.safetensors"), "cut") // of the same size: the digest is the reader's affair
	put(t, filepath.Join(dir, "config.json"), "")
	if path, err := Holding(files); path != "" || err != nil {
		t.Errorf("damaged: have %q, %v", path, err)
	}
}
