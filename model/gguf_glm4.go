package model

// glm4GGUF is GLM-4's form.
var glm4GGUF = &ggufArch{
	name: "glm4",
	keys: with(ggufRMS, map[string]string{"rope.dimension_count": "rotary_dim"}), rope: true,
	flags: map[string]string{"attention_bias": "blk.0.attn_q.bias"},
	tensors: with(ggufEnds, ggufAttention, ggufPreNorms, map[string]string{
		"blk.%.post_attention_norm": "model.layers.%.post_self_attn_layernorm",
		"blk.%.ffn_up":              "model.layers.%.mlp.gate_up_proj",
		"blk.%.ffn_down":            "model.layers.%.mlp.down_proj",
		"blk.%.post_ffw_norm":       "model.layers.%.post_mlp_layernorm",
	}),
}
