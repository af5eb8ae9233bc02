package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// phi is Phi-1, 1.5 and 2: attention and MLP side by side behind one LayerNorm,
// partly rotated heads, biases everywhere. Gunasekar et al., "Textbooks are all you
// need", 2023.
var phi = &arch{
	class:   "PhiForCausalLM",
	gguf:    []*ggufArch{phi2GGUF},
	prefix:  "model.",
	config:  phiConfig,
	build:   func(g *layers.Graph, c *Config) { decoder(g, c, phiFrame(c)) },
	ignored: []string{".rotary_emb.inv_freq"}, // follows from the config
}

// phiNorms says whether queries and keys are normalised.
type phiNorms struct{ heads bool }

// phiConfig reads the keys of Phi's config.json.
func phiConfig(c *Config, k *keys) {
	k.assume("partial_rotary_factor", 0.5)
	c.sizes(k)
	c.rope(k)
	c.NormEps = k.float("layer_norm_eps", 1e-5, 0)
	c.AttentionBias, c.MLPBias = true, true
	c.Parallel = true
	c.activation(k, "hidden_act", layers.GELUTanh, layers.GELU, layers.ReLU, layers.SiLU)
	c.extra = phiNorms{k.flag("qk_layernorm", false)}
	k.ignore("embd_pdrop", "resid_pdrop") // training
}

// phiBlock is x += attention(n) + mlp(n), n = norm(x).
func phiBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	a.Out = "dense"
	if norm := c.layerNorm(); c.extra.(phiNorms).heads {
		a.QKNorm, a.QueryNorm, a.KeyNorm = &norm, "q_layernorm", "k_layernorm"
	}
	n := s.Tap(layers.MLPIn, layers.Normalize(s.Sub("input_layernorm"), x, c.layerNorm())) // [T, D]
	y := layers.SelfAttention(s.Sub("self_attn"), n, a)                                    // [T, D]

	mlp := c.mlp()
	mlp.Up, mlp.Down = "fc1", "fc2"
	m := s.Tap(layers.MLPOut, layers.PlainMLP(s.Sub("mlp"), layers.SelectLast(s.Sub("mlp"), n), mlp)) // [T, D]
	return layers.Residual(s.Sub("residual"), x, layers.Residual(s.Sub("branches"), y, m))
}

// phiFrame is what stands around the blocks.
func phiFrame(c *Config) frame {
	return frame{
		embed: "model.embed_tokens", layers: "model.layers", norm: "model.final_layernorm", head: "lm_head",
		headBias: true, final: c.layerNorm(), block: phiBlock,
	}
}
