package layers

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Projection names one product of [Linears] and its output width.
type Projection struct {
	Name string
	Out  int  // N
	Bias bool // the checkpoint holds Name.bias [N]
	// From, where it is set, names a tensor of Of rows that holds this product's,
	// and its bias's, among others: Rows lists them.
	From       string
	Of         int
	Rows       []int32
	Transposed bool // the weight is stored [K, N], as a convolution's
}

// HeadRows lists the rows [from, to) of each of groups times per heads of width
// rows: those of one kind in a tensor that holds several kinds of heads.
func HeadRows(groups, per, from, to, width int) []int32 {
	var rows []int32
	for g := range groups {
		for i := (g*per + from) * width; i < (g*per+to)*width; i++ {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// tensors returns the projection's weight [N, K] and its bias [N] or nil.
func (p Projection) tensors(s Scope, k int) (w, bias *weights.Tensor) {
	rows := p.Out
	if p.From != "" {
		s, rows = s.Sub(p.From), p.Of
	} else {
		s = s.Sub(p.Name)
	}
	if p.Transposed {
		w = s.Weight("weight", k, rows).Transpose() // [N, K]
	} else {
		w = s.Weight("weight", rows, k) // [N, K]
	}
	if p.Bias {
		bias = s.Weight("bias", rows) // [N]
	}
	if !w.Readable() {
		s.g.fail(fmt.Errorf("weight %s: want an unquantised tensor, since it is stored transposed, have %s", w.Name, w.DType))
	}
	if p.Rows == nil {
		return w, bias
	}
	w = w.Pick(p.Rows)
	if bias != nil {
		bias = bias.PickValues(p.Rows)
	}
	return w, bias
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
		w, b := p.tensors(s, columns(x))
		nodes[i] = product(s.Sub(p.Name), x, w, b, shared) // [T, Out]
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
	var sent deviceWeight
	var offset gpu.Pointer
	o.upload = func(t *onDevice) (err error) {
		key := o.key
		if o.linear.tied {
			key = w.Name
		}
		if sent, err = s.g.store.sendWeight(t, key, w); err == nil && bias != nil {
			offset, err = s.g.store.sendTensor(t, o.key+".offset", bias)
		}
		return err
	}
	o.device = func(c *deviceCall) error { return c.d.product(c.Out, c.In[0], sent, offset) }
	o.run = func(c *Call) error {
		products := make([]kernel.Product, len(g.ops))
		for i, member := range g.ops {
			out, _ := member.output(c.Out.Rows)
			products[i] = kernel.Product{W: member.linear.packed, Bias: member.linear.offset, Out: out.Data}
		}
		c.Pool.MatMul(c.In[0].Data, c.In[0].Rows, products...)
		return nil
	}
	o.counted = g.products
	return s.node(o)
}

// linear holds a product's weights: as the checkpoint has them, and packed once
// a machine has prepared the op.
type linear struct {
	w, bias *weights.Tensor
	packed  *kernel.Weight
	offset  []float32
	tied    bool // w is the embedding's table, which a device has already
}
