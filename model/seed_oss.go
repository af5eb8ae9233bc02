package model

import "premlp/layers"

// seedOSS is ByteDance's Seed-OSS: Llama's block whose output projection has a
// bias of its own choice.
var seedOSS = &arch{
	class: "SeedOssForCausalLM",
	gguf:  []*ggufArch{seedOSSGGUF},
	config: func(c *Config, k *keys) {
		llamaConfig(c, k)
		c.AttentionBias = k.flag("attention_bias", true)
		c.extra = k.flag("attention_out_bias", false)
		k.ignore("residual_dropout") // training
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		names := llamaNorms
		names.change = func(a *layers.Attention) { a.OutBias = c.extra.(bool) }
		f.block = llamaBlock(c, names)
		decoder(g, c, f)
	},
}
