package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// seedOSS is ByteDance's Seed-OSS: Llama's block whose output projection has a
// bias of its own choice.
var seedOSS = &arch{
	class: "SeedOssForCausalLM",
	config: func(c *Config, k *keys) {
		llamaConfig(c, k)
		c.AttentionBias = k.flag("attention_bias", true)
		c.extra = k.flag("attention_out_bias", false)
		k.ignore("residual_dropout") // training
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = func(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
			attention := c.attention(b)
			attention.OutBias = c.extra.(bool)
			return preNorm(s, c, x, b, attention, denseMLP)
		}
		decoder(g, c, f)
	},
	sites: sequential,
}
