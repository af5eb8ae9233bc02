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
	// split turns a tensor of the checkpoint into those that GGUF has of it, under
	// names that ggufModules knows; nil: it is kept.
	split func(c ggufConfig, t ggufOutput) []ggufOutput
	// change changes a tensor that GGUF calls name.
	change func(c ggufConfig, name string, t ggufOutput) ggufOutput
	// config changes the golden model's config where GGUF cannot say what it says.
	config func(map[string]any)
}

// ggufFamilies lists the golden models that have a GGUF form. What stands behind
// a space in a key tells forms of one model apart.
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
	"phi":         {arch: "phi2"},
	"gpt_bigcode": {arch: "starcoder", also: map[string]any{"attention.head_count_kv": 1.0, "feed_forward_length": 192.0}},
	"mpt":         {arch: "mpt", also: map[string]any{"feed_forward_length": 192.0, "attention.max_alibi_bias": 8.0}},
	"mpt-heads": {arch: "mpt", config: usualScale, also: map[string]any{
		"feed_forward_length": 96.0, "attention.max_alibi_bias": 8.0, "attention.clamp_kqv": 0.5,
	}},
	"cohere": {arch: "command-r", also: noScaling}, "cohere-norms": {arch: "command-r", also: noScaling},
	"nemotron":      {arch: "nemotron", change: addOne, also: noScaling},
	"nemotron-bias": {arch: "nemotron", change: addOne, also: noScaling},
	"glm4":          {arch: "glm4", names: map[string]string{"post_self_attn_layernorm": "post_attention_norm", "post_mlp_layernorm": "post_ffw_norm"}},
	"smollm3":       {arch: "smollm3", change: permuteHeads},
	"exaone4": {arch: "exaone4", names: normsBehind, also: map[string]any{
		"attention.sliding_window": 8.0, "attention.sliding_window_pattern": []bool{true, true, true, false},
	}},
	"seed_oss": {arch: "seed_oss", names: postNorm},
	"gpt_oss": {arch: "gpt-oss", names: postNorm, split: splitExperts, also: map[string]any{
		"attention.sliding_window": 8.0, "expert_feed_forward_length": 112.0,
	}},
	"deepseek_v3": {arch: "deepseek2", split: splitLatent, also: map[string]any{
		"attention.head_count_kv": 1.0, "attention.key_length": 24.0, "attention.key_length_mla": 24.0, "attention.value_length": 16.0,
		"attention.value_length_mla": 16.0, "expert_gating_func": 2.0,
	}},
	"deepseek_v3 joined": {arch: "deepseek2", split: nameBias, also: map[string]any{
		"attention.head_count_kv": 4.0, "attention.key_length": 24.0, "attention.value_length": 16.0, "expert_gating_func": 2.0,
	}},
	"deepseek_v3-yarn": {arch: "deepseek2", split: splitLatent, config: oneScale, also: map[string]any{
		"attention.head_count_kv": 1.0, "attention.key_length": 16.0, "attention.key_length_mla": 16.0, "attention.value_length": 8.0,
		"attention.value_length_mla": 6.0, "expert_gating_func": 2.0, "rope.scaling.yarn_log_multiplier": 0.08,
	}},
}

// window is the sliding window of the golden models that have one.
var window = map[string]any{"attention.sliding_window": 8.0}

// neoxHeads: what GPT-NeoX's config says of key and value heads does not count.
var neoxHeads = map[string]any{"attention.head_count_kv": 4.0}

// noScaling: some conversions say so.
var noScaling = map[string]any{"rope.scaling.type": "none"}

// postNorm is the name of the norm before the MLP by its place behind attention.
var postNorm = map[string]string{"post_attention_layernorm": "post_attention_norm"}

// usualScale: MPT's GGUF has no scale of scores.
func usualScale(c map[string]any) { delete(c["attn_config"].(map[string]any), "softmax_scale") }

// oneScale: DeepSeek's GGUF has mscale_all_dim alone.
func oneScale(c map[string]any) {
	rope := c["rope_parameters"].(map[string]any)
	rope["mscale"] = rope["mscale_all_dim"]
}

// scaleByHead: GGUF has no query_pre_attn_scalar, it is the width of a head.
func scaleByHead(c map[string]any) { c["query_pre_attn_scalar"] = c["head_dim"] }

func queryGroups(c ggufConfig) int { n, _, _ := c.heads(); return n }
func keyGroups(c ggufConfig) int   { _, n, _ := c.heads(); return n }

// goldenDir returns the golden model of a key of ggufFamilies.
func goldenDir(name string) string {
	name, _, _ = strings.Cut(name, " ")
	return filepath.Join("testdata", "arch", name)
}

// ggufPair opens a golden model and its GGUF form.
func ggufPair(t *testing.T, name string) (safetensors, gguf *Model) {
	t.Helper()
	f, dir := ggufFamilies[name], goldenDir(name)
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
			golden, err := weights.OpenSafetensors(filepath.Join(goldenDir(name), "golden.safetensors"))
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
