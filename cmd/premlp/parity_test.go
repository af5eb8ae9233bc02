package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"premlp/model"
	"premlp/weights"
)

const (
	archLlama   = "../../model/testdata/arch/llama"
	goldenLlama = archLlama + "/golden.safetensors"
)

// TestParityNames: names that are not there give the nearest that are.
func TestParityNames(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"--tol", "mlpin=1e-3", `"mlpin" is no site, point or type; nearest: mlp_in`},
		{"--tol", "logit=1", "nearest: logits"},
		{"--tol", "many", "want numbers from 0 up"},
		{"--prompt", "9", `has no prompt "9"; nearest: 0, 1, 2`},
		{"--sites", "resid_pos", "nearest: resid_post"},
		{"--layers", "0-7", "nearest: 2"},
		{"--picture", "a.jpg", "want a file ending in .png or .svg"},
	} {
		status, _, stderr := premlp(t, "parity", "--model", archLlama, "--golden", goldenLlama, c.flag, c.value)
		if status != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s %s: want status 2 and %q, have %d, %s", c.flag, c.value, c.want, status, stderr)
		}
	}
}

func TestParityParts(t *testing.T) {
	status, stdout, stderr := premlp(t, "parity", "--model", archLlama, "--golden", goldenLlama,
		"--prompt", "1", "--sites", "mlp_in,logits", "--layers", "1", "--tokens", "--tol", "1e-4,logits=1e-3")
	if status != exitDone || !strings.Contains(stdout, "2 tensors compared, tolerance 0.0001,logits=0.001") || strings.Count(stdout, "  row ") != 10 {
		t.Errorf("want 2 tensors of 5 rows, have status %d, %s%s", status, stdout, stderr)
	}
}

// TestParityFirstOff: with nothing allowed the first point that is not equal is
// named, with its ops, in text and in JSON, and the pictures show it.
func TestParityFirstOff(t *testing.T) {
	row := make([]float32, 48)
	row[0] = 1
	file := filepath.Join(t.TempDir(), "golden.safetensors")
	err := weights.WriteSafetensors(file, []weights.Output{
		weights.IntOutput("ids", []int32{1}, 1), weights.FloatOutput("mlp_in.1", row, 1, 48), weights.FloatOutput("resid_post.1", row, 1, 48),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pictures := []string{filepath.Join(t.TempDir(), "p.png"), filepath.Join(t.TempDir(), "p.svg")}
	status, stdout, _ := premlp(t, "parity", "--model", archLlama, "--golden", file, "--picture", pictures[0])
	for _, want := range []string{"first off: mlp_in.1, row 0: by", "ops from the start to it:", "    model.layers.1.post_attention_layernorm"} {
		if status != exitFailed || !strings.Contains(stdout, want) {
			t.Errorf("want status 1 and %q, have %d, %s", want, status, stdout)
		}
	}
	status, stdout, _ = premlp(t, "parity", "--model", archLlama, "--golden", file, "--picture", pictures[1], "--json")
	var p struct {
		First *model.Divergence `json:"first_divergence"`
	}
	if err := json.Unmarshal([]byte(stdout), &p); err != nil || status != exitFailed || p.First == nil || p.First.Point != "mlp_in.1" {
		t.Errorf("--json: status %d, %v, %s", status, err, stdout)
	}
	if png, svg := readFile(t, pictures[0]), readFile(t, pictures[1]); !bytes.HasPrefix(png, []byte("\x89PNG")) || !bytes.Contains(svg, []byte("resid_post")) {
		t.Errorf("pictures: have %d and %d bytes", len(png), len(svg))
	}
}

func TestNearest(t *testing.T) {
	many := strings.Fields("a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4")
	for _, c := range []struct {
		name  string
		names []string
		want  string
	}{
		{"mlpin", []string{"resid_pre", "mlp_in", "mlp_out"}, "nearest: mlp_in, mlp_out"},
		{"zzzzzz", []string{"resid_pre", "mlp_in", "mlp_out"}, "nearest: resid_pre, mlp_in, mlp_out"},
		{"zzzzzz", many[:5], "want one of a1, a2, a3, a4, a5"},
		{"zzzzzz", many, "want one of 13 names, from a1 to b4"},
		{"x", nil, "there is none"},
	} {
		if have := nearest(c.name, c.names); have != c.want {
			t.Errorf("%s of %v: want %q, have %q", c.name, c.names, c.want, have)
		}
	}
}
