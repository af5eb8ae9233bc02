package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset/datasettest"
)

func TestExport(t *testing.T) {
	dir, folder := datasettest.Small(t), t.TempDir()
	for _, form := range []string{"npz", "safetensors", "parquet", "hf"} {
		path := filepath.Join(folder, "out."+form)
		status, stdout, stderr := premlp(t, "export", dir, "--to", form, "-o", path, "--json")
		if status != exitDone {
			t.Fatalf("%s: status %d: %s", form, status, stderr)
		}
		var s struct {
			Path             string
			Bytes            int64
			Files, Questions int
		}
		decodeOne(t, stdout, &s)
		if _, err := os.Stat(path); err != nil || s.Path != path || s.Questions != 12 || s.Bytes == 0 || s.Files == 0 {
			t.Errorf("%s: have %+v, %v", form, s, err)
		}
	}
	status, stdout, stderr := premlp(t, "export", dir, "--to", "seed", "--site", "mlp_in", "-o", filepath.Join(folder, "x.pt"))
	if status != exitDone || !strings.Contains(stdout, "12 questions") {
		t.Errorf("seed: status %d, %q, %q", status, stdout, stderr)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{dir, "--to", "csv", "-o", "x"}, exitUsage, "want one of npz"},
		{[]string{dir, "--to", "npz"}, exitUsage, `"out"`},
		{[]string{dir, "--to", "npz", "--site", "mlp_in", "-o", "x"}, exitUsage, "--site"},
		{[]string{dir, "--to", "seed", "-o", filepath.Join(folder, "y")}, exitFailed, "site: want one of mlp_in, resid_post"},
		{[]string{dir, "--to", "npz", "-o", filepath.Join(folder, "x.pt")}, exitFailed, "exists"},
		{[]string{dir, "--to", "npz", "-o", filepath.Join(folder, "no", "folder")}, exitFailed, "no such file"},
		{[]string{folder, "--to", "npz", "-o", filepath.Join(folder, "y")}, exitFailed, "manifest.json"},
	} {
		status, _, stderr := premlp(t, append([]string{"export"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want status %d and %q, have %d, %q", c.args[1:], c.status, c.want, status, stderr)
		}
	}
}

// TestExportControlVector holds what of a file of directions llama.cpp gets, and
// what is refused.
func TestExportControlVector(t *testing.T) {
	folder := t.TempDir()
	from := filepath.Join(folder, "d.safetensors")
	if status, _, stderr := premlp(t, "directions", datasettest.Small(t), "-o", from, "--methods", "mean", "--bootstrap", "10", "--nulls", "5", "--quiet"); status != exitDone {
		t.Fatal(stderr)
	}
	for i, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{from}, exitDone, "left out: resid_post.0: llama.cpp adds nothing before the end of block 1"},
		{[]string{from, "--layers", "3"}, exitDone, "resid_post of layers [3]"},
		{[]string{from, "--site", "mlp_in"}, exitFailed, "mlp_in is what one MLP reads"},
		{[]string{from, "--layers", "0"}, exitFailed, "layer 0: llama.cpp adds nothing"},
		{[]string{from, "--layers", "0-2000000000"}, exitUsage, "--layers: want numbers"},
		{[]string{from, "--method", "lda"}, exitFailed, "have methods [\"mean\"]"},
		{[]string{folder}, exitUsage, "have the folder"},
	} {
		args := append([]string{"export"}, append(c.args, "--to", "control-vector", "-o", filepath.Join(folder, fmt.Sprint(i, ".gguf")))...)
		if status, stdout, stderr := premlp(t, args...); status != c.status || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%v: want status %d and %q, have %d, %q, %q", c.args, c.status, c.want, status, stdout, stderr)
		}
	}
	if status, _, stderr := premlp(t, "export", from, "--to", "npz", "--method", "mean", "-o", filepath.Join(folder, "x")); status != exitUsage {
		t.Errorf("npz --method: want status %d, have %d, %s", exitUsage, status, stderr)
	}
}

func TestQuality(t *testing.T) {
	dir, pictures := datasettest.Small(t), filepath.Join(t.TempDir(), "pictures")
	// The small dataset's values are noise and its sets unlike each other.
	status, stdout, stderr := premlp(t, "quality", dir, "--pictures", pictures, "--json")
	var r struct {
		Verdict string
		Layers  []json.RawMessage
		Balance []struct{ Name, Verdict, Advice string }
	}
	decodeOne(t, stdout, &r)
	if status != exitFailed || r.Verdict != "bad" || len(r.Layers) != 6 || len(r.Balance) != 3 || !strings.Contains(stderr, "the verdict is bad") {
		t.Errorf("have status %d, %+v, %q", status, r, stderr)
	}
	if entries, err := os.ReadDir(pictures); err != nil || len(entries) != 20 {
		t.Errorf("want 20 pictures, have %d, %v", len(entries), err)
	}
	_, stdout, _ = premlp(t, "quality", dir)
	for _, want := range []string{"mlp_in.3", "resid_post.0", "verdict: bad", "what to do: "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in the table, have %s", want, stdout)
		}
	}
	if status, _, stderr := premlp(t, "quality", filepath.Join(dir, "nothing")); status != exitFailed || !strings.Contains(stderr, "no such file") {
		t.Errorf("have status %d, %q", status, stderr)
	}
}
