package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// qwen3 is Qwen 3: Llama's block with a norm on each head's queries and keys.
// Yang et al., "Qwen3 technical report", 2025.
var qwen3 = &arch{
	class: "Qwen3ForCausalLM",
	gguf:  []*ggufArch{qwen3GGUF},
	config: func(c *Config, k *keys) {
		qwenConfig(c, k)
		c.AttentionBias = k.flag("attention_bias", false)
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = qwen3Block(denseMLP)
		decoder(g, c, f)
	},
	sites: sequential,
}

// mlpOf builds a block's MLP module on its input x [T, D].
type mlpOf func(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node

// denseMLP is Llama's MLP.
func denseMLP(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
	return layers.GatedMLP(s.Sub("mlp"), x, c.mlp())
}

// qwen3Block is x += attention(norm(x)); x += mlp(norm(x)), with normed queries
// and keys.
func qwen3Block(mlp mlpOf) block {
	return func(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
		attention := c.attention(b)
		attention.QKNorm = &layers.Norm{Eps: c.NormEps}
		return preNorm(s, c, x, b, attention, mlp)
	}
}

// preNorm is Llama's block with an attention and an MLP of one's own.
func preNorm(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf, attention layers.Attention, mlp mlpOf) *gorgonia.Node {
	a := layers.RMSNorm(s.Sub("input_layernorm"), x, c.NormEps) // [T, D]
	a = layers.SelfAttention(s.Sub("self_attn"), a, attention)  // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

	m := layers.RMSNorm(s.Sub("post_attention_layernorm"), x, c.NormEps) // [T, D]
	m = s.Tap(layers.MLPOut, mlp(s, c, s.Tap(layers.MLPIn, m), b))
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}
