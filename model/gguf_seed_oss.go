package model

// seedOSSGGUF is Seed-OSS's form.
var seedOSSGGUF = &ggufArch{
	name: "seed_oss", keys: ggufRMS, rope: true,
	flags: with(ggufBiases, map[string]string{"attention_out_bias": "blk.0.attn_output.bias"}),
	tensors: with(ggufEnds, ggufAttention, ggufMLP, ggufPostNorm,
		map[string]string{"blk.%.attn_norm": "model.layers.%.input_layernorm"}),
}

// ggufPostNorm maps the norm before the MLP where it is named by its place behind
// attention.
var ggufPostNorm = map[string]string{"blk.%.post_attention_norm": "model.layers.%.post_attention_layernorm"}
