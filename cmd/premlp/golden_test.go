package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenByTransformers holds the script of docs/examples against models whose
// MLP stands behind attention, beside it, and before the norms.
func TestGoldenByTransformers(t *testing.T) {
	python := os.Getenv("PREMLP_TORCH_PYTHON")
	if python == "" {
		t.Skip("PREMLP_TORCH_PYTHON names no Python with torch and transformers")
	}
	if out, err := exec.Command(python, "-c", "import torch, transformers, safetensors").CombinedOutput(); err != nil {
		t.Skipf("%s has no transformers: %s", python, out)
	}
	for arch, want := range map[string]string{
		"llama": "32 tensors compared", "falcon-new": "26 tensors compared", "olmo2": "32 tensors compared",
	} {
		t.Run(arch, func(t *testing.T) {
			dir, file := "../../model/testdata/arch/"+arch, filepath.Join(t.TempDir(), "golden.safetensors")
			c := exec.Command(python, "../../docs/examples/golden.py", dir, "--ids", "3,17,5", "--ids", "9", "-o", file)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			status, stdout, stderr := premlp(t, "parity", "--model", dir, "--golden", file)
			if status != exitDone || !strings.Contains(stdout, want) {
				t.Errorf("want %s, have status %d, %s%s", want, status, stdout, stderr)
			}
		})
	}
}
