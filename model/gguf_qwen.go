package model

// qwen2GGUF is the form of Qwen 2 and 2.5. It has no place for the sliding window
// that some configs have.
var qwen2GGUF = &ggufArch{name: "qwen2", keys: ggufRMS, rope: true, tensors: llamaTensors}

// qwen3GGUF is Qwen 3's form.
var qwen3GGUF = &ggufArch{
	name: "qwen3", keys: ggufRMS, rope: true,
	flags:   map[string]string{"attention_bias": "blk.0.attn_q.bias"},
	tensors: with(llamaTensors, ggufHeadNorms),
}

// qwen3MoEGGUF is the form of Qwen 3's mixture.
var qwen3MoEGGUF = &ggufArch{
	name: "qwen3moe", keys: with(ggufRMS, ggufExperts), rope: true,
	fixed:   map[string]any{"norm_topk_prob": true},
	flags:   map[string]string{"attention_bias": "blk.0.attn_q.bias"},
	tensors: with(ggufEnds, ggufAttention, ggufHeadNorms, ggufPreNorms, ggufMixture), forms: ggufStacked,
}

// qwen2MoEGGUF is the form of Qwen 2's mixture.
var qwen2MoEGGUF = &ggufArch{
	name: "qwen2moe", rope: true,
	keys:  with(ggufRMS, ggufExperts, map[string]string{"expert_shared_feed_forward_length": "shared_expert_intermediate_size"}),
	flags: map[string]string{"qkv_bias": "blk.0.attn_q.bias"},
	tensors: with(ggufEnds, ggufAttention, ggufPreNorms, ggufMixture, ggufSharedExpert("model.layers.%.mlp.shared_expert"),
		map[string]string{"blk.%.ffn_gate_inp_shexp": "model.layers.%.mlp.shared_expert_gate"}),
	forms: ggufStacked,
}
