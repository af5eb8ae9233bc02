package model

import "premlp/layers"

// olmo is OLMo 1: Llama's block with a LayerNorm that has no parameters, and
// bounded queries, keys and values in some models. Groeneveld et al., "OLMo",
// 2024.
var olmo = &arch{
	class: "OlmoForCausalLM",
	gguf:  []*ggufArch{olmoGGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.rope(k)
		c.AttentionBias = k.flag("attention_bias", false)
		c.activation(k, "hidden_act", layers.SiLU)
		c.extra = float32(k.float("clip_qkv", 0, 0))
	},
	build: func(g *layers.Graph, c *Config) {
		norm := layers.Norm{Eps: 1e-5, Center: true, Plain: true}
		f := llamaFrame(c)
		f.final = norm
		f.block = normedBlock(norm, blockNorms{
			attention: "input_layernorm", mlp: "post_attention_layernorm",
			change: func(a *layers.Attention) { a.Clip = c.extra.(float32) },
		})
		decoder(g, c, f)
	},
}
