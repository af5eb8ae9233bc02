package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// llama is Llama 1 to 3 and the many models of its shape, SmolLM2 among them.
// Touvron et al., "LLaMA", 2023.
var llama = &arch{
	class:  "LlamaForCausalLM",
	gguf:   []*ggufArch{llamaGGUF},
	config: llamaConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, llamaFrame(c)) },
	sites:  sequential,
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

// llamaBlock is one pre-norm block: x += attention(norm(x)); x += mlp(norm(x)).
func llamaBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := layers.RMSNorm(s.Sub("input_layernorm"), x, c.NormEps)     // [T, D]
	a = layers.SelfAttention(s.Sub("self_attn"), a, c.attention(b)) // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

	m := layers.RMSNorm(s.Sub("post_attention_layernorm"), x, c.NormEps) // [T, D]
	m = s.Tap(layers.MLPOut, layers.GatedMLP(s.Sub("mlp"), s.Tap(layers.MLPIn, m), c.mlp()))
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// llamaFrame is what stands around the blocks, under Llama's names.
func llamaFrame(c *Config) frame {
	return frame{
		embed: "model.embed_tokens", layers: "model.layers", norm: "model.norm", head: "lm_head",
		final: layers.Norm{Eps: c.NormEps}, block: llamaBlock,
	}
}
