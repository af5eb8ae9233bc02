package model

import "premlp/layers"

// mistral is Mistral 7B and its kin: Llama's block with attention over a
// sliding window where the config sets one. Jiang et al., "Mistral 7B", 2023.
var mistral = &arch{
	class: "MistralForCausalLM",
	gguf:  []*ggufArch{mistralGGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.rope(k)
		c.NormEps = k.float("rms_norm_eps", 1e-6, 0)
		c.Window = k.integerOr("sliding_window", 0, 1, maxContext)
		c.activation(k, "hidden_act", layers.SiLU)
	},
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, llamaFrame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}
