package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/weights"
)

var updateStep = flag.Bool("update-step", false, "write the transcripts of testdata/step again")

const stepPrompt = "The capital of France is"

// stepLines runs commands as stdin gives them.
func stepLines(t *testing.T, lines string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, diag bytes.Buffer
	args = append([]string{"step", "--model", "tiny-countries", "--prompt", stepPrompt, "--quiet"}, args...)
	status = run(t.Context(), args, strings.NewReader(lines), &out, &diag)
	return status, out.String(), diag.String()
}

// The transcripts of scripts are what they were.
func TestStepTranscripts(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	scripts, err := filepath.Glob("testdata/step/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		for _, threads := range []string{"1", "2"} {
			status, stdout, stderr := stepLines(t, "", "--script", script, "--threads", threads)
			if status != 0 {
				t.Fatalf("%s: %s", script, stderr)
			}
			golden := strings.TrimSuffix(script, ".txt") + ".golden"
			if *updateStep {
				if err := os.WriteFile(golden, []byte(stdout), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if stdout != string(want) {
				t.Errorf("%s with %s threads: want %s, have\n%s", script, threads, golden, stdout)
			}
		}
	}
}

// The transcript in docs is what the program prints.
func TestStepDocs(t *testing.T) {
	path := os.Getenv("PREMLP_TEST_SMOLLM2")
	if path == "" {
		t.Skip("PREMLP_TEST_SMOLLM2 is not set: want the path of the real model")
	}
	var out, diag bytes.Buffer
	args := []string{"step", "--model", path, "--prompt", stepPrompt, "--script", "../../docs/examples/step-paris.txt", "--quiet"}
	if status := run(t.Context(), args, strings.NewReader(""), &out, &diag); status != 0 {
		t.Fatal(diag.String())
	}
	page, err := os.ReadFile("../../docs/stepping.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), out.String()) {
		t.Errorf("docs/stepping.md: want this transcript\n%s", out.String())
	}
}

// A walk to the end saves the bits that dump writes.
func TestStepSavesWhatDumpWrites(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	dir := t.TempDir()
	saved, dumped := filepath.Join(dir, "saved.safetensors"), filepath.Join(dir, "dumped.safetensors")
	if status, _, stderr := premlp(t, "dump", "--model", "tiny-countries", "--text", stepPrompt, "--sites", "mlp_in", "-o", dumped); status != 0 {
		t.Fatal(stderr)
	}
	lines := "next 7\nlayer\nto mlp_in.4\nsave " + saved + "\nreference file " + dumped + "\ncompare\ncompare mlp_in.2\ncontinue\ncompare\n"
	status, stdout, stderr := stepLines(t, lines)
	if status != 0 || strings.Count(stdout, "the bits of") != 3 {
		t.Fatalf("want three comparisons of equal bits, have %s%s", stdout, stderr)
	}
	f, err := weights.OpenSafetensors(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Tensor("mlp_in.4", 5, 128); err != nil {
		t.Error(err)
	}
}

// What cannot be done is said, with what could be meant, and the walk goes on; a
// script ends there.
func TestStepErrors(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	script := filepath.Join(t.TempDir(), "script")
	for _, c := range []struct{ line, want string }{
		{"to mlp_inn.3", "the nearest: mlp_in.3, "},
		{"to layer.6", "the nearest: layer."},
		{"to mlp_in.0", "computed already"},
		{"shwo", "the nearest: show"},
		{"show tokens 9", "tokens: want one of 0 to 4"},
		{"show tokens", "want a range"},
		{"show coords 3:2", "coords: want one of 0 to 127"},
		{"show resid_post.5", "not computed yet"},
		{"next 0", "want a number from 1 up"},
		{"break", "want one place"},
		{"break x", "no op, site, layer or kind"},
		{"when norm > x", "want a number"},
		{"when hot", "want a condition"},
		{"when xqzjk overtakes Paris", "want a text of one token"},
		{"delete 7", "want the number of a stop"},
		{"compare", "nothing to compare with"},
		{"patch set", "nothing to compare with"},
		{"patch half", "want zero, scale NUMBER or set"},
		{"patch scale NaN", "want a number"},
		{"lens top 0", "want a number from 1 to 100"},
		{"lens layers 6", "layers: want one of 0 to 5"},
		{"heat attention", "want a site"},
		{"reference file nowhere", "nowhere"},
		{"reference model nowhere", "nowhere"},
		{"reference", "want prompt TEXT"},
		{"save", "want a place"},
		{`show "x`, "want a closing quote"},
		{"tokens 1", "want at most 0 words"},
	} {
		status, stdout, stderr := stepLines(t, "to mlp_in.1\n"+c.line+"\nwhere\n")
		if status != 0 || !strings.Contains(stdout, c.want) || strings.Count(stdout, "= mlp_in.1") != 2 {
			t.Errorf("%s: want %q, have %d, %s%s", c.line, c.want, status, stdout, stderr)
		}
		if err := os.WriteFile(script, []byte("to mlp_in.1\n"+c.line+"\nwhere\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr = stepLines(t, "", "--script", script)
		if status != 1 || !strings.Contains(stderr, c.want) || strings.Contains(stdout, "> where") {
			t.Errorf("script, %s: want it to end with %q, have %d, %s%s", c.line, c.want, status, stdout, stderr)
		}
	}
}

// With --json a walk is one document.
func TestStepJSON(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	status, stdout, stderr := stepLines(t, "to mlp_in.1\nstats\nnonsense\nlens\nquit\nnext\n", "--json")
	if status != 0 || strings.Count(stdout, `"command"`) != 4 || !strings.Contains(stdout, `"error"`) {
		t.Errorf("have %d, %s%s", status, stdout, stderr)
	}
}
