package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// mlpOf builds a block's MLP module on its input x [T, D].
type mlpOf func(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node

// denseMLP is Llama's MLP.
func denseMLP(s layers.Scope, c *Config, x *gorgonia.Node, _ blockOf) *gorgonia.Node {
	return layers.GatedMLP(s.Sub("mlp"), x, c.mlp())
}

// blockNorms names the norms of a sequential block, "" where there is none:
//
//	x += behindAttention(attention(attention_norm(x)))
//	x += behindMLP(mlp(mlp_norm(x)))
type blockNorms struct {
	attention, behindAttention string
	mlp, behindMLP             string
	change                     func(a *layers.Attention) // of the config's attention; may be nil
	mlpOf                      mlpOf                     // nil: denseMLP
}

// normedBlock is a sequential block with these norms.
func normedBlock(n layers.Norm, names blockNorms) block {
	norm := func(s layers.Scope, name string, x *gorgonia.Node) *gorgonia.Node {
		if name == "" {
			return x
		}
		return layers.Normalize(s.Sub(name), x, n) // [T, D]
	}
	if names.mlpOf == nil {
		names.mlpOf = denseMLP
	}
	return func(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
		attention := c.attention(b)
		if names.change != nil {
			names.change(&attention)
		}
		a := layers.SelfAttention(s.Sub("self_attn"), norm(s, names.attention, x), attention) // [T, D]
		a = norm(s, names.behindAttention, a)
		x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

		m := s.Tap(layers.MLPIn, norm(s, names.mlp, x))   // [T, D]
		m = s.Tap(layers.MLPOut, names.mlpOf(s, c, m, b)) // [T, D]
		return layers.Residual(s.Sub("mlp_residual"), x, norm(s, names.behindMLP, m))
	}
}
