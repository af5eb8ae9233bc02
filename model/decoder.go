package model

import (
	"slices"

	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// block builds one block on the residual stream x [T, D] and returns the stream
// after it.
type block func(s layers.Scope, c *Config, x *gorgonia.Node, rope *layers.RopeCache) *gorgonia.Node

// decoder builds the frame that most architectures share: embedding, blocks, a
// norm and the vocabulary head on the selected rows.
func decoder(g *layers.Graph, c *Config, b block) {
	root := g.Root()
	table := root.Sub("model.embed_tokens")
	rope := layers.NewRopeCache(c.Rope)

	x := layers.Embedding(table, c.Vocab, c.Dim) // [T, D]
	for i := range c.Layers {
		s := root.Sub("model.layers").Layer(i)
		s.Tap(layers.ResidPre, x)
		x = s.Tap(layers.ResidPost, b(s, c, x, rope)) // [T, D]
	}
	x = layers.Select(root.Sub("selected"), x)               // [R, D]
	x = layers.RMSNorm(root.Sub("model.norm"), x, c.NormEps) // [R, D]
	if c.Tied {
		layers.TiedHead(root.Sub("lm_head"), table, x, c.Vocab) // [R, V]
	} else {
		layers.VocabHead(root.Sub("lm_head"), x, c.Vocab) // [R, V]
	}
}

// attention describes the config's attention layers.
func (c *Config) attention(rope *layers.RopeCache) layers.Attention {
	return layers.Attention{
		Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Window: c.Window,
		Bias: c.AttentionBias, OutBias: c.AttentionBias, Rope: rope,
	}
}

// mlp describes the config's MLP layers.
func (c *Config) mlp() layers.MLP {
	return layers.MLP{Hidden: c.Hidden, Activation: c.Activation, Bias: c.MLPBias}
}

// activation reads hidden_act, which must be one of those given.
func (c *Config) activation(k *keys, allowed ...layers.Activation) {
	c.Activation = layers.Activation(k.text("hidden_act", string(allowed[0])))
	if !slices.Contains(allowed, c.Activation) {
		k.fail("hidden_act", "one of %v", allowed)
	}
}
