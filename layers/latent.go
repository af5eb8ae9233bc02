package layers

import (
	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Latent describes multi-head latent attention: queries, keys and values are
// made from short vectors; of each head's E = Plain + Rotated values the last
// are rotated, and those of the keys are shared by all heads. DeepSeek-AI,
// "DeepSeek-V2", 2024.
type Latent struct {
	Heads          int // H
	Plain, Rotated int // values of a query's and key's head
	Value          int // values of a value's head
	QueryRank      int // of the vector that queries are made from; 0: from x itself
	KeyRank        int // of the vector that keys and values are made from
	Norm           Norm
	Bias           bool
	Rope           *RopeCache
	Scale          float32 // 0: 1/sqrt(E)
	Window         int
}

// LatentAttention attends with x [T, D] as the description says.
func LatentAttention(s Scope, x *gorgonia.Node, l Latent) *gorgonia.Node {
	d, width := columns(x), l.Plain+l.Rotated
	low := Linear(s.Sub("kv_a_proj_with_mqa"), x, l.KeyRank+l.Rotated, l.Bias)                   // [T, KeyRank+Rotated]
	c := Normalize(s.Sub("kv_a_layernorm"), columnsOf(s.Sub("kv_a"), low, 0, l.KeyRank), l.Norm) // [T, KeyRank]
	k, v := l.keysValues(s, c, low)                                                              // [T, H·E] each
	q := l.queries(s, x, width)                                                                  // [T, H·E]
	q = Rotate(s.Sub("q_rope"), q, l.Heads, width, l.Rope)
	k = Rotate(s.Sub("k_rope"), k, l.Heads, width, l.Rope)
	y := Attend(s, q, k, v, Attention{Heads: l.Heads, KVHeads: l.Heads, HeadDim: width, Scale: l.Scale, Window: l.Window})
	y = l.heads(s.Sub("attn_values"), y, width, 0, l.Value, l.Value) // [T, H·Value]
	return Linear(s.Sub("o_proj"), y, d, l.Bias)                     // [T, D]
}

// queries makes the queries; in the last block that is wanted, those of the
// selected rows.
func (l Latent) queries(s Scope, x *gorgonia.Node, width int) *gorgonia.Node {
	x = SelectLast(s, x)
	if l.QueryRank == 0 {
		return Linear(s.Sub("q_proj"), x, l.Heads*width, false)
	}
	low := Linear(s.Sub("q_a_proj"), x, l.QueryRank, l.Bias)                                               // [T, QueryRank]
	return Linear(s.Sub("q_b_proj"), Normalize(s.Sub("q_a_layernorm"), low, l.Norm), l.Heads*width, false) // [T, H·E]
}

// keysValues makes keys and values from the short vectors c. The checkpoint has
// the weights of both in one tensor, a head's keys before its values, or in two.
func (l Latent) keysValues(s Scope, c, low *gorgonia.Node) (k, v *gorgonia.Node) {
	width := l.Plain + l.Rotated
	if s.Has("k_b_proj.weight") {
		k = Linear(s.Sub("k_b_proj"), c, l.Heads*l.Plain, false) // [T, H·Plain]
		v = Linear(s.Sub("v_b_proj"), c, l.Heads*l.Value, false) // [T, H·Value]
		return l.keys(s.Sub("keys"), k, low, l.Plain), l.heads(s.Sub("values"), v, l.Value, 0, l.Value, width)
	}
	stored := l.Plain + l.Value
	both := Linear(s.Sub("kv_b_proj"), c, l.Heads*stored, false) // [T, H·(Plain+Value)]
	return l.keys(s.Sub("keys"), both, low, stored), l.heads(s.Sub("values"), both, stored, l.Plain, l.Value, width)
}

// keys joins each head's plain values, the first of stored ones in a head of
// plain, with the shared ones that are rotated.
func (l Latent) keys(s Scope, plain, low *gorgonia.Node, stored int) *gorgonia.Node {
	width := l.Plain + l.Rotated
	return s.node(&Op{
		kind: "keys", cols: l.Heads * width, inputs: []*gorgonia.Node{plain, low},
		device: func(c *deviceCall) error {
			own, shared := c.Out.rows*l.Heads*l.Plain, c.Out.rows*l.Heads*l.Rotated
			if err := c.heads(own, c.Out.at, c.In[0], l.Heads, l.Plain, width, stored, 0); err != nil {
				return err
			}
			return c.heads(shared, c.Out.at.Offset(l.Plain), c.In[1], l.Heads, l.Rotated, width, 0, l.KeyRank)
		},
		run: func(c *Call) error {
			for t := range c.Out.Rows {
				out, in, shared := c.Out.Row(t), c.In[0].Row(t), c.In[1].Row(t)[l.KeyRank:]
				for h := range l.Heads {
					copy(out[h*width:], in[h*stored:h*stored+l.Plain])
					copy(out[h*width+l.Plain:(h+1)*width], shared)
				}
			}
			return nil
		},
	})
}

// heads takes size values from one on of each head of x [T, H·stored] and
// writes them to heads of width values, the rest 0.
func (l Latent) heads(s Scope, x *gorgonia.Node, stored, from, size, width int) *gorgonia.Node {
	return s.node(&Op{
		kind: "heads", cols: l.Heads * width, inputs: []*gorgonia.Node{x},
		device: func(c *deviceCall) error {
			if err := c.each("zero", c.Out.len(), c.Out.at, count(c.Out.len())); err != nil {
				return err
			}
			return c.heads(c.Out.rows*l.Heads*size, c.Out.at, c.In[0], l.Heads, size, width, stored, from)
		},
		run: func(c *Call) error {
			clear(c.Out.Data)
			for t := range c.Out.Rows {
				out, in := c.Out.Row(t), c.In[0].Row(t)
				for h := range l.Heads {
					copy(out[h*width:], in[h*stored+from:h*stored+from+size])
				}
			}
			return nil
		},
	})
}

// columnsOf takes the columns [from, to) of x [T, ·].
func columnsOf(s Scope, x *gorgonia.Node, from, to int) *gorgonia.Node {
	return s.node(&Op{
		kind: "columns", cols: to - from, inputs: []*gorgonia.Node{x},
		device: func(c *deviceCall) error {
			return c.heads(c.Out.len(), c.Out.at, c.In[0], 1, to-from, to-from, 0, from)
		},
		run: func(c *Call) error {
			for t := range c.Out.Rows {
				copy(c.Out.Row(t), c.In[0].Row(t)[from:to])
			}
			return nil
		},
	})
}

// SigmoidGate is x [T, D] times σ(gate) of each row, gate [T, 1].
func SigmoidGate(s Scope, x, gate *gorgonia.Node) *gorgonia.Node {
	return s.node(&Op{
		kind: "sigmoid_gate", cols: columns(x), inputs: []*gorgonia.Node{x, gate},
		device: func(c *deviceCall) error {
			return c.each("sigmoid_gate", c.Out.len(), c.Out.at, c.In[0].at, c.In[1].at, count(c.Out.len()), number(c.Out.cols))
		},
		run: func(c *Call) error {
			for t := range c.Out.Rows {
				out, share := c.Out.Row(t), kernel.Sigmoid(c.In[1].Row(t)[0])
				for i, v := range c.In[0].Row(t) {
					out[i] = v * share
				}
			}
			return nil
		},
	})
}
