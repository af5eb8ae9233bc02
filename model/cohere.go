package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// cohere is Command R: attention and MLP side by side behind one LayerNorm without
// bias, heads rotated in neighbouring pairs, and scaled logits. Cohere, "Command R",
// 2024.
var cohere = &arch{
	class:   "CohereForCausalLM",
	gguf:    []*ggufArch{commandRGGUF},
	prefix:  "model.",
	config:  cohereConfig,
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, cohereFrame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// cohereOwn is what Command R has of its own.
type cohereOwn struct {
	logitScale float32
	norms      bool // queries and keys are normalised, each head with its own weight
}

// cohereConfig reads the keys of Command R's config.json.
func cohereConfig(c *Config, k *keys) {
	k.assume("tie_word_embeddings", true)
	k.assume("rope_theta", 500000.0)
	c.sizes(k)
	c.rope(k)
	c.Rope.Interleaved = true
	c.Parallel = true
	c.NormEps = k.float("layer_norm_eps", 1e-5, 0)
	c.AttentionBias = k.flag("attention_bias", false)
	c.activation(k, "hidden_act", layers.SiLU, layers.GELU, layers.GELUTanh, layers.ReLU)
	c.extra = cohereOwn{float32(k.float("logit_scale", 0.0625, 0)), k.flag("use_qk_norm", false)}
}

// cohereNorm describes Command R's norms.
func cohereNorm(c *Config) layers.Norm { return layers.Norm{Eps: c.NormEps, Center: true} }

// cohereBlock is x += attention(n) + mlp(n), n = norm(x).
func cohereBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	if norm := cohereNorm(c); c.extra.(cohereOwn).norms {
		norm.Own = true
		a.QKNorm = &norm
	}
	n := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("input_layernorm"), x, cohereNorm(c))) // [T, D]
	x = layers.Residual(s.Sub("attn_residual"), x, layers.SelfAttention(s.Sub("self_attn"), n, a))

	m := s.Tap(layers.MLPOut, layers.GatedMLP(s.Sub("mlp"), layers.SelectLast(s.Sub("mlp"), n), c.mlp())) // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// cohereFrame is what stands around the blocks.
func cohereFrame(c *Config) frame {
	f := llamaFrame(c)
	f.final, f.block, f.logitScale = cohereNorm(c), cohereBlock, c.extra.(cohereOwn).logitScale
	return f
}
