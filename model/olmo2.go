package model

import "premlp/layers"

// olmo2 is OLMo 2: norms behind attention and MLP instead of in front, so that
// the MLP reads the stream itself, and one norm on all queries and on all keys.
// OLMo Team, "2 OLMo 2 Furious", 2024.
var olmo2 = &arch{
	class:  "Olmo2ForCausalLM",
	gguf:   []*ggufArch{olmo2GGUF},
	config: olmo2Config,
	build: func(g *layers.Graph, c *Config) {
		norm := layers.Norm{Eps: c.NormEps}
		f := llamaFrame(c)
		f.block = normedBlock(norm, blockNorms{
			behindAttention: "post_attention_layernorm", behindMLP: "post_feedforward_layernorm",
			change: func(a *layers.Attention) { a.QKNorm, a.NormWhole = &norm, true },
		})
		decoder(g, c, f)
	},
}

func olmo2Config(c *Config, k *keys) {
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("rms_norm_eps", 1e-5, 0)
	c.AttentionBias = k.flag("attention_bias", false)
	c.activation(k, "hidden_act", layers.SiLU)
}
