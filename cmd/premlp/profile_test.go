package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"premlp/bench"
)

func TestProfile(t *testing.T) {
	m, trace := tinyModel(t), filepath.Join(t.TempDir(), "trace.json")
	status, stdout, stderr := premlp(t, "profile", "--model", m, "--prompt", "What is France?", "--runs", "2", "--memory", "1", "--trace", trace, "--json")
	if status != exitDone {
		t.Fatal(stderr)
	}
	var r bench.ProfileReport
	decodeOne(t, stdout, &r)
	if r.Prompts != 1 || r.Tokens < 3 || r.Passes.With.Runs != 2 || len(r.Ops) < 3*r.Model.Layers || !r.Logits {
		t.Errorf("have %+v", r)
	}
	if !bytes.Contains(readFile(t, trace), []byte(`"traceEvents":`)) {
		t.Error("the trace has no events")
	}
	status, stdout, stderr = premlp(t, "profile", "--model", m, "--tokens", "4", "--prompts", "3", "--sites", "mlp_in", "--layers", "1", "--runs", "1", "--memory", "1", "--ops")
	if status != exitDone || !strings.Contains(stdout, "12 tokens in 3 prompts") || !strings.Contains(stdout, "copying rows") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if n := strings.Count(stdout, "model.layers.1."); n == 0 || strings.Contains(stdout, "model.layers.1.mlp") {
		t.Errorf("want the ops up to layer 1's mlp_in, have %s", stdout)
	}
}

func TestProfileBadUsage(t *testing.T) {
	m := tinyModel(t)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--model", m}, 2, "[prompt ids tokens]"},
		{[]string{"--model", m, "--tokens", "3", "--ids", "1"}, 2, "[prompt ids tokens]"},
		{[]string{"--model", m, "--tokens", "97"}, 2, "--tokens: want from 1 to 96"},
		{[]string{"--model", m, "--tokens", "0"}, 2, "--tokens: want from 1 to 96"},
		{[]string{"--model", m, "--ids", "1,x"}, 2, `have "x"`},
		{[]string{"--model", m, "--ids", "1", "--prompts", "2"}, 2, "--prompts: want"},
		{[]string{"--model", m, "--ids", "1", "--sites", "mlp_mid"}, 2, "mlp_mid"},
		{[]string{"--model", m, "--ids", "1", "--layers", "9", "--sites", "mlp_in"}, 2, "--layers"},
		{[]string{"--model", m, "--ids", "1", "--runs", "0"}, 2, "--runs"},
		{[]string{"--model", m, "--ids", "1", "--trace", filepath.Join(t.TempDir(), "no", "such")}, 1, "no such file"},
	} {
		status, _, stderr := premlp(t, append([]string{"profile"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want status %d and %q, have %d and %q", c.args, c.status, c.want, status, stderr)
		}
	}
}

// TestPprof: profiles are written whether the command succeeds or fails.
func TestPprof(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"inspect", "nosuchmodel"}} {
		cpu, memory := filepath.Join(t.TempDir(), "cpu"), filepath.Join(t.TempDir(), "memory")
		want, _, _ := premlp(t, args...)
		status, _, stderr := premlp(t, append(args, "--cpuprofile", cpu, "--memprofile", memory)...)
		if status != want {
			t.Errorf("%v: want status %d, have %d: %s", args, want, status, stderr)
		}
		for _, file := range []string{cpu, memory} {
			if data := readFile(t, file); !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
				t.Errorf("%v: want a compressed profile, have %q", args, data)
			}
		}
	}
	status, stdout, stderr := premlp(t, "version", "--cpuprofile", filepath.Join(t.TempDir(), "no", "such"))
	if status != exitFailed || stdout != "" || !strings.Contains(stderr, "no such file") {
		t.Errorf("have status %d, %q, %q", status, stdout, stderr)
	}
}
