package layers

import (
	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Attention describes causal self-attention with grouped heads.
type Attention struct {
	Heads, KVHeads int        // H, K
	HeadDim        int        // E
	Window         int        // keys a query sees, itself included; 0: all before it
	Bias           bool       // query, key and value projections have biases
	OutBias        bool       // the output projection has one
	Rope           *RopeCache // nil: none

	Scale   float32                            // of the scores; 0: 1/sqrt(E)
	SoftCap float32                            // bounds the scores; 0: nothing does
	Score   func(head, query, key int) float32 // added to a score; nil: nothing is
	// Relative says that Score depends on the positions' distance. Otherwise it
	// depends on the key's alone.
	Relative bool
	Sinks    bool    // "sinks" [H] are scores without a value
	Clip     float32 // bounds queries, keys and values; 0: nothing does

	// QKNorm normalises queries and keys, "q_norm" and "k_norm": each head by
	// itself, or with NormWhole the heads together. nil: none.
	QKNorm             *Norm
	NormWhole          bool
	QueryNorm, KeyNorm string // the norms' names; "" is q_norm, k_norm

	Projections QKV    // how the checkpoint stores them
	Out         string // the output projection's name; "" is o_proj
	Transposed  bool   // fused and output projections are stored [K, N]
}

// QKV says where a checkpoint has the projections to queries, keys and values.
type QKV struct {
	Query, Key, Value string // names; "" is the usual one: q_proj, k_proj, v_proj
	// Fused, where it is set, names one tensor that holds the rows of all three:
	// Groups times, its share of the query heads, of the key heads and of the value
	// heads. 1 group: all queries, all keys, all values.
	Fused      string
	Groups     int
	ValueFirst bool // a group has its value heads before its key heads
}

// projections returns the three projections.
func (a Attention) projections() (q, k, v Projection) {
	p := a.Projections
	q = Projection{Name: named(p.Query, "q_proj"), Out: a.Heads * a.HeadDim, Bias: a.Bias}
	k = Projection{Name: named(p.Key, "k_proj"), Out: a.KVHeads * a.HeadDim, Bias: a.Bias}
	v = Projection{Name: named(p.Value, "v_proj"), Out: a.KVHeads * a.HeadDim, Bias: a.Bias}
	if p.Fused == "" {
		return q, k, v
	}
	heads, shared := a.Heads/p.Groups, a.KVHeads/p.Groups
	per := heads + 2*shared
	second, third := &k, &v
	if p.ValueFirst {
		second, third = third, second
	}
	for _, part := range []struct {
		p        *Projection
		from, to int
	}{{&q, 0, heads}, {second, heads, heads + shared}, {third, heads + shared, per}} {
		part.p.From, part.p.Of, part.p.Transposed = p.Fused, p.Groups*per*a.HeadDim, a.Transposed
		part.p.Rows = HeadRows(p.Groups, per, part.from, part.to, a.HeadDim)
	}
	return q, k, v
}

// SelfAttention projects x [T, D] to queries, keys and values, rotates queries
// and keys by position, attends causally and projects back:
//
//	y = o( softmax(rope(q(x)) · rope(k(x))ᵀ / sqrt(E)) · v(x) )
//
// with what else the description asks for between. Vaswani et al., "Attention is
// all you need", 2017.
func SelfAttention(s Scope, x *gorgonia.Node, a Attention) *gorgonia.Node {
	d := columns(x)
	q, k, v := queriesKeysValues(s, x, a) // [T, H·E], [T, K·E], [T, K·E]
	if a.Clip > 0 {
		q, k, v = Clamp(s.Sub("q_clip"), q, a.Clip), Clamp(s.Sub("k_clip"), k, a.Clip), Clamp(s.Sub("v_clip"), v, a.Clip)
	}
	if a.QKNorm != nil {
		q = NormalizeHeads(s.Sub(named(a.QueryNorm, "q_norm")), q, a.normParts(a.Heads), *a.QKNorm)
		k = NormalizeHeads(s.Sub(named(a.KeyNorm, "k_norm")), k, a.normParts(a.KVHeads), *a.QKNorm)
	}
	q = Rotate(s.Sub("q_rope"), q, a.Heads, a.HeadDim, a.Rope)
	k = Rotate(s.Sub("k_rope"), k, a.KVHeads, a.HeadDim, a.Rope)
	y := Attend(s, q, k, v, a) // [T, H·E]
	out := Projection{Name: named(a.Out, "o_proj"), Out: d, Bias: a.OutBias, Transposed: a.Transposed}
	return Linears(s, y, out)[0] // [T, D]
}

// normParts returns how many pieces of a row are normalised by themselves.
func (a Attention) normParts(heads int) int {
	if a.NormWhole {
		return 1
	}
	return heads
}

// queriesKeysValues are the three projections of x. In the last block that is
// wanted, queries are those of the selected rows [R, H·E], and so is all that
// follows from them.
func queriesKeysValues(s Scope, x *gorgonia.Node, a Attention) (_, _, _ *gorgonia.Node) {
	q, k, v := a.projections()
	if s.layer != s.g.last {
		qkv := Linears(s, x, q, k, v)
		return qkv[0], qkv[1], qkv[2]
	}
	kv := Linears(s, x, k, v)
	return Linears(s, SelectLast(s, x), q)[0], kv[0], kv[1]
}

// Attend is causal softmax attention of q [T, H·E] on k and v [T, K·E], and on
// those kept from earlier runs where the batch names rows of the cache. Its op
// is "attn" below s.
func Attend(s Scope, q, k, v *gorgonia.Node, a Attention) *gorgonia.Node {
	shape := kernel.AttentionShape{
		Heads: a.Heads, KVHeads: a.KVHeads, Width: a.HeadDim, Window: a.Window,
		Scale: a.Scale, SoftCap: a.SoftCap, Bias: a.Score,
	}
	shape.Scale = a.attentionScale()
	var prepare func(*Pool) error
	var upload func(*onDevice) error
	onCard := &deviceAttention{}
	if a.Sinks {
		sinks := s.Weight("sinks", a.Heads) // [H]
		upload = func(t *onDevice) (err error) {
			onCard.sinks, err = s.g.store.sendTensor(t, sinks.Name, sinks)
			return err
		}
		prepare = func(*Pool) error {
			shape.Sinks = sinks.Floats()
			return nil
		}
	}
	kept := &keptKeys{heads: a.KVHeads, width: a.HeadDim, device: onCard}
	return s.Sub("attn").node(&Op{
		prepare: prepare,
		upload:  upload,
		device:  func(c *deviceCall) error { return c.attend(a, shape.Scale, onCard) },
		counted: func(c *Call) Cost { return c.attention(shape) },
		kind:    "attention", cols: columns(q), inputs: []*gorgonia.Node{s.g.batch, q, k, v}, kept: kept,
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
