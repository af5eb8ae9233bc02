package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// qwen2MoE is Qwen's first mixture of experts: routed experts, and a shared one
// whose result is gated. Qwen Team, "Qwen1.5-MoE", 2024.
var qwen2MoE = &arch{
	class: "Qwen2MoeForCausalLM",
	gguf:  []*ggufArch{qwen2MoEGGUF},
	config: func(c *Config, k *keys) {
		qwenConfig(c, k)
		c.AttentionBias = k.flag("qkv_bias", true)
		c.qwenExperts(k)
		c.SharedHidden = k.integer("shared_expert_intermediate_size", 1, maxWidth*8)
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = qwen2Block(c, qwen2MoEMLP)
		decoder(g, c, f)
	},
}

// qwenExperts reads the mixture of Qwen's configs; all blocks have one.
func (c *Config) qwenExperts(k *keys) {
	c.experts(k, "num_experts", "moe_intermediate_size")
	c.expertsNormed = k.flag("norm_topk_prob", false)
	k.refuse("decoder_sparse_step", 1.0) // else some blocks have plain MLPs
	if v, _ := k.take("mlp_only_layers"); v != nil {
		if list, ok := v.([]any); !ok || len(list) > 0 {
			k.fail("mlp_only_layers", "an empty list: plain MLPs between mixtures are not supported")
		}
	}
}

// qwen2MoEMLP is mixture(x) + σ(g·x)·shared(x).
func qwen2MoEMLP(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
	s = s.Sub("mlp")
	routed := layers.Mixture(s, x, c.mixture(layers.SoftmaxRoute(c.ExpertsChosen, c.expertsNormed))) // [T, D]
	m := c.mlp()
	m.Hidden = c.SharedHidden
	shared := layers.GatedMLP(s.Sub("shared_expert"), x, m)                 // [T, D]
	gate := layers.Linear(s.Sub("shared_expert_gate"), x, 1, false)         // [T, 1]
	shared = layers.SigmoidGate(s.Sub("shared_expert_gated"), shared, gate) // [T, D]
	return layers.Residual(s.Sub("sum"), routed, shared)
}
