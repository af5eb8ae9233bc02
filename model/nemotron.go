package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// nemotron is Nemotron-4 and Minitron: LayerNorms whose stored weight is its
// distance from 1, partly rotated heads, and a plain MLP with squared ReLU. Parmar
// et al., "Nemotron-4 15B technical report", 2024.
var nemotron = &arch{
	class:   "NemotronForCausalLM",
	gguf:    []*ggufArch{nemotronGGUF},
	prefix:  "model.",
	config:  nemotronConfig,
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, nemotronFrame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// nemotronConfig reads the keys of Nemotron's config.json.
func nemotronConfig(c *Config, k *keys) {
	k.assume("partial_rotary_factor", 0.5)
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("norm_eps", 1e-5, 0)
	c.AttentionBias = k.flag("attention_bias", false)
	c.MLPBias = k.flag("mlp_bias", false)
	c.normPlus = 1
	c.activation(k, "hidden_act", layers.ReLU2, layers.ReLU, layers.GELU, layers.GELUTanh, layers.SiLU)
}

// nemotronNorm describes Nemotron's norms.
func nemotronNorm(c *Config) layers.Norm {
	return layers.Norm{Eps: c.NormEps, Center: true, Bias: true, Plus: c.normPlus}
}

// nemotronBlock is a pre-norm block: x += attention(norm(x)); x += mlp(norm(x)).
func nemotronBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := layers.Normalize(s.Sub("input_layernorm"), x, nemotronNorm(c)) // [T, D]
	a = layers.SelfAttention(s.Sub("self_attn"), a, c.attention(b))     // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("post_attention_layernorm"), x, nemotronNorm(c))) // [T, D]
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), m, c.mlp()))                               // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// nemotronFrame is what stands around the blocks.
func nemotronFrame(c *Config) frame {
	f := llamaFrame(c)
	f.final, f.block = nemotronNorm(c), nemotronBlock
	return f
}
