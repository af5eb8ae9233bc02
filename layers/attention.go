package layers

import (
	"math"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Attention describes causal self-attention with grouped heads.
type Attention struct {
	Heads, KVHeads int  // H, K
	HeadDim        int  // E
	Window         int  // keys a query sees, itself included; 0: all before it
	Bias           bool // query, key and value projections have biases
	OutBias        bool // the output projection has one
	Rope           *RopeCache
}

// SelfAttention projects x [T, D] to queries, keys and values, rotates queries
// and keys by position, attends causally and projects back:
//
//	y = o( softmax(rope(q(x)) · rope(k(x))ᵀ / sqrt(E)) · v(x) )
//
// Vaswani et al., "Attention is all you need", 2017.
func SelfAttention(s Scope, x *gorgonia.Node, a Attention) *gorgonia.Node {
	d := columns(x)
	q, k, v := queriesKeysValues(s, x,
		Projection{"q_proj", a.Heads * a.HeadDim, a.Bias},   // [T, H·E]
		Projection{"k_proj", a.KVHeads * a.HeadDim, a.Bias}, // [T, K·E]
		Projection{"v_proj", a.KVHeads * a.HeadDim, a.Bias}) // [T, K·E]
	q = rotate(s.Sub("q_rope"), q, a.Heads, a.HeadDim, a.Rope)
	k = rotate(s.Sub("k_rope"), k, a.KVHeads, a.HeadDim, a.Rope)
	y := attend(s.Sub("attn"), q, k, v, a)          // [T, H·E]
	return Linear(s.Sub("o_proj"), y, d, a.OutBias) // [T, D]
}

// queriesKeysValues are the three projections of x. In the last block that is
// wanted, queries are those of the selected rows [R, H·E], and so is all that
// follows from them.
func queriesKeysValues(s Scope, x *gorgonia.Node, q, k, v Projection) (_, _, _ *gorgonia.Node) {
	if s.layer != s.g.last {
		qkv := Linears(s, x, q, k, v)
		return qkv[0], qkv[1], qkv[2]
	}
	kv := Linears(s, x, k, v)
	return Linears(s, Select(s.Sub("selected"), x), q)[0], kv[0], kv[1]
}

// attend is causal softmax attention of q [T, H·E] on k and v [T, K·E], and on
// those kept from earlier runs where the batch names rows of the cache.
func attend(s Scope, q, k, v *gorgonia.Node, a Attention) *gorgonia.Node {
	shape := kernel.AttentionShape{
		Heads: a.Heads, KVHeads: a.KVHeads, Width: a.HeadDim, Window: a.Window,
		Scale: float32(1 / math.Sqrt(float64(a.HeadDim))),
	}
	kept := &keptKeys{heads: a.KVHeads, width: a.HeadDim}
	return s.node(&Op{
		kind: "attention", cols: columns(q), inputs: []*gorgonia.Node{s.g.batch, q, k, v}, kept: kept,
		run: func(c *Call) error {
			q, k, v := c.In[0].Data, c.In[1].Data, c.In[2].Data
			if c.Batch.Keys != nil {
				c.Pool.CachedAttention(c.Out.Data, q, k, v, kept.keys, c.Batch.segments, c.queries(), shape)
			} else {
				c.Pool.Attention(c.Out.Data, q, k, v, c.queries(), shape)
			}
			return nil
		},
	})
}
