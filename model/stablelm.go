package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// stableLM is StableLM 3B and 2: Llama's block with LayerNorms and partly rotated
// heads, or with the MLP beside attention behind one norm. Bellagente et al.,
// "Stable LM 2 1.6B technical report", 2024.
var stableLM = &arch{
	class:   "StableLmForCausalLM",
	gguf:    []*ggufArch{stableLMGGUF},
	also:    []string{"StableLMEpochForCausalLM"},
	prefix:  "model.",
	config:  stableLMConfig,
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, stableLMFrame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// stableLMForm is what the config's flags say.
type stableLMForm struct {
	bias  bool // of query, key and value projections
	norms bool // queries and keys are normalised, each head with its own weight
}

// stableLMConfig reads the keys of StableLM's config.json.
func stableLMConfig(c *Config, k *keys) {
	k.rename(map[string]string{"layer_norm_eps": "norm_eps", "partial_rotary_factor": "rope_pct"}) // of the first release
	k.assume("partial_rotary_factor", 0.25)
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("layer_norm_eps", 1e-5, 0)
	c.activation(k, "hidden_act", layers.SiLU, layers.GELU, layers.GELUTanh, layers.ReLU)
	c.Parallel = k.flag("use_parallel_residual", false)
	c.extra = stableLMForm{bias: k.flag("use_qkv_bias", false), norms: k.flag("qk_layernorm", false)}
}

// stableLMBlock is x += attention(norm(x)); x += mlp(norm'(x)), or with the
// parallel residual x += attention(n) + mlp(n), n = norm(x).
func stableLMBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	form := c.extra.(stableLMForm)
	a := c.attention(b)
	a.Bias = form.bias
	if form.norms {
		a.QKNorm = &layers.Norm{Eps: c.NormEps, Center: true, Listed: true}
		a.QueryNorm, a.KeyNorm = "q_layernorm", "k_layernorm"
	}
	n := layers.Normalize(s.Sub("input_layernorm"), x, c.layerNorm()) // [T, D]
	y := layers.SelfAttention(s.Sub("self_attn"), n, a)               // [T, D]
	x = layers.Residual(s.Sub("attn_residual"), x, y)
	if !c.Parallel {
		s.Tap(layers.ResidMid, x)
		n = layers.Normalize(s.Sub("post_attention_layernorm"), x, c.layerNorm()) // [T, D]
	}

	m := layers.SelectLast(s.Sub("mlp"), s.Tap(layers.MLPIn, n))
	m = s.Tap(layers.MLPOut, layers.GatedMLP(s.Sub("mlp"), m, c.mlp())) // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// stableLMFrame is what stands around the blocks.
func stableLMFrame(c *Config) frame {
	f := llamaFrame(c)
	f.final, f.block = c.layerNorm(), stableLMBlock
	return f
}
