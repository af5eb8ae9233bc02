package model

import "premlp/layers"

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
		f.block = qwen3Block(c, denseMLP)
		decoder(g, c, f)
	},
}

// qwen3Block is Llama's with normed queries and keys.
func qwen3Block(c *Config, mlp mlpOf) block {
	names := llamaNorms
	names.change = func(a *layers.Attention) { a.QKNorm = &layers.Norm{Eps: c.NormEps} }
	names.mlpOf = mlp
	return llamaBlock(c, names)
}
