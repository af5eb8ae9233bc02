package model

// bloomGGUF is BLOOM's form.
var bloomGGUF = &ggufArch{
	name: "bloom",
	keys: with(ggufSizes, map[string]string{"attention.layer_norm_epsilon": "layer_norm_epsilon"}),
	tensors: map[string]string{
		"token_embd":        "transformer.word_embeddings",
		"token_embd_norm":   "transformer.word_embeddings_layernorm",
		"output_norm":       "transformer.ln_f",
		"output":            "lm_head",
		"blk.%.attn_norm":   "transformer.h.%.input_layernorm",
		"blk.%.attn_qkv":    "transformer.h.%.self_attention.query_key_value",
		"blk.%.attn_output": "transformer.h.%.self_attention.dense",
		"blk.%.ffn_norm":    "transformer.h.%.post_attention_layernorm",
		"blk.%.ffn_up":      "transformer.h.%.mlp.dense_h_to_4h",
		"blk.%.ffn_down":    "transformer.h.%.mlp.dense_4h_to_h",
	},
	forms: map[string]ggufForm{"blk.%.attn_qkv": ungrouped(queryHeads)},
}

// gptNeoXGGUF is the form of GPT-NeoX and Pythia.
var gptNeoXGGUF = &ggufArch{
	name: "gptneox",
	keys: with(ggufSizes, map[string]string{
		"attention.layer_norm_epsilon": "layer_norm_eps",
		"rope.dimension_count":         "rotary_dim",
		"use_parallel_residual":        "use_parallel_residual",
	}),
	rope:  true,
	flags: map[string]string{"attention_bias": "blk.0.attn_qkv.bias"},
	tensors: map[string]string{
		"token_embd":        "gpt_neox.embed_in",
		"output_norm":       "gpt_neox.final_layer_norm",
		"output":            "embed_out",
		"blk.%.attn_norm":   "gpt_neox.layers.%.input_layernorm",
		"blk.%.attn_qkv":    "gpt_neox.layers.%.attention.query_key_value",
		"blk.%.attn_output": "gpt_neox.layers.%.attention.dense",
		"blk.%.ffn_norm":    "gpt_neox.layers.%.post_attention_layernorm",
		"blk.%.ffn_up":      "gpt_neox.layers.%.mlp.dense_h_to_4h",
		"blk.%.ffn_down":    "gpt_neox.layers.%.mlp.dense_4h_to_h",
	},
	forms: map[string]ggufForm{"blk.%.attn_qkv": ungrouped(queryHeads)},
}
