package model

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestFamiliesRefuse sets keys that change the arithmetic of a family in a way that
// is not supported.
func TestFamiliesRefuse(t *testing.T) {
	nested := func(key string, value any) func(map[string]any) {
		return func(c map[string]any) { c["attn_config"].(map[string]any)[key] = value }
	}
	set := func(key string, value any) func(map[string]any) {
		return func(c map[string]any) { c[key] = value }
	}
	for _, c := range []struct {
		variant string
		change  func(map[string]any)
		want    string
	}{
		{"gpt2", set("add_cross_attention", true), "add_cross_attention: want false"},
		{"gpt2", set("activation_function", "mish"), "activation_function: want one of"},
		{"gpt2", func(c map[string]any) { delete(c, "n_layer") }, "n_layer: want an integer, have nothing"},
		{"gpt2", set("n_head", 0), "n_head: want an integer from 1"},
		{"gpt_bigcode", set("scale_attn_weights", false), "scale_attn_weights: want true"},
		{"gpt_neox", set("rotary_pct", 0.5), ""}, // rope_parameters have their own
		{"gptj", set("rotary_dim", 16), "rotary_dim: want what rotates 1 to 12 values of a head, not 16"},
		{"codegen", set("n_head", 2), "n_head: want a multiple of 4"},
		{"opt", set("do_layer_norm_before", false), "do_layer_norm_before: want true"},
		{"opt", set("_remove_final_layer_norm", true), "_remove_final_layer_norm: want false"},
		{"opt", set("word_embed_proj_dim", 32), "word_embed_proj_dim: want 48"},
		{"bloom", set("apply_residual_connection_post_layernorm", true), "apply_residual_connection_post_layernorm: want false"},
		{"mpt", set("no_bias", false), "no_bias: want true"},
		{"mpt", set("logit_scale", "inv_sqrt_d_model"), "logit_scale: want no such key"},
		{"mpt", nested("qk_ln", true), "attn_config: qk_ln: want false"},
		{"mpt", nested("alibi", false), "attn_config: alibi: want true"},
		{"mpt", nested("prefix_lm", true), "attn_config: prefix_lm: want false"},
		{"mpt", nested("rope", true), "attn_config: rope: not supported"},
		{"falcon-mqa", set("apply_residual_connection_post_layernorm", true), "apply_residual_connection_post_layernorm: want false"},
		{"phi", set("hidden_act", "quick_gelu"), "hidden_act: want one of"},
		{"starcoder2", set("norm_type", "rms_norm"), "norm_type: want layer_norm"},
		{"stablelm", func(c map[string]any) { c["rope_parameters"].(map[string]any)["partial_rotary_factor"] = 1.5 }, "rope_parameters: partial_rotary_factor: want what rotates 1 to 12 values of a head, not 18, have 1.5"},
		{"deepseek_v3", set("scoring_func", "softmax"), "scoring_func: want sigmoid"},
		{"deepseek_v3", set("topk_method", "greedy"), "topk_method: want noaux_tc"},
		{"deepseek_v3", set("n_group", 3), "n_group: want a divisor of n_routed_experts 8"},
		{"deepseek_v3", set("num_experts_per_tok", 5), "num_experts_per_tok: want at most the 4 experts of 1 groups"},
		{"deepseek_v3", set("num_key_value_heads", 2), "num_key_value_heads: want 4"},
		{"cohere", set("logit_scale", 0), "logit_scale: want a number above 0"},
	} {
		_, err := Open(copyVariant(t, filepath.Join("testdata", "arch", c.variant), c.change))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.variant, c.want, err)
		}
	}
}
