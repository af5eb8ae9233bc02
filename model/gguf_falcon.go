package model

import "premlp/weights"

// falconKeys are those of both of Falcon's forms; the older one with ALiBi has
// none in GGUF.
var falconKeys = with(ggufSizes, map[string]string{"attention.layer_norm_epsilon": "layer_norm_epsilon"})

// falconTensors are those of both forms but the norms.
var falconTensors = map[string]string{
	"token_embd":        "transformer.word_embeddings",
	"output_norm":       "transformer.ln_f",
	"output":            "lm_head",
	"blk.%.attn_qkv":    "transformer.h.%.self_attention.query_key_value",
	"blk.%.attn_output": "transformer.h.%.self_attention.dense",
	"blk.%.ffn_up":      "transformer.h.%.mlp.dense_h_to_4h",
	"blk.%.ffn_down":    "transformer.h.%.mlp.dense_4h_to_h",
}

// falconOnly says that the fused projection is not stored in groups.
var falconOnly = map[string]any{"tensor_data_layout": "jploski"}

// falconForms: the projection is in groups of heads that share keys and values.
var falconForms = map[string]ggufForm{"blk.%.attn_qkv": ungrouped(keyHeads)}

// falconGGUF is Falcon's form with one norm for attention and MLP: 7B, with one
// head of keys and values, and 11B, with groups.
var falconGGUF = &ggufArch{
	name: "falcon",
	when: func(g *weights.GGUF) bool { return !isFalcon40B(g) },
	keys: falconKeys, rope: true, only: falconOnly,
	fixed: map[string]any{"num_ln_in_parallel_attn": 1},
	adjust: func(_ *weights.GGUF, values map[string]any) {
		values["new_decoder_architecture"] = values["num_key_value_heads"] != 1
	},
	tensors: with(falconTensors, map[string]string{"blk.%.attn_norm": "transformer.h.%.input_layernorm"}),
	forms:   falconForms,
}

// falcon40BGGUF is the form with a norm each, of 40B and 180B.
var falcon40BGGUF = &ggufArch{
	name: "falcon", when: isFalcon40B,
	keys: falconKeys, rope: true, only: falconOnly,
	fixed: map[string]any{"new_decoder_architecture": true, "num_ln_in_parallel_attn": 2},
	tensors: with(falconTensors, map[string]string{
		"blk.%.attn_norm":   "transformer.h.%.ln_mlp",
		"blk.%.attn_norm_2": "transformer.h.%.ln_attn",
	}),
	forms: falconForms,
}

func isFalcon40B(g *weights.GGUF) bool { return g.Has("blk.0.attn_norm_2.weight") }
