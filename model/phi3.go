package model

import "premlp/layers"

// phi3 is Phi-3 and Phi-4-mini: Llama's block with fused projections, and for
// long contexts a rotary embedding that depends on the prompt's length. Abdin et
// al., "Phi-3 technical report", 2024.
var phi3 = &arch{
	class: "Phi3ForCausalLM",
	gguf:  []*ggufArch{phi3GGUF},
	config: func(c *Config, k *keys) {
		c.sizes(k)
		c.originalContext = k.integerOr("original_max_position_embeddings", 0, 1, maxContext)
		c.rope(k)
		c.NormEps = k.float("rms_norm_eps", 1e-5, 0)
		c.Window = k.integerOr("sliding_window", 0, 1, maxContext)
		c.AttentionBias = k.flag("attention_bias", false)
		c.activation(k, "hidden_act", layers.SiLU)
		k.ignore("resid_pdrop", "embd_pdrop") // training
	},
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = normedBlock(layers.Norm{Eps: c.NormEps}, blockNorms{
			attention: "input_layernorm", mlp: "post_attention_layernorm",
			change: func(a *layers.Attention) { a.Projections = layers.QKV{Fused: "qkv_proj", Groups: 1} },
			mlpOf:  fusedMLP,
		})
		decoder(g, c, f)
	},
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}
