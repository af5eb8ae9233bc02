package model

// phi2GGUF is the form of Phi-1, 1.5 and 2.
var phi2GGUF = &ggufArch{
	name: "phi2",
	keys: with(ggufSizes, map[string]string{
		"attention.layer_norm_epsilon": "layer_norm_eps",
		"rope.dimension_count":         "rotary_dim",
	}),
	rope: true,
	tensors: map[string]string{
		"token_embd":        "model.embed_tokens",
		"output_norm":       "model.final_layernorm",
		"output":            "lm_head",
		"blk.%.attn_norm":   "model.layers.%.input_layernorm",
		"blk.%.attn_q":      "model.layers.%.self_attn.q_proj",
		"blk.%.attn_k":      "model.layers.%.self_attn.k_proj",
		"blk.%.attn_v":      "model.layers.%.self_attn.v_proj",
		"blk.%.attn_output": "model.layers.%.self_attn.dense",
		"blk.%.ffn_up":      "model.layers.%.mlp.fc1",
		"blk.%.ffn_down":    "model.layers.%.mlp.fc2",
	},
}
