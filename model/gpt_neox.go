package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// gptNeoX is GPT-NeoX and Pythia: LayerNorms, partly rotated heads, and attention
// and MLP side by side, each with a norm of its own. Black et al., "GPT-NeoX-20B",
// 2022.
var gptNeoX = &arch{
	class:  "GPTNeoXForCausalLM",
	gguf:   []*ggufArch{gptNeoXGGUF},
	prefix: "gpt_neox.",
	config: gptNeoXConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, gptNeoXFrame(c)) },
	// The causal mask, the score of what it hides, and rotary frequencies, which
	// follow from the config.
	ignored: []string{".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"},
}

// gptNeoXConfig reads the keys of GPT-NeoX's config.json.
func gptNeoXConfig(c *Config, k *keys) {
	k.rename(map[string]string{"rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct"})
	k.assume("partial_rotary_factor", 0.25)
	c.sizes(k)
	c.KVHeads = c.Heads // whatever num_key_value_heads says
	c.rope(k)
	c.NormEps = k.float("layer_norm_eps", 1e-5, 0)
	c.AttentionBias = k.flag("attention_bias", true)
	c.activation(k, "hidden_act", layers.GELU, layers.GELUTanh, layers.ReLU, layers.SiLU)
	c.Parallel = k.flag("use_parallel_residual", true)
	k.ignore("classifier_dropout", "is_decoder") // another head, and nothing
}

// gptNeoXBlock is x += attention(norm(x)) + mlp(norm'(x)), or without the parallel
// residual x += attention(norm(x)); x += mlp(norm'(x)).
func gptNeoXBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	a.Out, a.Projections = "dense", layers.QKV{Fused: "query_key_value", Groups: c.Heads}
	n := layers.Normalize(s.Sub("input_layernorm"), x, c.layerNorm()) // [T, D]
	y := layers.SelfAttention(s.Sub("attention"), n, a)               // [T, D]
	read := x
	if !c.Parallel {
		x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, y))
		read = x
	}

	m := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("post_attention_layernorm"), layers.SelectLast(s.Sub("mlp"), read), c.layerNorm())) // [T, D]
	mlp := layers.MLP{Hidden: c.Hidden, Activation: c.Activation, Bias: true, Up: "dense_h_to_4h", Down: "dense_4h_to_h"}
	m = s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), m, mlp)) // [T, D]
	if c.Parallel {
		m = layers.Residual(s.Sub("branches"), m, y)
	}
	return layers.Residual(s.Sub("mlp_residual"), x, m)
}

// gptNeoXFrame is what stands around the blocks.
func gptNeoXFrame(c *Config) frame {
	return frame{
		embed: "gpt_neox.embed_in", layers: "gpt_neox.layers", norm: "gpt_neox.final_layer_norm", head: "embed_out",
		final: c.layerNorm(), block: gptNeoXBlock,
	}
}
