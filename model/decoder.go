package model

import (
	"slices"

	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// block builds one block on the residual stream x [T, D] and returns the stream
// after it.
type block func(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node

// blockOf is what a block has of its own.
type blockOf struct {
	index  int
	window int               // keys a query sees; 0 means all before it
	rope   *layers.RopeCache // nil: none
}

// frame is what stands around the blocks, by the checkpoint's names.
type frame struct {
	embed, layers, norm, head string

	block      block
	embedScale float32 // multiplies embeddings; 0: nothing does
	positions  string  // a table of position embeddings that are added; "": none
	offset     int     // of position 0 in that table
	embedNorm  string  // a norm behind the embedding, as final; "": none
	final      layers.Norm
	headBias   bool
	logitScale float32 // multiplies logits; 0: nothing does
	logitCap   float32 // bounds logits; 0: nothing does
}

// decoder builds a model: embedding, blocks, a norm and the vocabulary head on
// the selected rows.
func decoder(g *layers.Graph, c *Config, f frame) {
	root := g.Root()
	table := root.Sub(f.embed)
	var x *gorgonia.Node // [T, D]
	if g.First() > 0 {
		x = layers.Given(root.Sub("given"), c.Dim)
	} else {
		x = f.stream(root, table, c)
	}
	ropes := map[*layers.Rope]*layers.RopeCache{}
	for i, b := range c.Blocks {
		if g.Failed() {
			break
		}
		if b.Rope != nil && ropes[b.Rope] == nil {
			ropes[b.Rope] = layers.NewRopeCache(*b.Rope)
		}
		if i < g.First() {
			continue
		}
		s := root.Sub(f.layers).Layer(i)
		s.Tap(layers.ResidPre, x)
		x = f.block(s, c, x, blockOf{i, b.Window, ropes[b.Rope]}) // [T, D]
		s.Tap(layers.ResidPost, x)
	}
	x = layers.Select(root.Sub("selected"), x)         // [R, D]
	x = layers.Normalize(root.Sub(f.norm), x, f.final) // [R, D]
	s := root.Sub(f.head)
	if c.Tied {
		x = layers.TiedHead(s, table, x, c.Vocab, f.headBias) // [R, V]
	} else {
		x = layers.VocabHead(s, x, c.Vocab, f.headBias) // [R, V]
	}
	if f.logitScale != 0 {
		x = layers.Scale(s.Sub("scale"), x, f.logitScale)
	}
	if f.logitCap != 0 {
		x = layers.SoftCap(s.Sub("cap"), x, f.logitCap)
	}
	root.Tap(layers.Logits, x)
}

// stream builds the residual stream before the first block.
func (f *frame) stream(root, table layers.Scope, c *Config) *gorgonia.Node {
	x := layers.Embedding(table, c.Vocab, c.Dim) // [T, D]
	if f.embedScale != 0 {
		x = layers.Scale(root.Sub("embed_scale"), x, f.embedScale)
	}
	if f.positions != "" {
		x = layers.AddPositions(root.Sub(f.positions), x, c.Context+f.offset, f.offset)
	}
	if f.embedNorm != "" {
		x = layers.Normalize(root.Sub(f.embedNorm), x, f.final)
	}
	return x
}

// attention describes a block's attention.
func (c *Config) attention(b blockOf) layers.Attention {
	return layers.Attention{
		Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Window: b.window,
		Bias: c.AttentionBias, OutBias: c.AttentionBias, Rope: b.rope,
	}
}

// layerNorm describes a LayerNorm with weight and bias.
func (c *Config) layerNorm() layers.Norm {
	return layers.Norm{Eps: c.NormEps, Center: true, Bias: true}
}

// mlp describes the config's MLP layers.
func (c *Config) mlp() layers.MLP {
	return layers.MLP{Hidden: c.Hidden, Activation: c.Activation, Bias: c.MLPBias}
}

// activationNames maps the names of configs to activations.
var activationNames = map[string]layers.Activation{
	"silu": layers.SiLU, "swish": layers.SiLU, "gelu": layers.GELU, "gelu_new": layers.GELUTanh,
	"gelu_pytorch_tanh": layers.GELUTanh, "gelu_fast": layers.GELUTanh, "relu": layers.ReLU, "relu2": layers.ReLU2,
}

// activation reads a config's activation, which must be one of those given.
func (c *Config) activation(k *keys, name string, allowed ...layers.Activation) {
	text := k.text(name, string(allowed[0]))
	c.Activation = activationNames[text]
	if !slices.Contains(allowed, c.Activation) {
		k.fail(name, "one of %v", allowed)
	}
}
