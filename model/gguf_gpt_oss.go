package model

import "premlp/weights"

// gptOSSGGUF is gpt-oss's form: gate and up of all experts apart, and stacked.
var gptOSSGGUF = &ggufArch{
	name: "gpt-oss",
	keys: with(ggufRMS, ggufWindow, without(ggufExperts, "expert_feed_forward_length")), rope: true,
	checked: map[string]func(c *Config) int{"expert_feed_forward_length": func(c *Config) int { return c.ExpertHidden }},
	adjust: func(_ *weights.GGUF, values map[string]any) {
		if rope := values["rope_scaling"].(map[string]any); rope["rope_type"] == "yarn" {
			rope["truncate"] = false // of all published models
		}
	},
	tensors: with(ggufEnds, ggufAttention, ggufMixture, ggufPostNorm, map[string]string{
		"blk.%.attn_norm":         "model.layers.%.input_layernorm",
		"blk.%.attn_sinks.weight": "model.layers.%.self_attn.sinks",
		"blk.%.ffn_gate_inp":      "model.layers.%.mlp.router",
	}),
	forms: ggufStacked,
}
