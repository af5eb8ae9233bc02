package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// falcon is Falcon in its three forms: 7B with one key and value head, 40B and
// later with groups of heads, and the older RW models with ALiBi and an MLP behind
// attention. Almazrouei et al., "The Falcon series of open language models", 2023.
var falcon = &arch{
	class:   "FalconForCausalLM",
	gguf:    []*ggufArch{falconGGUF, falcon40BGGUF},
	also:    []string{"RWForCausalLM"},
	prefix:  "transformer.",
	config:  falconConfig,
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, falconFrame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// falconNorms says whether an MLP beside attention has a norm of its own.
type falconNorms struct{ two bool }

// falconConfig reads the keys of Falcon's config.json.
func falconConfig(c *Config, k *keys) {
	k.rename(map[string]string{
		"hidden_size": "n_embed", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
		"num_key_value_heads": "num_kv_heads", "intermediate_size": "ffn_hidden_size",
	})
	if _, ok := k.values["n_head_kv"]; ok { // older still
		k.rename(map[string]string{"num_key_value_heads": "n_head_kv"})
	}
	k.assume("intermediate_size", 4*k.integerOr("hidden_size", 1, 1, maxWidth))
	k.assume("max_position_embeddings", 2048)
	k.assume("tie_word_embeddings", true)
	c.sizes(k)
	c.NormEps = k.float("layer_norm_epsilon", 1e-5, 0)
	c.AttentionBias = k.flag("bias", false)
	c.MLPBias = c.AttentionBias
	c.activation(k, "activation", layers.GELU, layers.GELUTanh, layers.ReLU, layers.SiLU)
	k.refuse("apply_residual_connection_post_layernorm", false)

	grouped, shared := k.flag("new_decoder_architecture", false), k.flag("multi_query", true)
	if !grouped {
		c.KVHeads = c.Heads
	}
	if shared && !grouped {
		c.KVHeads = 1
	}
	if k.flag("alibi", false) {
		c.Positions = "alibi"
		k.ignore("rope_parameters", "rope_theta", "rope_scaling")
	} else {
		c.rope(k)
	}
	c.Parallel = k.flag("parallel_attn", true) || grouped
	c.extra = falconNorms{k.integerOr("num_ln_in_parallel_attn", 2, 1, 2) == 2 && grouped}
}

// falconBlock is x += attention(norm(x)) + mlp(norm'(x)), where norm' may be norm;
// or in the older form x += attention(norm(x)); x += mlp(norm'(x)).
func falconBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	norms := c.extra.(falconNorms)
	a := c.attention(b)
	a.Out, a.Projections = "dense", layers.QKV{Fused: "query_key_value", Groups: c.KVHeads}
	if b.rope == nil {
		a.Score = halfAlibi(alibiSlopes(c.Heads, powers), c.HeadDim)
	}
	name := "input_layernorm"
	if norms.two {
		name = "ln_attn"
	}
	n := layers.Normalize(s.Sub(name), x, c.layerNorm())     // [T, D]
	y := layers.SelfAttention(s.Sub("self_attention"), n, a) // [T, D]

	switch {
	case norms.two:
		n = layers.Normalize(s.Sub("ln_mlp"), x, c.layerNorm())
	case !c.Parallel:
		x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))
		n = layers.Normalize(s.Sub("post_attention_layernorm"), x, c.layerNorm())
	}
	mlp := c.mlp()
	mlp.Up, mlp.Down = "dense_h_to_4h", "dense_4h_to_h"
	m := layers.SelectLast(s.Sub("mlp"), s.Tap(layers.MLPIn, n))
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), m, mlp)) // [T, D]
	if c.Parallel {
		m = layers.Residual(s.Sub("branches"), m, y)
	}
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// falconFrame is what stands around the blocks.
func falconFrame(c *Config) frame {
	return frame{
		embed: "transformer.word_embeddings", layers: "transformer.h", norm: "transformer.ln_f", head: "lm_head",
		final: c.layerNorm(), block: falconBlock,
	}
}
