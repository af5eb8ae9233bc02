package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// bloom is BLOOM: LayerNorms, one of them behind the embedding, and positions by
// ALiBi. Le Scao et al., "BLOOM", 2022.
var bloom = &arch{
	class:  "BloomForCausalLM",
	gguf:   []*ggufArch{bloomGGUF},
	prefix: "transformer.",
	config: bloomConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, bloomFrame(c)) },
}

// bloomConfig reads the keys of BLOOM's config.json.
func bloomConfig(c *Config, k *keys) {
	k.rename(map[string]string{
		"hidden_size": "n_embed", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
		"max_position_embeddings": "seq_length", "intermediate_size": "n_inner",
	})
	k.assume("intermediate_size", 4*k.integerOr("hidden_size", 1, 1, maxWidth))
	k.assume("max_position_embeddings", 2048) // trained with; ALiBi knows no limit
	k.assume("tie_word_embeddings", true)
	c.sizes(k)
	c.NormEps = k.float("layer_norm_epsilon", 1e-5, 0)
	c.Positions = "alibi"
	c.AttentionBias, c.MLPBias, c.Activation = true, true, layers.GELUTanh
	k.refuse("apply_residual_connection_post_layernorm", false)
	// How a half-precision product is split among processors and softmax is fused.
	k.ignore("pretraining_tp", "slow_but_exact", "attention_softmax_in_fp32", "masked_softmax_fusion",
		"bias_dropout_fusion", "skip_bias_add", "skip_bias_add_qkv", "offset_alibi", "unk_token_id")
}

// bloomBlock is a pre-norm block. The MLP module adds the stream itself, so that
// mlp_out is resid_post.
func bloomBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	a.Out, a.Projections = "dense", layers.QKV{Fused: "query_key_value", Groups: c.Heads}
	a.Score = alibi(alibiSlopes(c.Heads, powers))
	y := layers.Normalize(s.Sub("input_layernorm"), x, c.layerNorm()) // [T, D]
	y = layers.SelfAttention(s.Sub("self_attention"), y, a)           // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))

	mlp := c.mlp()
	mlp.Up, mlp.Down = "dense_h_to_4h", "dense_4h_to_h"
	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("post_attention_layernorm"), x, c.layerNorm())) // [T, D]
	m = layers.PlainMLP(s.Sub("mlp"), m, mlp)                                                       // [T, D]
	return s.Tap(layers.MLPOut, layers.Residual(s.Sub("mlp_residual"), x, m))
}

// bloomFrame is what stands around the blocks.
func bloomFrame(c *Config) frame {
	return frame{
		embed: "transformer.word_embeddings", embedNorm: "transformer.word_embeddings_layernorm",
		layers: "transformer.h", norm: "transformer.ln_f", head: "lm_head", final: c.layerNorm(), block: bloomBlock,
	}
}
