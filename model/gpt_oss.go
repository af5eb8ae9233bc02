package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// gptOSS is OpenAI's gpt-oss: a mixture of experts with bounded, biased gated
// units, attention with sinks, and a sliding window in every other block.
// OpenAI, "gpt-oss model card", 2025.
var gptOSS = &arch{
	class: "GptOssForCausalLM",
	gguf:  []*ggufArch{gptOSSGGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.rope(k)
		c.NormEps = k.float("rms_norm_eps", 1e-5, 0)
		c.AttentionBias = k.flag("attention_bias", true)
		c.activation(k, "hidden_act", layers.SiLU)
		c.experts(k, "num_local_experts", "")
		c.slidingBlocks(k, func(i int) bool { return i%2 == 0 })
		c.extra = layers.BoundedGate{
			Alpha: float32(k.float("swiglu_alpha", 1.702, 0)), Limit: float32(k.float("swiglu_limit", 7, 0)),
		}
		k.ignore("initial_context_length", "experts_per_token") // repeat other keys
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		names := llamaNorms
		names.change = func(a *layers.Attention) { a.Sinks = true }
		names.mlpOf = gptOSSMLP
		f.block = llamaBlock(c, names)
		decoder(g, c, f)
	},
}

// gptOSSMLP is the mixture under gpt-oss's names.
func gptOSSMLP(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
	e := c.mixture(layers.ChosenSoftmaxRoute(c.ExpertsChosen))
	e.Router, e.RouterBias, e.Store = "router", true, layers.InterleavedExperts
	e.Activate = c.extra.(layers.BoundedGate)
	return layers.Mixture(s.Sub("mlp"), x, e)
}
