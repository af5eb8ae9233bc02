package catalogue

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocatePaths(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"m.gguf": "GGUF…", "other": "GGUF…", "bad.gguf": "PK", "short.gguf": "GG",
		"folder/config.json": "{}", "empty/x": "", "smollm2-135m/notes": ""} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, good := range []string{"m.gguf", "other", "./m.gguf", filepath.Join(dir, "m.gguf"), "folder", "./folder"} {
		if path, err := Locate(good); err != nil || path != good {
			t.Errorf("%s: have %q, %v", good, path, err)
		}
	}
	for bad, want := range map[string]string{
		"bad.gguf":     "first bytes",
		"short.gguf":   "first bytes",
		"./empty":      "want a folder with config.json",
		"nosuch.gguf":  "file does not exist",
		"a/b":          "file does not exist",
		"":             "file does not exist",
		"smollm2-135m": "run `premlp pull smollm2-135m`",
		"gemma":        "gemma3-270m",
		"zzz":          "smollm2-135m, gemma3-270m",
	} {
		if path, err := Locate(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q, have %q, %v", bad, want, path, err)
		}
	}
	if p, err := Pull(t.Context(), "folder", Options{}); err != nil || p.Fetched || p.Bytes() != 2 {
		t.Errorf("pull of a folder: have %+v, %v", p, err)
	}
}

func TestLocateHub(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	t.Setenv("HF_ENDPOINT", "")
	if _, err := Locate("hf:org/name"); !errors.As(err, new(*NotPulledError)) || !strings.Contains(err.Error(), "premlp pull hf:org/name") {
		t.Errorf("have %v", err)
	}
	commit := strings.Repeat("ab", 20)
	root := filepath.Join(os.Getenv("HF_HUB_CACHE"), "models--org--name")
	for name, text := range map[string]string{"refs/main": commit, "snapshots/" + commit + "/config.json": "{}", "snapshots/" + commit + "/model.safetensors": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := Locate("hf:org/name"); err != nil || path != filepath.Join(root, "snapshots", commit) {
		t.Errorf("have %q, %v", path, err)
	}
}
