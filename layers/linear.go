package layers

import (
	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Projection names one product of [Linears] and its output width.
type Projection struct {
	Name string
	Out  int
	Bias bool // the checkpoint holds Name.bias [Out]
}

// Linear is the product of x [T, K] with "weight" [N, K], plus "bias" [N] where
// there is one:
//
//	y[t][n] = Σₖ x[t][k]·weight[n][k] + bias[n]
func Linear(s Scope, x *gorgonia.Node, out int, bias bool) *gorgonia.Node {
	var b *weights.Tensor
	if bias {
		b = s.Weight("bias", out) // [N]
	}
	return product(s, x, s.Weight("weight", out, columns(x)), b, &group{}) // [T, N]
}

// Linears are several products of one input, each [T, Out] in a node of its own
// below s; the first that runs computes all in one kernel call.
func Linears(s Scope, x *gorgonia.Node, projections ...Projection) []*gorgonia.Node {
	nodes, shared := make([]*gorgonia.Node, len(projections)), &group{}
	for i, p := range projections {
		sub := s.Sub(p.Name)
		var b *weights.Tensor
		if p.Bias {
			b = sub.Weight("bias", p.Out) // [Out]
		}
		nodes[i] = product(sub, x, sub.Weight("weight", p.Out, columns(x)), b, shared) // [T, Out]
	}
	return nodes
}

// product adds the op of one product and makes it a member of a group.
func product(s Scope, x *gorgonia.Node, w, bias *weights.Tensor, g *group) *gorgonia.Node {
	o := &Op{kind: "linear", cols: w.Rows(), inputs: []*gorgonia.Node{x}, group: g, linear: &linear{w: w, bias: bias}}
	o.prepare = func(pool *Pool) error {
		o.linear.packed = s.g.store.pack(pool, o.key, w)
		if bias != nil {
			o.linear.offset = bias.Floats()
		}
		return nil
	}
	o.run = func(c *Call) error {
		products := make([]kernel.Product, len(g.ops))
		for i, member := range g.ops {
			out, _ := member.output(c.Out.Rows)
			products[i] = kernel.Product{W: member.linear.packed, Bias: member.linear.offset, Out: out.Data}
		}
		c.Pool.MatMul(c.In[0].Data, c.In[0].Rows, products...)
		return nil
	}
	return s.node(o)
}

// linear holds a product's weights: as the checkpoint has them, and packed once
// a machine has prepared the op.
type linear struct {
	w, bias *weights.Tensor
	packed  *kernel.Weight
	offset  []float32
}
