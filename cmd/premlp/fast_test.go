package main

import (
	"path/filepath"
	"strings"
	"testing"

	"premlp/layers"
	"premlp/layers/layerstest"
)

// TestFastBF16 asks for the lossy arithmetic: where the processor lacks it, every
// command says so and fails; where it has it, its error is printed.
func TestFastBF16(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	missing := layers.CheckFastBF16()
	for _, args := range [][]string{
		collectArgs(t, m, filepath.Join(dir, "france"), "--fast-bf16"),
		{"dump", "--model", m, "--ids", "1,2,3", "-o", filepath.Join(dir, "x.safetensors"), "--fast-bf16"},
		{"bench", "forward", "--model", m, "--lengths", "3", "--fast-bf16"},
	} {
		if missing == nil && args[0] == "bench" {
			continue // it measures the machine for a second
		}
		status, stdout, stderr := premlp(t, args...)
		switch {
		case missing != nil && (status != exitFailed || !strings.Contains(stderr, "--fast-bf16: want a processor with bf16 dot products (AVX512-BF16), have ")):
			t.Errorf("%v: want it refused, have status %d, %q", args, status, stderr)
		case missing != nil && (strings.Contains(stderr, "loading") || stdout != ""):
			t.Errorf("%v: want it refused before anything is loaded, have %q, %q", args, stdout, stderr)
		case missing == nil && (status != exitDone || !strings.Contains(stderr, "the worst row of mlp_in is off by")):
			t.Errorf("%v: want the error on stderr, have status %d, %q", args, status, stderr)
		}
	}
}

// TestFastBF16Dataset makes a dataset with the judge of the lossy arithmetic:
// the error is printed, the name is in the manifest, and neither verify nor a
// further run takes the dataset for an exact one.
func TestFastBF16Dataset(t *testing.T) {
	layerstest.JudgeFastBF16(t)
	const name = "bf16dot-k256-a64-1"
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "france")
	args := collectArgs(t, m, out, "--date", "2026-01-02")
	status, stdout, stderr := premlp(t, append(args, "--fast-bf16")...)
	if status != exitDone || !strings.Contains(stdout, "arithmetic "+name) || !strings.Contains(stderr, "the worst row of mlp_in is off by 0.0") {
		t.Fatalf("collect: want the arithmetic and its error, have status %d, %q, %q", status, stdout, stderr)
	}
	if manifest := string(readFile(t, filepath.Join(out, "manifest.json"))); !strings.Contains(manifest, `"`+name+`"`) {
		t.Errorf("manifest: want %s in %s", name, manifest)
	}
	if status, _, stderr := premlp(t, "verify", out, "--model", m); status != exitFailed || !strings.Contains(stderr, name) {
		t.Errorf("verify: want it to refuse another arithmetic, have status %d, %q", status, stderr)
	}
	if status, _, stderr := premlp(t, args...); status != exitFailed || !strings.Contains(stderr, "rithmetic") {
		t.Errorf("an exact run into the same folder: want it refused, have status %d, %q", status, stderr)
	}
	dumped := filepath.Join(t.TempDir(), "x.safetensors")
	status, stdout, stderr = premlp(t, "dump", "--model", m, "--ids", "1,2,3", "-o", dumped, "--fast-bf16")
	if status != exitDone || !strings.Contains(stdout, name) || !strings.Contains(stderr, "the worst row of logits is off by 0.0") {
		t.Errorf("dump: have status %d, %q, %q", status, stdout, stderr)
	}
}
