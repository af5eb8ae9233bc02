package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// starCoder2 is StarCoder2: LayerNorms, a plain MLP, grouped heads, and a sliding
// window where the config sets one. Lozhkov et al., "StarCoder 2 and The Stack v2",
// 2024.
var starCoder2 = &arch{
	class:   "Starcoder2ForCausalLM",
	gguf:    []*ggufArch{starCoder2GGUF},
	prefix:  "model.",
	config:  starCoder2Config,
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, starCoder2Frame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// starCoder2Config reads the keys of StarCoder2's config.json.
func starCoder2Config(c *Config, k *keys) {
	k.assume("tie_word_embeddings", true)
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("norm_epsilon", 1e-5, 0)
	c.Window = k.integerOr("sliding_window", 0, 1, maxContext)
	c.AttentionBias = k.flag("use_bias", true)
	c.MLPBias = c.AttentionBias
	c.activation(k, "hidden_act", layers.GELUTanh, layers.GELU, layers.ReLU, layers.SiLU)
	k.refuse("norm_type", "layer_norm")
	k.refuse("mlp_type", "default")
	k.ignore("embedding_dropout", "residual_dropout") // training
}

// starCoder2Block is a pre-norm block: x += attention(norm(x)); x += mlp(norm(x)).
func starCoder2Block(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := layers.Normalize(s.Sub("input_layernorm"), x, c.layerNorm()) // [T, D]
	a = layers.SelfAttention(s.Sub("self_attn"), a, c.attention(b))   // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

	mlp := c.mlp()
	mlp.Up, mlp.Down = "c_fc", "c_proj"
	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("post_attention_layernorm"), x, c.layerNorm())) // [T, D]
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), m, mlp))                                 // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// starCoder2Frame is what stands around the blocks.
func starCoder2Frame(c *Config) frame {
	f := llamaFrame(c)
	f.final, f.block = c.layerNorm(), starCoder2Block
	return f
}
