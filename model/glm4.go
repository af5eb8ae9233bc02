package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// glm4 is GLM-4: norms in front of and behind attention and MLP, half of each
// head rotated in neighbouring pairs, gate and up in one tensor. Zeng et al.,
// "ChatGLM", 2024.
var glm4 = &arch{
	class: "Glm4ForCausalLM",
	gguf:  []*ggufArch{glm4GGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.rope(k)
		c.Rope.Interleaved = true
		c.NormEps = k.float("rms_norm_eps", 1e-5, 0)
		c.AttentionBias = k.flag("attention_bias", false)
		c.activation(k, "hidden_act", layers.SiLU)
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = normedBlock(layers.Norm{Eps: c.NormEps}, blockNorms{
			attention: "input_layernorm", behindAttention: "post_self_attn_layernorm",
			mlp: "post_attention_layernorm", behindMLP: "post_mlp_layernorm",
			change: func(a *layers.Attention) { a.OutBias = false },
			mlpOf:  fusedMLP,
		})
		decoder(g, c, f)
	},
}

// fusedMLP is Llama's MLP with gate and up in one tensor.
func fusedMLP(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
	m := c.mlp()
	m.Fused = "gate_up_proj"
	return layers.GatedMLP(s.Sub("mlp"), x, m)
}
