package model

import (
	"path/filepath"
	"slices"
	"testing"

	"premlp/layers"
	"premlp/weights"
)

// open opens a model for the length of a test.
func open(t *testing.T, path string) *Model {
	t.Helper()
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// variants lists the golden models of testdata/arch.
func variants(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "arch", "*", "golden.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden models: %v", err)
	}
	for i, p := range paths {
		paths[i] = filepath.Dir(p)
	}
	return paths
}

// representative names variants that together have every kind of layer.
var representative = []string{
	"llama-linear-rope", "mistral", "gemma3", "phi3-longrope", "gpt_oss", "deepseek_v3", "gpt2", "gpt_neox", "bloom", "falcon-new",
}

// slow reports whether models are to be run few times: in a short run, and by the
// judge of the kernels, which is plain Go.
func slow() bool { return testing.Short() || layers.Kernel() == "go" }

// fewVariants lists the representative golden models where runs are slow, else all:
// for tests that run each model many times.
func fewVariants(t *testing.T) []string {
	t.Helper()
	all := variants(t)
	if !slow() {
		return all
	}
	return slices.DeleteFunc(all, func(dir string) bool { return !slices.Contains(representative, filepath.Base(dir)) })
}

// parity compares a model with a golden file and returns the worst error.
func parity(t *testing.T, m *Model, golden string) float64 {
	t.Helper()
	g, err := weights.OpenSafetensors(golden)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	p, err := m.Parity(t.Context(), g, ParityOptions{Tolerance: NewTolerance(), Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Failures {
		t.Error(f)
	}
	var worst Comparison
	for _, c := range p.Compared {
		if c.MaxRel >= worst.MaxRel {
			worst = c
		}
	}
	t.Logf("%d tensors; worst: prompt %s %s row %d: %.2g of the row's max", len(p.Compared), worst.Prompt, worst.Point, worst.WorstRow, worst.MaxRel)
	return worst.MaxRel
}

func TestGoldenVariants(t *testing.T) {
	for _, dir := range variants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			parity(t, m, filepath.Join(dir, "golden.safetensors"))
			if len(m.Config().Unknown) > 0 {
				t.Errorf("unknown keys: %v", m.Config().Unknown)
			}
		})
	}
}
