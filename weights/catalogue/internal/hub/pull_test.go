package hub

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var mainRef = Ref{ID: "org/name", Revision: "main"}

func modelFiles() map[string]string {
	return map[string]string{
		"config.json":              `{"model_type":"llama"}`,
		"tokenizer.json":           `{}`,
		"chat_template.jinja":      `{{ messages }}`,
		"model.safetensors":        strings.Repeat("weights ", 5000),
		"consolidated.safetensors": "the same weights again",
		"pytorch_model.bin":        "the same weights again",
		"onnx/config.json":         "of another model",
		"chat_template/tool.jinja": "of a subfolder",
		"README.md":                "text",
		"../escape.safetensors":    "hostile",
	}
}

func names(s *Snapshot) (out []string) {
	for _, f := range s.Files {
		out = append(out, f.Name)
	}
	slices.Sort(out)
	return out
}

func TestPullFolder(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	h.token = "hf_test"
	config := h.config(t)
	var done, total int64
	s, err := Pull(t.Context(), config, mainRef, func(d, n int64) { done, total = d, n })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"}
	if !slices.Equal(names(s), want) || s.Fetched != 4 {
		t.Errorf("want %v, have %v, fetched %d", want, names(s), s.Fetched)
	}
	if done != total || total == 0 {
		t.Errorf("progress: have %d of %d", done, total)
	}
	// The Python library's layout.
	root := filepath.Join(config.Cache, "models--org--name")
	if s.Path != filepath.Join(root, "snapshots", testCommit) {
		t.Errorf("path: have %s", s.Path)
	}
	if ref, _ := os.ReadFile(filepath.Join(root, "refs", "main")); string(ref) != testCommit {
		t.Errorf("refs/main: have %q", ref)
	}
	for _, name := range want {
		text, err := os.ReadFile(filepath.Join(s.Path, name))
		if err != nil || string(text) != h.files[name] {
			t.Errorf("%s: have %d bytes, %v", name, len(text), err)
		}
		blob := filepath.Join("..", "..", "blobs", blobName(name, h.files[name]))
		if link, err := os.Readlink(filepath.Join(s.Path, name)); err != nil || link != blob {
			t.Errorf("%s: want a link to %s, have %q, %v", name, blob, link, err)
		}
	}
	if found, err := Find(config, mainRef); err != nil || found != s.Path {
		t.Errorf("find: have %q, %v", found, err)
	}
	again, err := Pull(t.Context(), config, mainRef, nil)
	if err != nil || again.Fetched != 0 || again.Path != s.Path {
		t.Errorf("again: have %+v, %v", again, err)
	}
	if n := h.requests("CDN GET"); n != 1 {
		t.Errorf("weights: want one download, have %d", n)
	}
}

func TestPullSharded(t *testing.T) {
	h := newFakeHub(t, map[string]string{
		"config.json": "{}", indexName: `{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors","c":"model-1.safetensors"}}`,
		"model-1.safetensors": "one", "model-2.safetensors": "two", "consolidated.safetensors": "both",
	})
	config := h.config(t)
	s, err := Pull(t.Context(), config, mainRef, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"config.json", "model-1.safetensors", "model-2.safetensors", indexName}; !slices.Equal(names(s), want) {
		t.Errorf("want %v, have %v", want, names(s))
	}
	if err := os.Remove(filepath.Join(s.Path, "model-2.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(config, mainRef); !errors.Is(err, ErrNotCached) || !strings.Contains(err.Error(), "model-2.safetensors is missing") {
		t.Errorf("find with a shard missing: have %v", err)
	}
}

func TestPullGGUF(t *testing.T) {
	h := newFakeHub(t, map[string]string{"m-Q4.gguf": "GGUF4", "sub/m-Q8.gguf": "GGUF8", "README.md": ""})
	config := h.config(t)
	ref := Ref{ID: "org/name", File: "sub/m-Q8.gguf", Revision: "main"}
	s, err := Pull(t.Context(), config, ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(s.Path); string(text) != "GGUF8" {
		t.Errorf("have %q at %s", text, s.Path)
	}
	if found, err := Find(config, ref); err != nil || found != s.Path {
		t.Errorf("find: have %q, %v", found, err)
	}
	if _, err := Pull(t.Context(), config, mainRef, nil); !errors.Is(err, ErrNoModel) || !strings.Contains(err.Error(), "m-Q4.gguf, sub/m-Q8.gguf") {
		t.Errorf("two files, none named: have %v", err)
	}
	ref.File = "nosuch.gguf"
	if _, err := Pull(t.Context(), config, ref, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown file: have %v", err)
	}
	h.change(func() { delete(h.files, "m-Q4.gguf") })
	if s, err := Pull(t.Context(), config, mainRef, nil); err != nil || filepath.Base(s.Path) != "m-Q8.gguf" {
		t.Errorf("only one file: have %+v, %v", s, err)
	}
}

func TestPullRevisions(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	config := h.config(t)
	for _, rev := range []string{"v1", "refs/pr/1", testCommit} {
		ref := Ref{ID: "org/name", Revision: rev}
		if _, err := Find(config, ref); rev != testCommit && !errors.Is(err, ErrNotCached) {
			t.Errorf("%s: before: have %v", rev, err)
		}
		if _, err := Pull(t.Context(), config, ref, nil); err != nil {
			t.Errorf("%s: %v", rev, err)
		}
		if _, err := Find(config, ref); err != nil {
			t.Errorf("%s: %v", rev, err)
		}
	}
	if _, err := Pull(t.Context(), config, Ref{ID: "old/name", Revision: "main"}, nil); err != nil {
		t.Errorf("renamed model: %v", err)
	}
}

func TestPullMirrorWithoutDigests(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	h.plain = true
	if s, err := Pull(t.Context(), h.config(t), mainRef, nil); err != nil || s.Fetched != 4 {
		t.Errorf("have %+v, %v", s, err)
	}
}

func TestPullOffline(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	config := h.config(t)
	config.Offline = true
	if _, err := Pull(t.Context(), config, mainRef, nil); !errors.Is(err, ErrNotCached) {
		t.Errorf("empty cache: have %v", err)
	}
	config.Offline = false
	if _, err := Pull(t.Context(), config, mainRef, nil); err != nil {
		t.Fatal(err)
	}
	h.Close()
	config.Offline = true
	s, err := Pull(t.Context(), config, mainRef, nil)
	if err != nil || s.Fetched != 0 || len(s.Files) != 4 {
		t.Errorf("full cache: have %+v, %v", s, err)
	}
}

func TestPullCancelled(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	h.busy = 1000
	config := h.config(t)
	config.Pause = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Pull(ctx, config, mainRef, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("have %v", err)
	}
}

// TestPullTwoAtOnce: two pulls of one model share one download.
func TestPullTwoAtOnce(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	config := h.config(t)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := Pull(t.Context(), config, mainRef, nil)
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := h.requests("CDN GET"); n != 1 {
		t.Errorf("want one download, have %d", n)
	}
}
