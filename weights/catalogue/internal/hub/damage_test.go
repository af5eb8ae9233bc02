package hub

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPullBrokenBody: a body cut short is never taken for the file.
func TestPullBrokenBody(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	size := len(h.files["model.safetensors"])
	h.cut = 10_000
	if _, err := Pull(t.Context(), h.config(t), mainRef, nil); err != nil {
		t.Fatal(err)
	}
	if sent := h.bytesSent("model.safetensors"); sent != size {
		t.Errorf("resumed within one pull: want %d bytes sent, have %d", size, sent)
	}

	h = newFakeHub(t, map[string]string{"config.json": "{}", "model.safetensors": strings.Repeat("weights ", 5000)})
	h.noRange, h.cut, h.cutAll = true, 10_000, true
	config := h.config(t)
	if _, err := Pull(t.Context(), config, mainRef, nil); err == nil {
		t.Fatal("always cut: want an error")
	}
	if _, err := Find(config, mainRef); !errors.Is(err, ErrNotCached) {
		t.Errorf("always cut: want it not in the cache, have %v", err)
	}
	h.change(func() { h.noRange, h.cut, h.cutAll = false, 0, false })
	before := h.bytesSent("model.safetensors")
	var first int64 = -1
	s, err := Pull(t.Context(), config, mainRef, func(done, _ int64) {
		if first < 0 {
			first = done
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if sent := h.bytesSent("model.safetensors") - before; sent != size-10_000 {
		t.Errorf("resumed by the next pull: want %d bytes sent, have %d", size-10_000, sent)
	}
	if text, _ := os.ReadFile(filepath.Join(s.Path, "model.safetensors")); string(text) != h.files["model.safetensors"] {
		t.Error("the resumed file differs")
	}
}

func TestPullForeignBeginning(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	config := h.config(t)
	weights := h.files["model.safetensors"]
	blob := filepath.Join(config.Cache, "models--org--name", "blobs", blobName("model.safetensors", weights))
	for _, left := range []string{"not the beginning", strings.Repeat("x", len(weights)), strings.Repeat("x", len(weights)+1)} {
		if err := os.MkdirAll(filepath.Dir(blob), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(blob+".incomplete", []byte(left), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Pull(t.Context(), config, mainRef, nil)
		if err != nil {
			t.Fatalf("%d bytes left: %v", len(left), err)
		}
		if text, _ := os.ReadFile(filepath.Join(s.Path, "model.safetensors")); string(text) != weights {
			t.Errorf("%d bytes left: the file differs", len(left))
		}
		if err := os.Remove(blob); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPullRepairsTheCache(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	config := h.config(t)
	s, err := Pull(t.Context(), config, mainRef, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Path, "model.safetensors")
	blob, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := []byte(h.files["model.safetensors"])
	damaged[100] ^= 1
	if err := os.WriteFile(blob, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err = Pull(t.Context(), config, mainRef, nil); err != nil || s.Fetched != 1 {
		t.Fatalf("damaged blob: have %+v, %v", s, err)
	}
	// A cache without links, as Python makes one on some systems.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(blob, path); err != nil {
		t.Fatal(err)
	}
	if s, err = Pull(t.Context(), config, mainRef, nil); err != nil || s.Fetched != 0 {
		t.Fatalf("file in the snapshot itself: have %+v, %v", s, err)
	}
	if text, _ := os.ReadFile(path); string(text) != h.files["model.safetensors"] {
		t.Error("the file differs")
	}
}
