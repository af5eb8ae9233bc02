package model

import (
	"math"

	"premlp/layers"
)

// gemma is Gemma 1: Llama's block with norm weights stored as their distance
// from 1 and embeddings scaled by sqrt(D). Gemma Team, "Gemma", 2024.
var gemma = &arch{
	class: "GemmaForCausalLM",
	gguf:  []*ggufArch{gemmaGGUF},
	config: func(c *Config, k *keys) {
		gemmaConfig(c, k)
		c.rope(k)
	},
	build: func(g *layers.Graph, c *Config) {
		decoder(g, c, gemmaFrame(c, normedBlock(gemmaNorm(c), blockNorms{attention: "input_layernorm", mlp: "post_attention_layernorm"})))
	},
}

// gemmaConfig reads what Gemma's configs have in common.
func gemmaConfig(c *Config, k *keys) {
	c.sizes(k)
	c.Tied = k.flag("tie_word_embeddings", true)
	c.NormEps = k.float("rms_norm_eps", 1e-6, 0)
	c.AttentionBias = k.flag("attention_bias", false)
	k.ignore("hidden_act") // "gelu" in early configs, which meant hidden_activation
	c.activation(k, "hidden_activation", layers.GELUTanh)
	k.refuse("use_bidirectional_attention", false)
	c.normPlus = 1
}

// gemmaNorm is Gemma's RMSNorm.
func gemmaNorm(c *Config) layers.Norm { return layers.Norm{Eps: c.NormEps, Plus: c.normPlus} }

// gemmaFrame is Llama's with Gemma's norms and scaled embeddings.
func gemmaFrame(c *Config, b block) frame {
	f := llamaFrame(c)
	f.final, f.block = gemmaNorm(c), b
	f.embedScale = float32(math.Sqrt(float64(c.Dim)))
	return f
}
