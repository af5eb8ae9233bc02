package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// opt is OPT: LayerNorms, learned positions counted from 2, and an MLP without a
// module of its own. Zhang et al., "OPT: open pre-trained transformer language
// models", 2022.
var opt = &arch{
	class:  "OPTForCausalLM",
	prefix: "model.decoder.",
	config: optConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, optFrame(c)) },
	// The version of the training code's format.
	ignored: []string{"decoder.version"},
}

// optNorm says whether norms have weights.
type optNorm struct{ plain bool }

// optConfig reads the keys of OPT's config.json.
func optConfig(c *Config, k *keys) {
	k.rename(map[string]string{"intermediate_size": "ffn_dim"})
	k.assume("tie_word_embeddings", true)
	c.sizes(k)
	c.NormEps, c.Positions = 1e-5, "learned" // no keys
	c.AttentionBias = k.flag("enable_bias", true)
	c.MLPBias = c.AttentionBias
	c.activation(k, "activation_function", layers.ReLU, layers.GELU, layers.GELUTanh, layers.SiLU)
	c.extra = optNorm{!k.flag("layer_norm_elementwise_affine", true)}
	k.refuse("do_layer_norm_before", true)      // OPT-350M norms behind attention and MLP
	k.refuse("_remove_final_layer_norm", false) // of checkpoints tuned before 2022
	k.refuse("word_embed_proj_dim", float64(c.Dim))
	k.ignore("dropout", "activation_dropout", "layerdrop", "init_std", "prefix") // training, and a text
}

// norm describes OPT's norms.
func (n optNorm) norm(c *Config) layers.Norm {
	return layers.Norm{Eps: c.NormEps, Center: true, Bias: !n.plain, Plain: n.plain}
}

// optBlock is a pre-norm block: x += attention(norm(x)); x += fc2(act(fc1(norm(x)))).
func optBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	norm := c.extra.(optNorm).norm(c)
	a := c.attention(b)
	a.Out = "out_proj"
	y := layers.Normalize(s.Sub("self_attn_layer_norm"), x, norm) // [T, D]
	y = layers.SelfAttention(s.Sub("self_attn"), y, a)            // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))

	mlp := c.mlp()
	mlp.Up, mlp.Down = "fc1", "fc2"
	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("final_layer_norm"), x, norm)) // [T, D]
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s, m, mlp))                           // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// optFrame is what stands around the blocks.
func optFrame(c *Config) frame {
	const d = "model.decoder."
	return frame{
		embed: d + "embed_tokens", positions: d + "embed_positions", offset: 2, layers: d + "layers",
		norm: d + "final_layer_norm", head: "lm_head", final: c.extra.(optNorm).norm(c), block: optBlock,
	}
}
