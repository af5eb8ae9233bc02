package model

// commandRGGUF is Command R's form.
var commandRGGUF = &ggufArch{
	name: "command-r",
	keys: with(ggufSizes, map[string]string{
		"attention.layer_norm_epsilon": "layer_norm_eps",
		"logit_scale":                  "logit_scale",
	}),
	rope:  true,
	flags: map[string]string{"attention_bias": "blk.0.attn_q.bias", "use_qk_norm": "blk.0.attn_q_norm.weight"},
	tensors: with(ggufEnds, ggufAttention, ggufHeadNorms, ggufMLP,
		map[string]string{"blk.%.attn_norm": "model.layers.%.input_layernorm"}),
}
