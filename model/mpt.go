package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// mpt is MPT: LayerNorms without bias and positions by ALiBi. MosaicML,
// "Introducing MPT-7B", 2023.
var mpt = &arch{
	class:  "MptForCausalLM",
	also:   []string{"MPTForCausalLM"},
	gguf:   []*ggufArch{mptGGUF},
	prefix: "transformer.",
	config: mptConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, mptFrame(c)) },
}

// mptAttention is what MPT's attention has of its own.
type mptAttention struct {
	scale, clip float32 // 0: the usual scale, no clip
	slopes      []float32
}

// mptConfig reads the keys of MPT's config.json.
func mptConfig(c *Config, k *keys) {
	k.rename(map[string]string{
		"hidden_size": "d_model", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers",
		"max_position_embeddings": "max_seq_len",
	})
	k.assume("tie_word_embeddings", true)
	ratio := k.integerOr("expansion_ratio", 4, 1, 8)
	k.assume("intermediate_size", ratio*k.integerOr("hidden_size", 1, 1, maxWidth))
	c.sizes(k)
	c.NormEps = k.float("layer_norm_epsilon", 1e-5, 0)
	c.Activation, c.Positions = layers.GELU, "alibi"
	k.refuse("no_bias", true)
	k.refuse("norm_type", "low_precision_layernorm", "layernorm")
	k.refuse("logit_scale")
	// Training, and position embeddings that ALiBi replaces.
	k.ignore("emb_pdrop", "resid_pdrop", "embedding_fraction", "init_config", "init_device", "learned_pos_emb",
		"tokenizer_name", "auto_map", "verbose")
	a := k.object("attn_config")
	if a == nil {
		a = newKeys(k.where+": attn_config", map[string]any{})
	}
	c.extra = readMPTAttention(c, a)
	k.join(a)
}

// readMPTAttention reads attn_config.
func readMPTAttention(c *Config, a *keys) mptAttention {
	a.ignore(ignoredKeys...)
	// Training, implementations of one result, and what every config class writes.
	a.ignore("attn_pdrop", "attn_impl", "attn_uses_sequence_id", "chunk_size_feed_forward", "id2label", "label2id",
		"is_encoder_decoder", "problem_type")
	a.refuse("attn_type", "multihead_attention")
	a.refuse("prefix_lm", false)
	a.refuse("qk_ln", false)
	a.refuse("alibi", true)
	return mptAttention{
		scale:  float32(a.float("softmax_scale", 0, 0)),
		clip:   float32(a.float("clip_qkv", 0, 0)),
		slopes: alibiSlopes(c.Heads, powersTo(float64(a.integerOr("alibi_bias_max", 8, 1, 1<<10)))),
	}
}

// mptBlock is a pre-norm block. The MLP module adds the stream itself, so that
// mlp_out is resid_post.
func mptBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	own := c.extra.(mptAttention)
	a := c.attention(b)
	a.Out, a.Projections = "out_proj", layers.QKV{Fused: "Wqkv", Groups: 1}
	a.Scale, a.Clip = own.scale, own.clip
	a.Score = func(head, query, key int) float32 { return own.slopes[head] * float32(key-query) }
	a.Relative = true
	y := layers.Normalize(s.Sub("norm_1"), x, mptNorm(c)) // [T, D]
	y = layers.SelfAttention(s.Sub("attn"), y, a)         // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))

	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("norm_2"), x, mptNorm(c))) // [T, D]
	m = layers.PlainMLP(s.Sub("ffn"), m, c.mlp())                              // [T, D]
	return s.Tap(layers.MLPOut, layers.Residual(s.Sub("mlp_residual"), x, m))
}

// mptNorm describes MPT's norms.
func mptNorm(c *Config) layers.Norm { return layers.Norm{Eps: c.NormEps, Center: true} }

// mptFrame is what stands around the blocks.
func mptFrame(c *Config) frame {
	return frame{
		embed: "transformer.wte", layers: "transformer.blocks", norm: "transformer.norm_f", head: "lm_head",
		final: mptNorm(c), block: mptBlock,
	}
}
