package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/collecttest"
	"premlp/weights"
)

func TestInspect(t *testing.T) {
	status, stdout, stderr := premlp(t, "inspect", tinyModel(t))
	for _, want := range []string{"LlamaForCausalLM", "3 of width 24", "resid_pre resid_mid mlp_in mlp_out resid_post", " F32", "tokenizer", "every tensor is there"} {
		if status != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("want %q, have status %d, %s%s", want, status, stdout, stderr)
		}
	}
	status, stdout, _ = premlp(t, "inspect", "../../model/testdata/arch/mistral", "--json")
	var in struct {
		Config   struct{ Window, Layers int }
		Problems []string
	}
	if err := json.Unmarshal([]byte(stdout), &in); err != nil || status != exitDone || in.Config.Window != 8 || len(in.Problems) != 0 {
		t.Errorf("want a window of 8 and no problems, have status %d, %v, %s", status, err, stdout)
	}
}

// TestInspectGolden compares whole screens with those in testdata/inspect: a
// mixture with latent attention, a block with the MLP beside attention, and one
// without a norm before the MLP. After a change that is wanted, the test's output
// is the new file.
func TestInspectGolden(t *testing.T) {
	for _, name := range []string{"deepseek_v3", "falcon-new", "exaone4"} {
		status, stdout, stderr := premlp(t, "inspect", "../../model/testdata/arch/"+name)
		want := string(readFile(t, filepath.Join("testdata", "inspect", name+".txt")))
		if status != exitDone || stdout != want {
			t.Errorf("%s: want\n%s\nhave status %d\n%s%s", name, want, status, stdout, stderr)
		}
	}
}

// TestInspectWhatIsWrong shows keys that are not known, and a checkpoint of other
// shapes than its config says.
func TestInspectWhatIsWrong(t *testing.T) {
	const golden = "../../model/testdata/arch/gpt_bigcode"
	config := strings.Replace(string(readFile(t, golden+"/config.json")), "{", `{"new_idea": 3, "n_inner": 96,`, 1)
	dir := t.TempDir()
	writeFile(t, dir, "config.json", []byte(strings.Replace(config, `"n_inner": null,`, "", 1)))
	writeFile(t, dir, "model.safetensors", readFile(t, golden+"/model.safetensors"))
	status, stdout, stderr := premlp(t, "inspect", dir)
	for _, want := range []string{
		"unknown keys   new_idea\n",
		"problem        tensor \"transformer.h.0.mlp.c_fc.weight\": wrong shape: want [96, 48], have [192, 48]\n",
		"tokenizer      no tokenizer: want tokenizer.json or tokenizer.model beside config.json\n",
	} {
		if status != exitFailed || !strings.Contains(stdout, want) || !strings.Contains(stderr, "cannot be run") {
			t.Errorf("want %q, have status %d, %s%s", want, status, stdout, stderr)
		}
	}
}

func TestDumpAndParity(t *testing.T) {
	m, file := tinyModel(t), filepath.Join(t.TempDir(), "out.safetensors")
	status, _, stderr := premlp(t, "dump", "--model", m, "--text", "What is the capital of France?", "--sites", "all", "-o", file)
	if status != exitDone {
		t.Fatal(stderr)
	}
	golden, err := weights.OpenSafetensors(file)
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	ids, err := golden.Ints("ids")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := golden.Tensor("mlp_in.2", len(ids), collecttest.Dim); err != nil {
		t.Error(err)
	}
	if _, err := golden.Tensor("logits", len(ids), collecttest.Vocab); err != nil {
		t.Error(err)
	}
	status, stdout, stderr := premlp(t, "parity", "--model", m, "--golden", file, "--tol", "0", "--threads", "1")
	if status != exitDone || !strings.Contains(stdout, "16 tensors compared") {
		t.Errorf("want 16 equal tensors, have status %d, %s%s", status, stdout, stderr)
	}
}

// TestParityFails changes golden files so that parity must fail.
func TestParityFails(t *testing.T) {
	const model = "../../model/testdata/arch/llama"
	ids := weights.IntOutput("ids", []int32{1, 2}, 2)
	row := make([]float32, 2*48)
	nan := make([]float32, 2*48)
	nan[5] = float32(math.NaN())
	for name, c := range map[string]struct {
		tensors []weights.Output
		want    string
	}{
		"other values":       {[]weights.Output{ids, weights.FloatOutput("mlp_in.0", row, 2, 48)}, "off by"},
		"not finite":         {[]weights.Output{ids, weights.FloatOutput("mlp_in.0", nan, 2, 48)}, "off by"},
		"wrong shape":        {[]weights.Output{ids, weights.FloatOutput("mlp_in.0", row, 3, 32)}, "wrong shape"},
		"unknown site":       {[]weights.Output{ids, weights.FloatOutput("mlp_mid.0", row, 2, 48)}, "not compared"},
		"no such layer":      {[]weights.Output{ids, weights.FloatOutput("mlp_in.7", row, 2, 48)}, "not compared"},
		"ids of no prompt":   {[]weights.Output{ids, weights.FloatOutput("p.mlp_in.0", row, 2, 48)}, "not compared"},
		"nothing to compare": {[]weights.Output{ids}, "nothing was compared"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "golden.safetensors")
			if err := weights.WriteSafetensors(file, c.tensors, nil); err != nil {
				t.Fatal(err)
			}
			status, stdout, _ := premlp(t, "parity", "--model", model, "--golden", file)
			if status != exitFailed || !strings.Contains(stdout, c.want) {
				t.Errorf("want status 1 and %q, have %d, %s", c.want, status, stdout)
			}
			status, stdout, _ = premlp(t, "parity", "--model", model, "--golden", file, "--json")
			if !json.Valid([]byte(stdout)) || status != exitFailed {
				t.Errorf("--json: want one document and status 1, have %d, %s", status, stdout)
			}
		})
	}
}
