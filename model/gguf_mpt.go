package model

import "premlp/weights"

// mptGGUF is MPT's form. It has no place for a scale of scores.
var mptGGUF = &ggufArch{
	name: "mpt",
	keys: with(ggufSizes, map[string]string{
		"attention.layer_norm_epsilon": "layer_norm_epsilon",
		"attention.clamp_kqv":          "clip_qkv",
		"attention.max_alibi_bias":     "alibi_bias_max",
	}),
	adjust: func(_ *weights.GGUF, values map[string]any) {
		attention := map[string]any{}
		for _, name := range []string{"clip_qkv", "alibi_bias_max"} {
			if v, ok := values[name]; ok {
				attention[name] = v
				delete(values, name)
			}
		}
		values["attn_config"] = attention
	},
	tensors: map[string]string{
		"token_embd":        "transformer.wte",
		"output_norm":       "transformer.norm_f",
		"output":            "lm_head",
		"blk.%.attn_norm":   "transformer.blocks.%.norm_1",
		"blk.%.attn_qkv":    "transformer.blocks.%.attn.Wqkv",
		"blk.%.attn_output": "transformer.blocks.%.attn.out_proj",
		"blk.%.ffn_norm":    "transformer.blocks.%.norm_2",
		"blk.%.ffn_up":      "transformer.blocks.%.ffn.up_proj",
		"blk.%.ffn_down":    "transformer.blocks.%.ffn.down_proj",
	},
}
