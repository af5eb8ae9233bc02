package model

import "premlp/layers"

// llama is Llama 1 to 3 and the many models of its shape, SmolLM2 among them.
// Touvron et al., "LLaMA", 2023.
var llama = &arch{
	class:  "LlamaForCausalLM",
	gguf:   []*ggufArch{llamaGGUF},
	config: llamaConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, llamaFrame(c)) },
	// Older checkpoints store the rotary frequencies, which follow from the
	// config.
	ignored: []string{".rotary_emb.inv_freq"},
}

// llamaConfig reads the keys of Llama's config.json.
func llamaConfig(c *Config, k *keys) {
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("rms_norm_eps", 1e-6, 0)
	c.AttentionBias = k.flag("attention_bias", false)
	c.MLPBias = k.flag("mlp_bias", false)
	c.activation(k, "hidden_act", layers.SiLU)
	k.refuse("pretraining_tp", 1.0) // splits products, which rounds differently
}

// llamaFrame is what stands around the blocks, under Llama's names.
func llamaFrame(c *Config) frame {
	return frame{
		embed: "model.embed_tokens", layers: "model.layers", norm: "model.norm", head: "lm_head",
		final: layers.Norm{Eps: c.NormEps}, block: llamaBlock(c, llamaNorms),
	}
}

// llamaNorms names the norms of Llama's block: x += attention(norm(x)); x +=
// mlp(norm(x)).
var llamaNorms = blockNorms{attention: "input_layernorm", mlp: "post_attention_layernorm"}

// llamaBlock is a sequential block with RMSNorms.
func llamaBlock(c *Config, names blockNorms) block {
	return normedBlock(layers.Norm{Eps: c.NormEps}, names)
}
