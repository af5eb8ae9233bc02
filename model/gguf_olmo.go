package model

// olmoGGUF is OLMo 1's form.
var olmoGGUF = &ggufArch{
	name: "olmo",
	keys: with(ggufSizes, map[string]string{"attention.clamp_kqv": "clip_qkv"}), rope: true,
	only: map[string]any{"attention.layer_norm_epsilon": 1e-5},
	tensors: with(map[string]string{"token_embd": "model.embed_tokens", "output": "lm_head"},
		ggufAttention, ggufMLP), // its norms have no weights
	forms: ggufInterleaved,
}

// olmo2GGUF is OLMo 2's form.
var olmo2GGUF = &ggufArch{
	name: "olmo2", keys: ggufRMS, rope: true,
	tensors: with(ggufEnds, ggufAttention, ggufHeadNorms, ggufMLP, map[string]string{
		"blk.%.post_attention_norm": "model.layers.%.post_attention_layernorm",
		"blk.%.post_ffw_norm":       "model.layers.%.post_feedforward_layernorm",
	}),
}

// olmoeGGUF is OLMoE's form.
var olmoeGGUF = &ggufArch{
	name: "olmoe", keys: with(ggufRMS, ggufExperts), rope: true,
	tensors: with(ggufEnds, ggufAttention, ggufHeadNorms, ggufPreNorms, ggufMixture), forms: ggufStacked,
}
