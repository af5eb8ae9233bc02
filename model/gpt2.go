package model

import (
	"math"

	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// gpt2 is GPT-2: LayerNorms, learned positions, and products stored as those of
// convolutions, [in, out]. Radford et al., "Language models are unsupervised
// multitask learners", 2019.
var gpt2 = &arch{
	class:  "GPT2LMHeadModel",
	gguf:   []*ggufArch{gpt2GGUF},
	prefix: "transformer.",
	config: gpt2Config,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, gptFrame(c, gpt2Block)) },
	// The causal mask and the score of what it hides: attention needs neither.
	ignored: []string{".attn.bias", ".attn.masked_bias"},
}

// gpt2Scores says how GPT-2 scales scores.
type gpt2Scores struct {
	unscaled bool // not by 1/sqrt(E)
	byLayer  bool // by 1/(1+number of the block) too
}

// gpt2Config reads the keys of GPT-2's config.json.
func gpt2Config(c *Config, k *keys) {
	k.assume("tie_word_embeddings", true)
	c.gptSizes(k)
	k.refuse("add_cross_attention", false)
	c.extra = gpt2Scores{!k.flag("scale_attn_weights", true), k.flag("scale_attn_by_inverse_layer_idx", false)}
	k.ignore("reorder_and_upcast_attn") // float32, which the scores are anyway
}

// gptSizes reads what the configs of GPT-2 and its kin share.
func (c *Config) gptSizes(k *keys) {
	k.rename(map[string]string{
		"hidden_size": "n_embd", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
		"max_position_embeddings": "n_positions", "intermediate_size": "n_inner",
	})
	k.assume("intermediate_size", 4*k.integerOr("hidden_size", 1, 1, maxWidth))
	c.sizes(k)
	c.NormEps = k.float("layer_norm_epsilon", 1e-5, 0)
	c.Positions = "learned" // GPT-J and CodeGen have others
	c.activation(k, "activation_function", layers.GELUTanh, layers.GELU, layers.ReLU, layers.SiLU)
	// Training, other heads, and what repeats n_positions.
	k.ignore("attn_pdrop", "embd_pdrop", "resid_pdrop", "n_ctx", "summary_activation", "summary_first_dropout",
		"summary_proj_to_labels", "summary_type", "summary_use_proj", "task_specific_params", "gradient_checkpointing")
}

// gpt2Block is GPT-2's block.
func gpt2Block(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	scores := c.extra.(gpt2Scores)
	a := c.attention(b)
	a.Bias, a.OutBias, a.Transposed, a.Out = true, true, true, "c_proj"
	a.Projections = layers.QKV{Fused: "c_attn", Groups: 1}
	scale := 1 / math.Sqrt(float64(c.HeadDim))
	if scores.unscaled {
		scale = 1
	}
	if scores.byLayer {
		scale /= float64(1 + b.index)
	}
	a.Scale = float32(scale)
	return gptBlock(s, c, x, a)
}

// gptBlock is a pre-norm block under GPT-2's names:
// x += attention(norm(x)); x += mlp(norm(x)).
func gptBlock(s layers.Scope, c *Config, x *gorgonia.Node, a layers.Attention) *gorgonia.Node {
	n := layers.Normalize(s.Sub("ln_1"), x, c.layerNorm()) // [T, D]
	y := layers.SelfAttention(s.Sub("attn"), n, a)         // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))

	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("ln_2"), x, c.layerNorm())) // [T, D]
	mlp := layers.MLP{Hidden: c.Hidden, Activation: c.Activation, Bias: true, Up: "c_fc", Down: "c_proj", Transposed: a.Transposed}
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), m, mlp)) // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// gptFrame is what stands around the blocks, under GPT-2's names.
func gptFrame(c *Config, b block) frame {
	return frame{
		embed: "transformer.wte", positions: "transformer.wpe", layers: "transformer.h", norm: "transformer.ln_f",
		head: "lm_head", final: c.layerNorm(), block: b,
	}
}
