package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestInspectGraph(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	for _, c := range []struct {
		file string
		args []string
		want string
		not  string
	}{
		{"all.svg", nil, "<title>model.layers.2.mlp.down_proj</title>", "nothing"},
		{"one.svg", []string{"--block", "1"}, "<title>model.layers.1.mlp.down_proj</title>", "<title>model.layers.2."},
		{"all.DOT", nil, `subgraph "cluster_model.layers.0"`, "nothing"},
		{"one.dot", []string{"--block", "0"}, `"model.embed_tokens" -> "model.layers.0.input_layernorm"`, "model.layers.1"},
	} {
		file := filepath.Join(dir, c.file)
		status, stdout, stderr := premlp(t, append([]string{"inspect", m, "--json", "--graph", file}, c.args...)...)
		if status != exitDone {
			t.Fatal(stderr)
		}
		var in inspection
		decodeOne(t, stdout, &in)
		data := readFile(t, file)
		if in.Graph != file || !bytes.Contains(data, []byte(c.want)) || bytes.Contains(data, []byte(c.not)) {
			t.Errorf("%s: want %q and no %q in %s", c.file, c.want, c.not, data)
		}
	}
	for want, args := range map[string][]string{
		"ends in .svg or .dot":       {"--graph", "x.png"},
		"--block: want --graph":      {"--block", "1"},
		"--block: want from 0 to 2,": {"--block", "3", "--graph", filepath.Join(dir, "x.svg")},
	} {
		status, _, stderr := premlp(t, append([]string{"inspect", m}, args...)...)
		if status != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q, have status %d, %q", args, want, status, stderr)
		}
	}
}
