package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGenerate(t *testing.T) {
	m := tinyModel(t)
	args := func(more ...string) []string {
		return append([]string{"generate", "--model", m, "--prompt", "The capital of France is", "--max-tokens", "12"}, more...)
	}
	status, text, stderr := premlp(t, args()...)
	if status != 0 || !strings.HasSuffix(text, "\n") || strings.Count(stderr, "\n") != 1 {
		t.Fatalf("status %d, stdout %q, stderr %q", status, text, stderr)
	}
	for _, want := range []string{"LlamaForCausalLM, kernel ", "arithmetic ", "prompt of ", " tok/s", "12 tokens", "stopped: length"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("closing line: want %q, have %q", want, stderr)
		}
	}
	var one generateReport
	status, stdout, _ := premlp(t, args("--json", "--threads", "1")...)
	decodeOne(t, stdout, &one)
	if status != 0 || len(one.Samples) != 1 || strings.TrimSuffix(text, "\n") != strings.TrimSuffix(one.Samples[0].Text, "\n") {
		t.Errorf("--json: want the text %q, have %+v", text, one)
	}
	if s := one.Samples[0]; len(s.IDs) != 12 || len(s.LogProbs) != 12 || s.Stopped != "length" || one.Speed.Decoded != 11 {
		t.Errorf("--json: have %+v", one)
	}
	if status, _, stderr := premlp(t, args("--quiet")...); status != 0 || stderr != "" {
		t.Errorf("--quiet: status %d, stderr %q", status, stderr)
	}
}

// TestGenerateSamples: samples are printed one after another, and the first does
// not depend on the others.
func TestGenerateSamples(t *testing.T) {
	m := tinyModel(t)
	run := func(samples string) generateReport {
		var r generateReport
		status, stdout, stderr := premlp(t, "generate", "--model", m, "--prompt", "Once", "--max-tokens", "9", "--json",
			"--temperature", "1.2", "--top-k", "300", "--top-p", "0.99", "--seed", "5", "--samples", samples)
		if status != 0 {
			t.Fatal(stderr)
		}
		decodeOne(t, stdout, &r)
		return r
	}
	one, three := run("1"), run("3")
	if !slices.Equal(one.Samples[0].IDs, three.Samples[0].IDs) || slices.Equal(three.Samples[0].IDs, three.Samples[1].IDs) {
		t.Errorf("want sample 0 alike and others not, have %v and %v", one.Samples, three.Samples)
	}
	if s := three.Sampling; s.Temperature != 1.2 || s.TopK != 300 || s.TopP != 0.99 || s.Seed != 5 || s.MaxTokens != 9 {
		t.Errorf("sampling: have %+v", s)
	}
	status, stdout, _ := premlp(t, "generate", "--model", m, "--prompt", "Once", "--max-tokens", "9", "--temperature", "1", "--samples", "2")
	if status != 0 || strings.Count(stdout, "--- sample ") != 2 {
		t.Errorf("two samples: have status %d, %q", status, stdout)
	}
}

// TestGenerateChat: the prompt is the template's text and nothing else.
func TestGenerateChat(t *testing.T) {
	m := tinyModel(t)
	config := []byte(`{"chat_template": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"}`)
	writeFile(t, m, "tokenizer_config.json", config)
	var r generateReport
	status, stdout, stderr := premlp(t, "generate", "--model", m, "--chat", "--system", "Be brief.", "--prompt", "Hello", "--max-tokens", "3", "--json")
	if status != 0 {
		t.Fatal(stderr)
	}
	decodeOne(t, stdout, &r)
	tokens := func(text string) (ids []int32) {
		var doc tokenizeReport
		_, stdout, _ := premlp(t, "tokenize", "--model", m, "--text", text, "--json")
		decodeOne(t, stdout, &doc)
		return doc.IDs
	}
	want := tokens("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
	if !slices.Equal(r.Prompt.IDs, want) || !r.Prompt.Chat {
		t.Errorf("prompt: want %v, have %+v", want, r.Prompt)
	}
	if err := os.Remove(filepath.Join(m, "tokenizer_config.json")); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := premlp(t, "generate", "--model", m, "--chat", "--prompt", "Hello"); status != exitUsage || !strings.Contains(stderr, "no chat template") {
		t.Errorf("no template: status %d, %q", status, stderr)
	}
}

// TestGenerateEndToken makes the first greedy token the one that ends a text.
func TestGenerateEndToken(t *testing.T) {
	m := tinyModel(t)
	run := func() (r generateReport) {
		status, stdout, stderr := premlp(t, "generate", "--model", m, "--prompt", "Once", "--max-tokens", "3", "--json")
		if status != 0 {
			t.Fatal(stderr)
		}
		decodeOne(t, stdout, &r)
		return r
	}
	first := run().Samples[0]
	if first.Stopped != "length" || first.LogProbs[0] > 0 || math.IsInf(first.LogProbs[0], 0) {
		t.Fatalf("have %+v", first)
	}
	var end bytes.Buffer
	if err := writeJSON(&end, map[string]any{"eos_token_id": []int32{1, first.IDs[0]}}); err != nil {
		t.Fatal(err)
	}
	writeFile(t, m, "generation_config.json", end.Bytes())
	if s := run().Samples[0]; s.Stopped != "end" || s.Text != "" || !slices.Equal(s.IDs, first.IDs[:1]) {
		t.Errorf("want the end token alone and no text, have %+v", s)
	}
}

func TestGenerateRefuses(t *testing.T) {
	m := tinyModel(t)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--prompt", "a"}, 2, `required flag(s) "model" not set`},
		{[]string{"--model", m}, 2, `required flag(s) "prompt" not set`},
		{[]string{"--model", m, "--prompt", "a", "--max-tokens", "0"}, 2, "--max-tokens: want at least 1, have 0"},
		{[]string{"--model", m, "--prompt", "a", "--samples", "0"}, 2, "--samples: want at least 1"},
		{[]string{"--model", m, "--prompt", "a", "--samples", "2"}, 2, "--samples: want --temperature above 0"},
		{[]string{"--model", m, "--prompt", "a", "--temperature", "-1"}, 2, "temperature: want a number, 0 or more, have -1"},
		{[]string{"--model", m, "--prompt", "a", "--top-p", "NaN"}, 2, "top-p"},
		{[]string{"--model", m, "--prompt", "a", "--seed", "x"}, 2, "--seed"},
		{[]string{"--model", m, "--prompt", "a", "--system", "s"}, 2, "--system: want --chat"},
		{[]string{"--model", m, "--prompt", "a", "--stop", ""}, 2, "--stop: want a text"},
		{[]string{"--model", m, "--prompt", ""}, 1, "prompt of 1 to 95 tokens"},
		{[]string{"--model", m, "--prompt", strings.Repeat("word ", 100)}, 1, "prompt of 1 to 95 tokens"},
		{[]string{"--model", filepath.Join(m, "nosuch"), "--prompt", "a"}, 1, "nosuch"},
		{[]string{"--model", m, "--prompt", "a", "--samples", "2000", "--temperature", "1"}, 1, "1 to 1024 samples"},
	} {
		status, stdout, stderr := premlp(t, append([]string{"generate"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%v: want status %d and %q, have %d, %q", c.args[2:], c.status, c.want, status, stderr)
		}
	}
}

// interrupting cancels a context at the first write, as Ctrl-C does.
type interrupting struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (w *interrupting) Write(p []byte) (int, error) {
	w.cancel()
	return w.Buffer.Write(p)
}

func TestGenerateIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, stderr := &interrupting{cancel: cancel}, &bytes.Buffer{}
	status := run(ctx, []string{"generate", "--model", tinyModel(t), "--prompt", "Once", "--max-tokens", "50"}, nil, out, stderr)
	if status != exitInterrupted || !strings.HasPrefix(stderr.String(), "premlp generate: interrupted") || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("have status %d, stdout %q, stderr %q", status, out, stderr)
	}
	stderr.Reset()
	if status := run(t.Context(), []string{"generate", "--model", tinyModel(t), "--prompt", "Once"}, nil, closedPipe{}, stderr); status != exitFailed {
		t.Errorf("a closed stdout: have status %d, %q", status, stderr)
	}
}
