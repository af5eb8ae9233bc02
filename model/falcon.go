package model

import (
	"math"

	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// falcon is Falcon in its three forms: 7B with one key and value head, 40B and
// later with groups of heads, and the older RW models with ALiBi and an MLP behind
// attention. Almazrouei et al., "The Falcon series of open language models", 2023.
var falcon = &arch{
	class:  "FalconForCausalLM",
	gguf:   []*ggufArch{falconGGUF, falcon40BGGUF},
	also:   []string{"RWForCausalLM"},
	prefix: "transformer.",
	config: falconConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, falconFrame(c)) },
	sites: func(c *Config) []layers.Site {
		if c.extra.(falconForm).parallel {
			return parallel(c)
		}
		return sequential(c)
	},
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// falconForm says which form a model has.
type falconForm struct {
	parallel bool // the MLP stands beside attention
	twoNorms bool // and has a norm of its own
	groups   int  // of heads in the fused projection
	alibi    bool
}

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
	form := falconForm{parallel: k.flag("parallel_attn", true) || grouped, alibi: k.flag("alibi", false)}
	form.twoNorms = k.integerOr("num_ln_in_parallel_attn", 2, 1, 2) == 2 && grouped
	switch {
	case grouped:
		form.groups = c.KVHeads
	case shared:
		c.KVHeads, form.groups = 1, 1
	default:
		c.KVHeads, form.groups = c.Heads, c.Heads
	}
	if form.alibi {
		k.ignore("rope_parameters", "rope_theta", "rope_scaling")
	} else {
		c.rope(k)
	}
	c.extra = form
}

// falconBlock is x += attention(norm(x)) + mlp(norm'(x)), where norm' may be norm;
// or in the older form x += attention(norm(x)); x += mlp(norm'(x)).
func falconBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	form := c.extra.(falconForm)
	a := c.attention(b)
	a.Out, a.Projections = "dense", layers.QKV{Fused: "query_key_value", Groups: form.groups}
	if form.alibi {
		a.Score = falconAlibi(c)
	}
	name := "input_layernorm"
	if form.twoNorms {
		name = "ln_attn"
	}
	n := layers.Normalize(s.Sub(name), x, c.layerNorm())     // [T, D]
	y := layers.SelfAttention(s.Sub("self_attention"), n, a) // [T, D]

	switch {
	case form.twoNorms:
		n = layers.Normalize(s.Sub("ln_mlp"), x, c.layerNorm())
	case !form.parallel:
		x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))
		n = layers.Normalize(s.Sub("post_attention_layernorm"), x, c.layerNorm())
	}
	mlp := c.mlp()
	mlp.Up, mlp.Down = "dense_h_to_4h", "dense_4h_to_h"
	m := layers.SelectLast(s.Sub("mlp"), s.Tap(layers.MLPIn, n))
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), m, mlp)) // [T, D]
	if form.parallel {
		m = layers.Residual(s.Sub("branches"), m, y)
	}
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// falconAlibi is ALiBi as Falcon has it: in bfloat16, and added before scores are
// scaled.
func falconAlibi(c *Config) func(head, query, key int) float32 {
	slopes, scale := alibiSlopes(c.Heads), float32(1/math.Sqrt(float64(c.HeadDim)))
	return func(head, _, key int) float32 {
		return bfloat16(bfloat16(slopes[head])*bfloat16(float32(key))) * scale
	}
}

// bfloat16 rounds x to the nearest bfloat16, ties to even.
func bfloat16(x float32) float32 {
	b := math.Float32bits(x)
	return math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff)
}

// falconFrame is what stands around the blocks.
func falconFrame(c *Config) frame {
	return frame{
		embed: "transformer.word_embeddings", layers: "transformer.h", norm: "transformer.ln_f", head: "lm_head",
		final: c.layerNorm(), block: falconBlock,
	}
}
