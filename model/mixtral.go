package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// mixtral is Mistral's mixture of experts. Jiang et al., "Mixtral of experts",
// 2024.
var mixtral = &arch{
	class: "MixtralForCausalLM",
	gguf:  []*ggufArch{mixtralGGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.rope(k)
		c.NormEps = k.float("rms_norm_eps", 1e-5, 0)
		c.Window = k.integerOr("sliding_window", 0, 1, maxContext)
		c.activation(k, "hidden_act", layers.SiLU)
		c.experts(k, "num_local_experts", "")
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		names := llamaNorms
		names.mlpOf = mixtralMLP
		f.block = llamaBlock(c, names)
		decoder(g, c, f)
	},
}

// mixtralMLP is the mixture under Mixtral's names.
func mixtralMLP(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
	e := c.mixture(layers.SoftmaxRoute(c.ExpertsChosen, true))
	e.Store = layers.NamedExperts("w1", "w3", "w2")
	return layers.Mixture(s.Sub("block_sparse_moe"), x, e)
}
