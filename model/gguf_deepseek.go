package model

import (
	"math"

	"premlp/layers"
	"premlp/weights"
)

// deepseek2GGUF is the form of DeepSeek-V3 and R1, which share its name with
// DeepSeek-V2. The weights of keys and of values are apart, the former transposed
// head by head, for attention on the short vectors themselves: one head of keys
// and values serves all queries there.
var deepseek2GGUF = &ggufArch{
	name: "deepseek2", when: func(g *weights.GGUF) bool { return g.Has("blk.0.attn_k_b.weight") },
	keys: with(deepseekKeys, map[string]string{
		"attention.key_length_mla":   "qk_head_dim",
		"attention.value_length_mla": "v_head_dim",
	}),
	rope: true,
	checked: map[string]func(c *Config) int{
		"attention.head_count_kv": func(*Config) int { return 1 },
		"attention.key_length":    func(c *Config) int { return deepseekLatent(c).KeyRank + deepseekLatent(c).Rotated },
		"attention.value_length":  func(c *Config) int { return deepseekLatent(c).KeyRank },
	},
	fixed: deepseekFixed, adjust: deepseekAdjust,
	tensors: with(deepseekTensors, map[string]string{
		"blk.%.attn_k_b": "model.layers.%.self_attn.k_b_proj",
		"blk.%.attn_v_b": "model.layers.%.self_attn.v_b_proj",
	}),
	forms: with(deepseekForms, map[string]ggufForm{
		"blk.%.attn_k_b": {heads: queryHeads, transposed: true},
		"blk.%.attn_v_b": {heads: queryHeads},
	}),
}

// deepseek2JoinedGGUF is the older form, whose weights of keys and values are one
// tensor as in the checkpoint.
var deepseek2JoinedGGUF = &ggufArch{
	name: "deepseek2",
	keys: with(deepseekKeys, map[string]string{
		"attention.key_length":   "qk_head_dim",
		"attention.value_length": "v_head_dim",
	}),
	rope:    true,
	checked: map[string]func(c *Config) int{"attention.head_count_kv": queryHeads},
	fixed:   deepseekFixed, adjust: deepseekAdjust,
	tensors: with(deepseekTensors, map[string]string{"blk.%.attn_kv_b": "model.layers.%.self_attn.kv_b_proj"}),
	forms:   deepseekForms,
}

// deepseekKeys are the metadata keys of both forms.
var deepseekKeys = with(without(ggufRMS, "attention.head_count_kv", "attention.key_length"), ggufExperts, map[string]string{
	"attention.q_lora_rank":            "q_lora_rank",
	"attention.kv_lora_rank":           "kv_lora_rank",
	"rope.dimension_count":             "qk_rope_head_dim",
	"rope.scaling.yarn_log_multiplier": "yarn_log_multiplier",
	"leading_dense_block_count":        "first_k_dense_replace",
	"expert_shared_count":              "n_shared_experts",
	"expert_group_count":               "n_group",
	"expert_group_used_count":          "topk_group",
	"expert_weights_scale":             "routed_scaling_factor",
	"expert_gating_func":               "scoring_func",
})

// deepseekFixed: older conversions do not say that experts are in groups.
var deepseekFixed = map[string]any{"n_group": 1, "topk_group": 1, "norm_topk_prob": false, "scoring_func": 1}

// deepseekTensors are those of both forms, but the weights of keys and values.
var deepseekTensors = with(ggufEnds, ggufPreNorms, ggufMLP, ggufMixture, ggufSharedExpert("model.layers.%.mlp.shared_experts"),
	map[string]string{
		"blk.%.attn_q":           "model.layers.%.self_attn.q_proj",
		"blk.%.attn_q_a":         "model.layers.%.self_attn.q_a_proj",
		"blk.%.attn_q_a_norm":    "model.layers.%.self_attn.q_a_layernorm",
		"blk.%.attn_q_b":         "model.layers.%.self_attn.q_b_proj",
		"blk.%.attn_kv_a_mqa":    "model.layers.%.self_attn.kv_a_proj_with_mqa",
		"blk.%.attn_kv_a_norm":   "model.layers.%.self_attn.kv_a_layernorm",
		"blk.%.attn_output":      "model.layers.%.self_attn.o_proj",
		"blk.%.exp_probs_b.bias": "model.layers.%.mlp.gate.e_score_correction_bias",
	})

// deepseekForms: experts are stacked, in the blocks that have any.
var deepseekForms = map[string]ggufForm{
	"blk.%.ffn_gate_exps": {parts: deepseekExperts},
	"blk.%.ffn_up_exps":   {parts: deepseekExperts},
	"blk.%.ffn_down_exps": {parts: deepseekExperts},
}

func deepseekExperts(c *Config, block int) int {
	if block < c.DenseBlocks {
		return 0
	}
	return c.Experts
}

func deepseekLatent(c *Config) layers.Latent { return c.extra.(deepseekExtra).latent }

// deepseekAdjust sets what the metadata say otherwise than the config: the width
// of a head's part without positions, the name of the function on scores, and
// mscale_all_dim, of which they have a tenth. mscale is not told; in the published
// models the two are equal.
func deepseekAdjust(_ *weights.GGUF, values map[string]any) {
	width, _ := values["qk_head_dim"].(int)
	rotated, _ := values["qk_rope_head_dim"].(int)
	values["qk_nope_head_dim"] = width - rotated
	switch values["scoring_func"] {
	case 1:
		values["scoring_func"] = "softmax"
	case 2:
		values["scoring_func"] = "sigmoid"
	}
	if tenth, ok := values["yarn_log_multiplier"].(float64); ok {
		rope := values["rope_scaling"].(map[string]any)
		rope["mscale_all_dim"] = math.Round(tenth*1e7) / 1e6
		rope["mscale"] = rope["mscale_all_dim"]
		delete(values, "yarn_log_multiplier")
	}
}
