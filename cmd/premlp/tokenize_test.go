package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const miniTokenizer = "../../tokenizer/testdata/mini/llama3_1.json"

func TestTokenizeText(t *testing.T) {
	status, stdout, stderr := premlp(t, "tokenize", "--tokenizer", miniTokenizer, "--special", "--json", "--text", "<b>é<|eot_id|>")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var have struct {
		IDs     []int32
		Boff    [][2]int
		Dec     string
		Tokens  []string
		Special []bool
	}
	if err := json.Unmarshal([]byte(stdout), &have); err != nil {
		t.Fatal(err)
	}
	n := len(have.IDs)
	if n < 3 || len(have.Boff) != n || len(have.Tokens) != n || len(have.Special) != n {
		t.Fatalf("want one of each per token, have %+v", have)
	}
	if have.Tokens[0] != "<|begin_of_text|>" || have.Boff[0] != [2]int{} || !have.Special[0] {
		t.Errorf("want the prefix first, have %+v", have)
	}
	if have.Tokens[n-1] != "<|eot_id|>" || have.Boff[n-1] != [2]int{5, 15} || !have.Special[n-1] {
		t.Errorf("want the special token of the text last, have %+v", have)
	}
	if have.Dec != "<|begin_of_text|><b>é<|eot_id|>" {
		t.Errorf("dec: have %q", have.Dec)
	}
	status, stdout, _ = premlp(t, "tokenize", "--tokenizer", miniTokenizer, "--text", "")
	if status != 0 || stdout != "0 tokens; they decode to \"\"\n" {
		t.Errorf("empty text: status %d, have %q", status, stdout)
	}
}

// TestTokenizeSentencePiece opens a tokenizer.model.
func TestTokenizeSentencePiece(t *testing.T) {
	status, stdout, stderr := premlp(t, "tokenize", "--tokenizer", "../../tokenizer/testdata/sentencepiece/llama.model", "--special", "--json", "--text", "é")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var have struct{ Tokens []string }
	if err := json.Unmarshal([]byte(stdout), &have); err != nil {
		t.Fatal(err)
	}
	if len(have.Tokens) < 2 || have.Tokens[0] != "<s>" {
		t.Errorf("want <s> first, have %q", have.Tokens)
	}
}

// TestTokenizeLines compares with the ids, offsets and texts of the reference.
func TestTokenizeLines(t *testing.T) {
	golden, err := os.ReadFile("../../tokenizer/testdata/mini-golden/llama3_1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(string(golden)), "\n")[1:] // after the header
	file := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := premlp(t, "tokenize", "--tokenizer", miniTokenizer, "--jsonl", file)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	out := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if len(out) != len(lines) {
		t.Fatalf("want %d lines, have %d", len(lines), len(out))
	}
	for i, line := range lines {
		var want struct {
			S         string
			IDs       []int32
			Off, Boff []int
			Dec       *string
		}
		var have tokenized
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out[i]), &have); err != nil {
			t.Fatal(err)
		}
		if want.Boff == nil {
			want.Boff = want.Off
		}
		if want.Dec == nil {
			want.Dec = &want.S
		}
		var flat []int
		for _, b := range have.Boff {
			flat = append(flat, b[:]...)
		}
		if !slices.Equal(have.IDs, want.IDs) || !slices.Equal(flat, want.Boff) || have.Dec != *want.Dec {
			t.Errorf("%q: want %v %v, have %+v", want.S, want.IDs, want.Boff, have)
		}
	}
}

func TestTokenizeErrors(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(bad, []byte("{\"s\": \"a\"}\n{\"t\": \"b\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"--text", "a"}, exitUsage, "model tokenizer"},
		{[]string{"--tokenizer", miniTokenizer}, exitUsage, "text jsonl"},
		{[]string{"--tokenizer", miniTokenizer, "--model", "x", "--text", "a"}, exitUsage, "model tokenizer"},
		{[]string{"--tokenizer", "nosuch.json", "--text", "a"}, exitFailed, "nosuch.json"},
		{[]string{"--tokenizer", bad, "--text", "a"}, exitFailed, "bad.jsonl: tokenizer: "},
		{[]string{"--tokenizer", miniTokenizer, "--jsonl", bad}, exitFailed, `bad.jsonl: line 2: want {"s": text}`},
	} {
		status, _, stderr := premlp(t, append([]string{"tokenize"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%v: want status %d and %q, have %d and %q", c.args, c.status, c.stderr, status, stderr)
		}
	}
}
