package model

import "premlp/layers"

// qwen2 is Qwen 1.5 to 2.5: Llama's block with biases on queries, keys and
// values, and in some models a sliding window in the later blocks. Yang et al.,
// "Qwen2 technical report", 2024.
var qwen2 = &arch{
	class: "Qwen2ForCausalLM",
	gguf:  []*ggufArch{qwen2GGUF},
	config: func(c *Config, k *keys) {
		qwenConfig(c, k)
		c.AttentionBias = true
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = qwen2Block(c, denseMLP)
		decoder(g, c, f)
	},
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// qwen2Block is Llama's without a bias on the output projection.
func qwen2Block(c *Config, mlp mlpOf) block {
	names := llamaNorms
	names.change = func(a *layers.Attention) { a.OutBias = false }
	names.mlpOf = mlp
	return llamaBlock(c, names)
}

// qwenConfig reads what Qwen's configs have in common.
func qwenConfig(c *Config, k *keys) {
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("rms_norm_eps", 1e-6, 0)
	c.activation(k, "hidden_act", layers.SiLU)
	slides := k.flag("use_sliding_window", false)
	from := k.integerOr("max_window_layers", 0, 0, maxLayers)
	if !slides {
		k.ignore("sliding_window")
		c.slidingBlocksOf(k, 0)
		return
	}
	c.slidingBlocks(k, func(i int) bool { return i >= from })
}
