package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// granite is IBM's Granite 3: Llama's block with factors on embeddings, scores,
// branches and logits.
var granite = &arch{
	class: "GraniteForCausalLM",
	gguf:  []*ggufArch{graniteGGUF},
	config: func(c *Config, k *keys) {
		llamaConfig(c, k)
		c.extra = graniteFactors{
			embedding: float32(k.float("embedding_multiplier", 1, 0)),
			attention: float32(k.float("attention_multiplier", 1, 0)),
			residual:  float32(k.float("residual_multiplier", 1, 0)),
			logits:    float32(1 / k.float("logits_scaling", 1, 0)),
		}
	},
	build: func(g *layers.Graph, c *Config) {
		factors := c.extra.(graniteFactors)
		f := llamaFrame(c)
		f.block, f.embedScale, f.logitScale = graniteBlock, factors.embedding, factors.logits
		decoder(g, c, f)
	},
}

type graniteFactors struct{ embedding, attention, residual, logits float32 }

// graniteBlock is x += r·attention(norm(x)); x += r·mlp(norm(x)).
func graniteBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	factors, attention := c.extra.(graniteFactors), c.attention(b)
	attention.Scale = factors.attention
	a := layers.RMSNorm(s.Sub("input_layernorm"), x, c.NormEps) // [T, D]
	a = layers.SelfAttention(s.Sub("self_attn"), a, attention)  // [T, D]
	a = layers.Scale(s.Sub("attn_scale"), a, factors.residual)  // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

	m := layers.RMSNorm(s.Sub("post_attention_layernorm"), x, c.NormEps) // [T, D]
	m = s.Tap(layers.MLPOut, denseMLP(s, c, s.Tap(layers.MLPIn, m), b))  // [T, D]
	return layers.Residual(s.Sub("mlp_residual"), x, layers.Scale(s.Sub("mlp_scale"), m, factors.residual))
}
