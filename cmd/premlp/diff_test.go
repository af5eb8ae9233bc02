package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect"
	"premlp/layers"
	"premlp/model"
)

// TestDiffAndReproduce walks through both with the small model: the same job twice,
// the same again from its manifest by another number of threads, and another job.
func TestDiffAndReproduce(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	a, b, again := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "again")
	for out, more := range map[string][]string{a: nil, b: {"--seed", "7"}} {
		if status, _, stderr := premlp(t, collectArgs(t, m, out, append(more, "--date", "2026-01-02")...)...); status != exitDone {
			t.Fatal(stderr)
		}
	}
	status, stdout, stderr := premlp(t, "reproduce", a, "--model", m, "--threads", "1", "--batch-tokens", "40", "-o", again, "--json")
	var r struct {
		Same       bool
		Threads    [2]int
		Difference collect.Difference
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != exitDone || !r.Same || !r.Difference.Same || r.Threads[1] != 1 || r.Difference.Rows == 0 {
		t.Fatalf("reproduce: status %d, %v, %s%s", status, err, stdout, stderr)
	}
	status, stdout, _ = premlp(t, "diff", a, again)
	if status != exitDone || !strings.Contains(stdout, "the same bits: 20 questions") {
		t.Errorf("diff: status %d, %s", status, stdout)
	}
	status, stdout, stderr = premlp(t, "diff", a, b)
	if status != exitFailed || !strings.Contains(stdout, "manifest: seed: 0 and 7") || !strings.Contains(stdout, "rows: ") || !strings.Contains(stderr, "they differ") {
		t.Errorf("diff: status %d, %s%s", status, stdout, stderr)
	}
	var d collect.Difference
	status, stdout, _ = premlp(t, "diff", a, b, "--json")
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != exitFailed || d.Same || d.First != nil || len(d.Manifest) != 1 {
		t.Errorf("diff --json: status %d, %v, %s", status, err, stdout)
	}

	// Without -o nothing is left; a folder that is there is not written to.
	if status, stdout, stderr = premlp(t, "reproduce", a, "--model", m); status != exitDone || !strings.Contains(stdout, "the same bits") {
		t.Errorf("reproduce: status %d, %s%s", status, stdout, stderr)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("want nothing left beside the datasets, have %v, %v", left, err)
	}
	if status, _, stderr = premlp(t, "reproduce", a, "--model", m, "-o", b); status != exitUsage || !strings.Contains(stderr, "not there yet") {
		t.Errorf("reproduce into a dataset: status %d, %s", status, stderr)
	}
	if status, _, stderr = premlp(t, "reproduce", a, "--model", "../../model/testdata/arch/llama"); status != exitFailed {
		t.Errorf("another model: status %d, %s", status, stderr)
	}
	t.Setenv("PREMLP_CACHE", t.TempDir())
	if status, _, stderr = premlp(t, "reproduce", a); status != exitFailed || !strings.Contains(stderr, "give --model") {
		t.Errorf("no model: status %d, %s", status, stderr)
	}
}

// TestReproduceTinyCountries finds the model in the program by its digest, and makes
// the same bits in processes of every kernel of one arithmetic, by one thread and
// two. Another arithmetic is refused.
func TestReproduceTinyCountries(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	out := filepath.Join(t.TempDir(), "france")
	controls := writeFile(t, t.TempDir(), "controls.txt", []byte("Japan\nPeru\n"))
	if status, _, stderr := premlp(t, "collect", "--model", "tiny-countries", "--concept", "France", "--controls", controls, "-o", out); status != exitDone {
		t.Fatal(stderr)
	}
	if status, stdout, stderr := premlp(t, "reproduce", out); status != exitDone || !strings.Contains(stdout, "the same bits: 15 questions") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	for _, kernel := range []string{"avx2", "avx512", "portable"} {
		for _, threads := range []string{"1", "2"} {
			c := exec.CommandContext(t.Context(), os.Args[0], "reproduce", out, "--threads", threads)
			c.Env = append(os.Environ(), asCommand+"=1", "PREMLP_KERNEL="+kernel)
			text, _ := c.CombinedOutput()
			var want string
			switch {
			case strings.Contains(string(text), "want one of"):
				t.Logf("%s: this machine has none", kernel)
				continue
			case (kernel == "portable") == (layers.Kernel() == "portable"):
				want = "the same bits: 15 questions"
			default:
				want = "their bits cannot be compared"
			}
			if !strings.Contains(string(text), want) {
				t.Errorf("%s, %s threads: want %q, have %s", kernel, threads, want, text)
			}
		}
	}
}

func TestModelOf(t *testing.T) {
	for command, want := range map[string]string{
		"premlp collect --model a -o b": "a", "premlp collect -o b --model=c/d": "c/d", "premlp collect --model": "", "": "",
	} {
		if have := modelOf(strings.Fields(command)); have != want {
			t.Errorf("%s: want %q, have %q", command, want, have)
		}
	}
}

// TestDiffTensors compares dumps: of one text twice, of another text, and of fewer
// layers.
func TestDiffTensors(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	dump := func(name string, args ...string) string {
		file := filepath.Join(dir, name)
		if status, _, stderr := premlp(t, append([]string{"dump", "--model", m, "-o", file}, args...)...); status != exitDone {
			t.Fatal(stderr)
		}
		return file
	}
	a, same := dump("a", "--ids", "1,2,3"), dump("same", "--ids", "1,2,3", "--threads", "1")
	other, fewer := dump("other", "--ids", "1,2,4"), dump("fewer", "--ids", "1,2,3", "--layers", "0-1")
	for file, c := range map[string]struct {
		status int
		want   []string
	}{
		same:  {exitDone, []string{"the same bits: 5 tensors"}},
		other: {exitFailed, []string{"value 2: 3 and 4", "mlp_in.0", "row 2, value 0", "5 tensors in both, 5 of them differ"}},
		fewer: {exitFailed, []string{"mlp_in.2 (nearest: mlp_in.0, mlp_in.1", "4 tensors in both, 0 of them differ"}},
	} {
		status, stdout, stderr := premlp(t, "diff", a, file)
		for _, want := range c.want {
			if status != c.status || !strings.Contains(stdout, want) {
				t.Errorf("%s: want status %d and %q, have %d, %s%s", filepath.Base(file), c.status, want, status, stdout, stderr)
			}
		}
		var d model.TensorDifference
		status, stdout, _ = premlp(t, "diff", a, file, "--json")
		if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != c.status || d.Same != (status == exitDone) {
			t.Errorf("%s --json: status %d, %v, %s", filepath.Base(file), status, err, stdout)
		}
	}
	for _, c := range []struct {
		a, b   string
		status int
		want   string
	}{
		{a, dir, exitUsage, "have a folder and a file"},
		{a, filepath.Join(dir, "nosuch"), exitFailed, "no such file"},
		{dir, dir, exitFailed, "manifest.json"},
		{writeFile(t, dir, "bad", []byte("bad")), a, exitFailed, "bad"},
	} {
		if status, _, stderr := premlp(t, "diff", c.a, c.b); status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%s %s: want status %d and %q, have %d, %s", c.a, c.b, c.status, c.want, status, stderr)
		}
	}
}
