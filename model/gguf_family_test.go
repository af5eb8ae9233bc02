package model

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/weights"
)

// ggufFamily is what the published conversion of an architecture does beside
// naming tensors.
type ggufFamily struct {
	arch  string
	names map[string]string // that differ from ggufModules
	also  map[string]any    // metadata that follow from no single key of the config
	// change changes a tensor that GGUF calls name.
	change func(c ggufConfig, name string, t ggufOutput) ggufOutput
	// config changes the golden model's config where GGUF cannot say what it says.
	config func(map[string]any)
}

// ggufFamilies lists the golden models that have a GGUF form.
var ggufFamilies = map[string]ggufFamily{
	"llama": {arch: "llama", change: permuteHeads}, "llama3-rope": {arch: "llama", change: permuteHeads},
	"llama-linear-rope": {arch: "llama", change: permuteHeads}, "llama-yarn": {arch: "llama", change: permuteHeads},
	"mistral": {arch: "llama", change: permuteHeads, also: window}, "mixtral": {arch: "llama", change: permuteHeads},
	"granite": {arch: "granite", change: permuteHeads},
	"qwen2":   {arch: "qwen2"}, "qwen3": {arch: "qwen3"}, "qwen3_moe": {arch: "qwen3moe"},
	"qwen2_moe": {arch: "qwen2moe", change: squeezeRows},
	"gemma":     {arch: "gemma", change: addOne},
	"gemma2":    {arch: "gemma2", names: normsBehind, change: addOne, also: window, config: scaleByHead},
	"gemma3":    {arch: "gemma3", names: normsBehind, change: addOne, also: window, config: scaleByHead},
	"phi3":      {arch: "phi3", also: map[string]any{"attention.sliding_window": 0.0}}, "phi3-longrope": {arch: "phi3"},
	"olmo":  {arch: "olmo", change: permuteHeads, also: map[string]any{"attention.layer_norm_epsilon": 1e-5}},
	"olmo2": {arch: "olmo2", names: normsBehind}, "olmoe": {arch: "olmoe"},
	"gpt2":                {arch: "gpt2", change: transpose, also: map[string]any{"feed_forward_length": 192.0}},
	"gpt_neox":            {arch: "gptneox", change: ungroup(queryGroups), also: neoxHeads},
	"gpt_neox-sequential": {arch: "gptneox", change: ungroup(queryGroups), also: neoxHeads},
	"bloom": {arch: "bloom", change: ungroup(queryGroups), also: map[string]any{
		"context_length": 2048.0, "feed_forward_length": 192.0, "attention.head_count_kv": 4.0,
	}},
	"falcon-mqa":      {arch: "falcon", also: map[string]any{"attention.head_count_kv": 1.0, "tensor_data_layout": "jploski"}},
	"falcon-new":      {arch: "falcon", change: ungroup(keyGroups), also: map[string]any{"tensor_data_layout": "jploski"}},
	"falcon-one-norm": {arch: "falcon", change: ungroup(keyGroups)},
	"starcoder2":      {arch: "starcoder2", also: window},
	"stablelm":        {arch: "stablelm"}, "stablelm-parallel": {arch: "stablelm"},
}

// window is the sliding window of the golden models that have one.
var window = map[string]any{"attention.sliding_window": 8.0}

// neoxHeads: what GPT-NeoX's config says of key and value heads does not count.
var neoxHeads = map[string]any{"attention.head_count_kv": 4.0}

// scaleByHead: GGUF has no query_pre_attn_scalar, it is the width of a head.
func scaleByHead(c map[string]any) { c["query_pre_attn_scalar"] = c["head_dim"] }

func queryGroups(c ggufConfig) int { n, _, _ := c.heads(); return n }
func keyGroups(c ggufConfig) int   { _, n, _ := c.heads(); return n }

// permuteHeads turns the two halves of each head of queries and keys into pairs.
func permuteHeads(c ggufConfig, name string, t ggufOutput) ggufOutput {
	queries, keys, width := c.heads()
	heads := map[string]int{"attn_q": queries, "attn_k": keys}[name]
	if heads == 0 {
		return t
	}
	var order []int
	for h := range heads {
		for i := range width / 2 {
			order = append(order, h*width+i, h*width+width/2+i)
		}
	}
	return t.reorder(order)
}

// ungroup puts queries, keys and values of all groups together.
func ungroup(count func(ggufConfig) int) func(c ggufConfig, name string, t ggufOutput) ggufOutput {
	return func(c ggufConfig, name string, t ggufOutput) ggufOutput {
		if name != "attn_qkv" {
			return t
		}
		_, _, width := c.heads()
		groups := count(c)
		per := t.shape[0] / groups / width // heads of a group
		var order []int
		for _, part := range [][2]int{{0, per - 2}, {per - 2, per - 1}, {per - 1, per}} {
			for g := range groups {
				for r := (g*per + part[0]) * width; r < (g*per+part[1])*width; r++ {
					order = append(order, r)
				}
			}
		}
		return t.reorder(order)
	}
}

// reorder returns rows in another order.
func (o ggufOutput) reorder(order []int) ggufOutput {
	cols := len(o.values) / o.shape[0]
	var values []float32
	for _, r := range order {
		values = append(values, o.values[r*cols:(r+1)*cols]...)
	}
	o.values = values
	return o
}

// addOne adds the 1 of Gemma's norms.
func addOne(_ ggufConfig, name string, t ggufOutput) ggufOutput {
	if strings.HasSuffix(name, "norm") {
		for i := range t.values {
			t.values[i]++
		}
	}
	return t
}

// squeezeRows makes vectors of matrices with one row.
func squeezeRows(_ ggufConfig, _ string, t ggufOutput) ggufOutput {
	if t.shape[0] == 1 {
		t.shape = t.shape[1:]
	}
	return t
}

// transpose transposes the weights of products.
func transpose(_ ggufConfig, name string, t ggufOutput) ggufOutput {
	if len(t.shape) < 2 || strings.HasSuffix(name, "embd") {
		return t
	}
	rows, cols := t.shape[0], t.shape[1]
	values := make([]float32, len(t.values))
	for i, v := range t.values {
		values[i%cols*rows+i/cols] = v
	}
	return ggufOutput{t.name, []int{cols, rows}, values}
}

// ggufPair opens a golden model and its GGUF form.
func ggufPair(t *testing.T, name string) (safetensors, gguf *Model) {
	t.Helper()
	f, dir := ggufFamilies[name], filepath.Join("testdata", "arch", name)
	if f.config != nil {
		dir = copyVariant(t, dir, f.config)
	}
	return open(t, dir), open(t, convertGGUF(t, dir, f).write(t))
}

// TestGGUFSameBits holds the GGUF form of every golden model that has one against
// the safetensors form: every site of every prompt, and the config.
func TestGGUFSameBits(t *testing.T) {
	for _, name := range sortedKeys(ggufFamilies) {
		t.Run(name, func(t *testing.T) {
			want, have := ggufPair(t, name)
			a, b := *want.Config(), *have.Config()
			a.Unknown, b.Unknown = nil, nil
			wantJSON, _ := json.Marshal(a)
			haveJSON, _ := json.Marshal(b)
			if string(wantJSON) != string(haveJSON) {
				t.Errorf("config:\nwant %s\nhave %s", wantJSON, haveJSON)
			}
			golden, err := weights.OpenSafetensors(filepath.Join("testdata", "arch", name, "golden.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer golden.Close()
			a1, b1 := session(t, want, 1), session(t, have, 1)
			for tensor := range golden.Names() {
				if !strings.HasSuffix(tensor, ".ids") {
					continue
				}
				ids, err := golden.Ints(tensor)
				if err != nil {
					t.Fatal(err)
				}
				batch := Pack([][]int32{ids}, nil)
				sameRows(t, tensor, capture(t, a1, batch), capture(t, b1, batch), 0)
			}
		})
	}
}

// TestGGUFFormsHaveTests holds the table of architectures against the forms that
// are tested.
func TestGGUFFormsHaveTests(t *testing.T) {
	var tested []string
	for _, f := range ggufFamilies {
		tested = append(tested, f.arch)
	}
	for _, a := range archs {
		for _, form := range a.gguf {
			if !slices.Contains(tested, form.name) {
				t.Errorf("%s: no golden model is tested as GGUF", form.name)
			}
		}
	}
}
