package model

import "premlp/layers"

// qwen3MoE is Qwen 3's mixture of experts. Yang et al., "Qwen3 technical
// report", 2025.
var qwen3MoE = &arch{
	class: "Qwen3MoeForCausalLM",
	gguf:  []*ggufArch{qwen3MoEGGUF},
	config: func(c *Config, k *keys) {
		qwenConfig(c, k)
		c.AttentionBias = k.flag("attention_bias", false)
		c.qwenExperts(k)
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = qwen3Block(c, mixtureMLP(func(c *Config) layers.Route { return layers.SoftmaxRoute(c.ExpertsChosen, c.expertsNormed) }))
		decoder(g, c, f)
	},
}
