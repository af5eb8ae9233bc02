package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// collectArgs is a small job on a model.
func collectArgs(t *testing.T, model, out string, more ...string) []string {
	t.Helper()
	controls := writeFile(t, t.TempDir(), "controls.txt", []byte("Germany\nUnited Kingdom\n# a remark\n\nSouth Korea\n"))
	return append([]string{"collect", "--model", model, "--concept", "France", "--controls", controls, "-o", out}, more...)
}

func TestCollectVerifyDump(t *testing.T) {
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "deep", "france")
	args := collectArgs(t, m, out, "--date", "2026-01-02", "--sites", "mlp_in,resid_post", "--layers", "0,2", "--json")
	status, stdout, stderr := premlp(t, args...)
	if status != exitDone {
		t.Fatalf("collect: status %d: %s", status, stderr)
	}
	var report struct{ Questions, Target, Rows, Layers int }
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.Questions != 20 || report.Layers != 2 {
		t.Errorf("want 20 questions at 2 layers in one JSON document, have %s, %v", stdout, err)
	}
	manifest := string(readFile(t, filepath.Join(out, "manifest.json")))
	for _, want := range []string{`"date": "2026-01-02"`, `"mlp_in": 1`, `"used": true`} {
		if !strings.Contains(manifest, want) {
			t.Errorf("manifest: want %s in %s", want, manifest)
		}
	}
	if bytes.Contains([]byte(manifest), []byte(m)) {
		t.Errorf("manifest: it names the model's path")
	}
	if status, stdout, _ := premlp(t, args[:len(args)-1]...); status != exitDone || !strings.Contains(stdout, "is made already") {
		t.Errorf("the same command again: want it to leave the dataset, have status %d, %q", status, stdout)
	}
	other := append(args[:len(args)-1:len(args)-1], "--no-chat")
	if status, _, stderr := premlp(t, other...); status != exitFailed || !strings.Contains(stderr, "already exists") {
		t.Errorf("another job into the same folder: want it refused, have status %d, %q", status, stderr)
	}
	status, stdout, stderr = premlp(t, "verify", out, "--model", m, "--sample", "20")
	if status != exitDone || !strings.Contains(stdout, "20 questions computed again: 0 places differ") {
		t.Errorf("verify: status %d, %q, %q", status, stdout, stderr)
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "france")
	if status, _, stderr := premlp(t, collectArgs(t, m, out)...); status != exitDone {
		t.Fatal(stderr)
	}
	rows := filepath.Join(out, "rows-00000.msgpack")
	data := readFile(t, rows)
	data[len(data)/2] ^= 1
	if err := os.WriteFile(rows, data, 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, _ := premlp(t, "verify", out, "--model", m)
	if status != exitFailed || !strings.Contains(stdout, "corrupt") {
		t.Errorf("want the damage found, have status %d, %q", status, stdout)
	}
}

// TestCollectBadInput checks that each bad input gives one clear error, and
// that nothing stands under the dataset's name.
func TestCollectBadInput(t *testing.T) {
	m := tinyModel(t)
	dir := t.TempDir()
	file := func(name, text string) string { return writeFile(t, dir, name, []byte(text)) }
	good := file("controls.txt", "Germany\nSpain\n")
	noTokenizer := tinyModel(t)
	if err := os.Remove(filepath.Join(noTokenizer, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	truncated := tinyModel(t)
	file2 := filepath.Join(truncated, "model.safetensors")
	if err := os.Truncate(file2, 5000); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"concept absent", []string{"--questions", file("q1.jsonl", `{"text":"What is Spain?","concept":"France","set":"target"}`)}, 1, `no "France" in "What is Spain?"`},
		{"concept inside a word", []string{"--questions", file("q2.jsonl", `{"text":"Who leads Nigeria?","concept":"Niger","set":"target"}`)}, 1, `only inside`},
		{"no token after it", []string{"--no-chat", "--questions", file("q3.jsonl", `{"text":"Tell me of France","concept":"France","set":"target"}`)}, 1, "no token"},
		{"one set empty", []string{"--questions", file("q4.jsonl", `{"text":"What is France?","concept":"France","set":"target"}`)}, 1, "control"},
		{"no control", []string{"--concept", "France", "--controls", file("c0.txt", "# none\n\n")}, 1, "have none"},
		{"control twice", []string{"--concept", "France", "--controls", file("c1.txt", "Spain\nspain\n")}, 1, "line 2"},
		{"control is the target", []string{"--concept", "France", "--controls", file("c2.txt", "Spain\nFRANCE\n")}, 1, "line 2"},
		{"not UTF-8", []string{"--concept", "France", "--controls", file("c3.txt", "Sp\xe4in\n")}, 1, "UTF-8"},
		{"no controls file", []string{"--concept", "France", "--controls", filepath.Join(dir, "nothing")}, 1, "no such file"},
		{"no controls and a wrong category", []string{"--concept", "France", "--category", "lands"}, 2, "--category: want countries"},
		{"controls and an endpoint", []string{"--concept", "France", "--controls", good, "--endpoint", "http://x"}, 2, "none of the others can be"},
		{"no templates of the category", []string{"--concept", "Seine", "--controls", good, "--category", "a river/rivers"}, 2, "--templates: want a file of templates about rivers"},
		{"paraphrases without a file", []string{"--concept", "France", "--controls", good, "--paraphrases"}, 1, "want paraphrases"},
		{"no target", []string{"--controls", good}, 2, "concept"},
		{"template without concept", []string{"--concept", "France", "--controls", good, "--templates", file("t1.yaml", "- text: What is it?\n  type: x\n")}, 1, "line 1"},
		{"unknown template key", []string{"--concept", "France", "--controls", good, "--templates", file("t2.yaml", "- text: \"{concept}?\"\n  kind: x\n")}, 1, "line 2"},
		{"prompt too long", []string{"--concept", "France", "--controls", good, "--templates", file("t3.yaml", "- text: \"{concept} "+strings.Repeat("word ", 300)+"\"\n")}, 1, "96 tokens"},
		{"unknown site", []string{"--concept", "France", "--controls", good, "--sites", "mlp_mid"}, 2, `site "mlp_mid"`},
		{"unknown layer", []string{"--concept", "France", "--controls", good, "--layers", "1-3"}, 2, "from 0 to 2"},
		{"unknown dtype", []string{"--concept", "France", "--controls", good, "--dtype", "f64"}, 2, "f64"},
		{"bad date", []string{"--concept", "France", "--controls", good, "--date", "today"}, 2, "YYYY-MM-DD"},
		{"no tokenizer", []string{"--concept", "France", "--controls", good, "--model", noTokenizer}, 1, "tokenizer.json"},
		{"truncated weights", []string{"--concept", "France", "--controls", good, "--model", truncated}, 1, "model.safetensors"},
		{"no model", []string{"--concept", "France", "--controls", good, "--model", "nosuchmodel"}, 1, "nosuchmodel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			status, stdout, stderr := premlp(t, append([]string{"collect", "--model", m, "-o", out, "--quiet"}, c.args...)...)
			if status != c.status || !strings.Contains(stderr, c.want) {
				t.Errorf("want status %d and %q, have %d and %q", c.status, c.want, status, stderr)
			}
			if stdout != "" || strings.Contains(stderr, "panic") {
				t.Errorf("stdout %q, stderr %q", stdout, stderr)
			}
			for _, name := range []string{out, out + ".partial"} {
				if _, err := os.Stat(name); err == nil {
					t.Errorf("%s was made", name)
				}
			}
		})
	}
}

// TestCollectInterrupted stops a run in the middle and goes on: a clean stop,
// nothing under the final name, and the bytes of an undisturbed run.
func TestCollectInterrupted(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	whole, stopped := filepath.Join(dir, "whole"), filepath.Join(dir, "stopped")
	args := collectArgs(t, m, whole, "--date", "2026-01-02")
	if status, _, stderr := premlp(t, args...); status != exitDone {
		t.Fatal(stderr)
	}
	for i, a := range args {
		if a == whole {
			args[i] = stopped
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // as a person would, once rows are being written
		for ctx.Err() == nil {
			if rows, err := os.Stat(filepath.Join(stopped+".partial", "rows-00000.msgpack")); err == nil && rows.Size() > 20000 {
				cancel()
			}
		}
	}()
	var stderr bytes.Buffer
	status := run(ctx, append(args, "--batch-tokens", "1", "--threads", "1"), strings.NewReader(""), &bytes.Buffer{}, &stderr)
	cancel()
	if status == exitDone {
		t.Skip("the run ended before it could be stopped")
	}
	if status != exitInterrupted || !strings.Contains(stderr.String(), "run the same command again") {
		t.Errorf("want status %d and how to go on, have %d, %q", exitInterrupted, status, stderr.String())
	}
	if _, err := os.Stat(stopped); err == nil {
		t.Error("a stopped run left a dataset under its final name")
	}
	if status, _, stderr := premlp(t, args...); status != exitDone {
		t.Fatal(stderr)
	}
	for _, name := range []string{"manifest.json", "questions.jsonl", "rows-00000.msgpack"} {
		if !bytes.Equal(readFile(t, filepath.Join(whole, name)), readFile(t, filepath.Join(stopped, name))) {
			t.Errorf("%s: other bytes after a stop", name)
		}
	}
}

// TestCollectBesideAnother runs the command while another one works on the same
// folder: it says so and by whom, and disturbs nothing.
func TestCollectBesideAnother(t *testing.T) {
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "out")
	q := datasettest.Questions(2)
	list, err := dataset.NewList(dataset.Slice(q))
	if err != nil {
		t.Fatal(err)
	}
	other, err := dataset.Create(out, datasettest.Manifest(), list)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	status, _, stderr := premlp(t, collectArgs(t, m, out)...)
	if want := fmt.Sprintf("in use by another run (process %d on ", os.Getpid()); status != exitFailed || !strings.Contains(stderr, want) {
		t.Errorf("want %q, have status %d, %q", want, status, stderr)
	}
	for i := range q {
		if err := other.Add(i, datasettest.Blocks(other.Manifest(), &q[i], i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Finish(datasettest.Run()); err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Verify(t.Context(), nil), r.Close()); err != nil {
		t.Errorf("the other's dataset: %v", err)
	}
}

// TestCollectDTypes stores rounded rows and compares the bits of all of them with
// rows computed again.
func TestCollectDTypes(t *testing.T) {
	m := tinyModel(t)
	sizes := map[string]int64{}
	for _, dtype := range []string{"f32", "bf16", "f16"} {
		out := filepath.Join(t.TempDir(), "out")
		if status, _, stderr := premlp(t, collectArgs(t, m, out, "--dtype", dtype, "--sites", "all")...); status != exitDone {
			t.Fatal(stderr)
		}
		status, stdout, stderr := premlp(t, "verify", out, "--model", m, "--sample", "20")
		if status != exitDone || !strings.Contains(stdout, "20 questions computed again: 0 places differ") {
			t.Errorf("%s: verify: status %d, %q, %q", dtype, status, stdout, stderr)
		}
		info, err := os.Stat(filepath.Join(out, "rows-00000.msgpack"))
		if err != nil {
			t.Fatal(err)
		}
		sizes[dtype] = info.Size()
	}
	if full, half := sizes["f32"], sizes["bf16"]; half != sizes["f16"] || half > full*2/3 {
		t.Errorf("want rows files of about half the size, have %v", sizes)
	}
}
