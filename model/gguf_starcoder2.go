package model

// starCoder2GGUF is StarCoder2's form.
var starCoder2GGUF = &ggufArch{
	name: "starcoder2",
	keys: with(ggufSizes, ggufWindow, map[string]string{"attention.layer_norm_epsilon": "norm_epsilon"}), rope: true,
	flags: map[string]string{"use_bias": "blk.0.attn_q.bias"},
	tensors: with(ggufEnds, ggufAttention, ggufPreNorms, map[string]string{
		"blk.%.ffn_up":   "model.layers.%.mlp.c_fc",
		"blk.%.ffn_down": "model.layers.%.mlp.c_proj",
	}),
}
