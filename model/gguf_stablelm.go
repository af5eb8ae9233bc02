package model

// stableLMGGUF is StableLM's form. Norms of heads are stacked, [heads, E].
var stableLMGGUF = &ggufArch{
	name: "stablelm",
	keys: with(ggufSizes, map[string]string{
		"attention.layer_norm_epsilon": "layer_norm_eps",
		"rope.dimension_count":         "rotary_dim",
		"use_parallel_residual":        "use_parallel_residual",
	}),
	rope:  true,
	fixed: map[string]any{"use_parallel_residual": true},
	flags: map[string]string{"use_qkv_bias": "blk.0.attn_q.bias", "qk_layernorm": "blk.0.attn_q_norm.weight"},
	tensors: with(llamaTensors, map[string]string{
		"blk.%.attn_q_norm": "model.layers.%.self_attn.q_layernorm.norms.#",
		"blk.%.attn_k_norm": "model.layers.%.self_attn.k_layernorm.norms.#",
	}),
	forms: map[string]ggufForm{
		"blk.%.attn_q_norm": {parts: normedHeads(queryHeads)},
		"blk.%.attn_k_norm": {parts: normedHeads(keyHeads)},
	},
}

// normedHeads returns a count of heads, 0 where heads are not normalised.
func normedHeads(heads func(c *Config) int) func(c *Config, _ int) int {
	return func(c *Config, _ int) int {
		if !c.extra.(stableLMForm).norms {
			return 0
		}
		return heads(c)
	}
}
