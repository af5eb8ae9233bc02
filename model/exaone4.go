package model

import "premlp/layers"

// exaone4 is EXAONE 4.0: OLMo 2's place of norms, a norm on each head's queries
// and keys, and where some blocks have a sliding window, no rotary embedding in
// the others. LG AI Research, "EXAONE 4.0", 2025.
var exaone4 = &arch{
	class: "Exaone4ForCausalLM",
	gguf:  []*ggufArch{exaone4GGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.rope(k)
		c.NormEps = k.float("rms_norm_eps", 1e-5, 0)
		c.activation(k, "hidden_act", layers.SiLU)
		pattern := k.integerOr("sliding_window_pattern", 4, 1, maxLayers)
		if _, slides := k.take("sliding_window"); !slides {
			c.slidingBlocksOf(k, 0)
			return
		}
		c.slidingBlocks(k, func(i int) bool { return (i+1)%pattern != 0 })
		for i, b := range c.Blocks {
			if b.Window == 0 {
				c.Blocks[i].Rope = nil
			}
		}
	},
	build: func(g *layers.Graph, c *Config) {
		norm := layers.Norm{Eps: c.NormEps}
		f := llamaFrame(c)
		f.block = normedBlock(norm, blockNorms{
			behindAttention: "post_attention_layernorm", behindMLP: "post_feedforward_layernorm",
			change: func(a *layers.Attention) { a.QKNorm = &norm },
		})
		decoder(g, c, f)
	},
}
