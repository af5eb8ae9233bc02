package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/steering"
	"premlp/weights"
)

// tinyDataset collects a small dataset with a random model.
func tinyDataset(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "france")
	if status, _, stderr := premlp(t, collectArgs(t, tinyModel(t), out, "--date", "2026-01-02", "--layers", "0,2")...); status != exitDone {
		t.Fatal(stderr)
	}
	return out
}

func TestDirections(t *testing.T) {
	dir, out := tinyDataset(t), t.TempDir()
	file, table := filepath.Join(out, "d.safetensors"), filepath.Join(out, "d.csv")
	args := []string{"directions", dir, "-o", file, "--bootstrap", "50", "--nulls", "10", "--quiet"}
	status, stdout, stderr := premlp(t, append(args, "--table", table)...)
	if status != exitDone {
		t.Fatal(stderr)
	}
	for _, want := range []string{"France against 3 controls", "not computed: a narrow interval", "not claimed: that the target is special", "leace", "over all layers: mlp_in mean: 1 in 20"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in %s", want, stdout)
		}
	}
	lines, err := csv.NewReader(strings.NewReader(string(readFile(t, table)))).ReadAll()
	if err != nil || len(lines) != 1+2*8 {
		t.Errorf("table: want a heading, 2 layers × 8 methods, have %d lines, %v", len(lines), err)
	}
	f, err := weights.OpenSafetensors(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"mean.mlp_in.0", "leace.mlp_in.2", "control_mean.mlp_in.2"} {
		if _, err := f.Tensor(name, 24); err != nil {
			t.Error(err)
		}
	}
	if d, err := steering.ReadFile(file, "lda"); err != nil || d.Target() != "France" || len(d.Points()) != 2 {
		t.Errorf("read by steer: have %+v, %v", d, err)
	}
	first := readFile(t, file)
	if status, _, stderr := premlp(t, append(args, "--threads", "1")...); status != exitDone || string(readFile(t, file)) != string(first) {
		t.Errorf("again on one thread: want the same bytes, have status %d, %s", status, stderr)
	}

	status, stdout, stderr = premlp(t, append(args, "--target", "Germany", "--methods", "mean", "--layers", "2", "--json")...)
	var report struct {
		Target string
		Digest string `json:"dataset_digest"`
		Layers []struct {
			Layer   int
			Methods []struct {
				Method string
				Band   struct {
					Of int
				} `json:"pseudo_targets"`
				Verdict struct{ Word string }
			}
		}
		Refused []string `json:"not_claimed"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); status != exitDone || err != nil {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if report.Target != "Germany" || len(report.Digest) != 64 || len(report.Refused) == 0 || len(report.Layers) != 1 ||
		report.Layers[0].Layer != 2 || len(report.Layers[0].Methods) != 1 || report.Layers[0].Methods[0].Band.Of != 4 ||
		report.Layers[0].Methods[0].Verdict.Word == "" {
		t.Errorf("have %s", stdout)
	}
}

func TestDirectionsBadInput(t *testing.T) {
	dir := tinyDataset(t)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no dataset", []string{"directions", filepath.Join(dir, "nothing")}, 1, "no such file"},
		{"target", []string{"directions", dir, "--target", "Atlantis"}, 2, "--target: want one of France, Germany"},
		{"method", []string{"directions", dir, "--methods", "mean,svm"}, 2, `--methods: want some of mean, lda`},
		{"site", []string{"directions", dir, "--sites", "mlp_out"}, 2, "--sites: want some of mlp_in"},
		{"layer", []string{"directions", dir, "--layers", "1"}, 2, "--layers: want some of [0 2]"},
		{"level", []string{"directions", dir, "--level", "tokens"}, 2, "--level: want rows or questions"},
		{"folds", []string{"directions", dir, "--folds", "1"}, 2, "--folds: want 2 or more"},
		{"groups", []string{"directions", dir, "--groups", "0"}, 2, "--groups: want 1 or more"},
		{"bootstrap", []string{"directions", dir, "--bootstrap", "0"}, 2, "--bootstrap and --nulls"},
		{"seed", []string{"directions", dir, "--seed", "0"}, 2, "--seed: want 1 or more"},
		{"threads", []string{"directions", dir, "--threads", "0"}, 2, "--threads: want 1 or more"},
		{"table", []string{"directions", dir, "--table", "x.xlsx"}, 2, "--table: want a name that ends in .csv or .json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "d.safetensors")
			status, stdout, stderr := premlp(t, append(c.args, "-o", out, "--quiet")...)
			if status != c.status || !strings.Contains(stderr, c.want) || stdout != "" {
				t.Errorf("want status %d and %q, have %d and %q, %q", c.status, c.want, status, stderr, stdout)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a file was written")
			}
		})
	}
}
