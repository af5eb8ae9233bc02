package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// gptJ is GPT-J: attention and MLP side by side behind one LayerNorm, and heads
// whose first values are rotated in neighbouring pairs. Wang and Komatsuzaki,
// "GPT-J-6B", 2021.
var gptJ = &arch{
	class:  "GPTJForCausalLM",
	prefix: "transformer.",
	config: gptJConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, gptJFrame(c, gptJBlock)) },
	// The causal mask and the score of what it hides: attention needs neither.
	ignored: []string{".attn.bias", ".attn.masked_bias"},
}

// gptJConfig reads the keys of GPT-J's config.json.
func gptJConfig(c *Config, k *keys) {
	c.gptSizes(k)
	k.assume("rotary_dim", 64)
	c.rope(k)
	c.Rope.Interleaved = true
	c.Parallel = true
	k.ignore("rotary", "scale_attn_weights") // always on
}

// gptJBlock is x += attention(n) + mlp(n), n = norm(x).
func gptJBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	a.Out = "out_proj"
	return gptJParallel(s, c, x, a)
}

// gptJParallel is GPT-J's block around any attention.
func gptJParallel(s layers.Scope, c *Config, x *gorgonia.Node, a layers.Attention) *gorgonia.Node {
	n := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("ln_1"), x, c.layerNorm())) // [T, D]
	y := layers.SelfAttention(s.Sub("attn"), n, a)                              // [T, D]

	mlp := layers.MLP{Hidden: c.Hidden, Activation: c.Activation, Bias: true, Up: "fc_in", Down: "fc_out"}
	m := s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), layers.SelectLast(s.Sub("mlp"), n), mlp)) // [T, D]
	return layers.Residual(s.Sub("residual"), x, layers.Residual(s.Sub("branches"), y, m))
}

// gptJFrame is GPT-2's without learned positions, its head with a bias.
func gptJFrame(c *Config, b block) frame {
	f := gptFrame(c, b)
	f.positions, f.headBias = "", true
	return f
}
