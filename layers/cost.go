package layers

import (
	"slices"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Cost is the work that an op's value takes for one batch, as the formula of the op
// has it: what a kernel computes or moves beyond it is not counted.
type Cost struct {
	// Flop are the floating-point operations: a sum, product, quotient, root or
	// function such as exp is one, a comparison none, a multiply-add two.
	Flop int64
	// Read and Written are bytes: every value that is needed, once, be it of an
	// input, of a weight as it is packed or of a cache, and the value that is made.
	// Vectors of weights, as a norm's or a bias, are not counted.
	Read, Written int64
}

// add adds what another op of the same call takes.
func (c *Cost) add(other Cost) {
	c.Flop += other.Flop
	c.Read += other.Read
	c.Written += other.Written
}

// floatBytes is the size of a value.
const floatBytes = 4

// Costs follow from shapes: what a device has of a matrix is no Data.
func bytesOf(m Mat) int64 { return floatBytes * int64(m.size()) }

// FlopPerValue returns the operations counted for each value that an op of this
// kind with so many matrices as inputs makes: ok is false for kinds whose work
// does not follow from that ("linear", "attention", "experts", "route").
func FlopPerValue(kind string, inputs int) (flop int64, ok bool) {
	switch kind {
	case "select", "given", "embedding", "keys", "heads", "columns", "clamp":
		return 0, true
	case "add", "positions", "scale", "sigmoid_gate":
		return 1, true
	case "rope", "softcap":
		return 3, true
	case "rmsnorm": // square, sum, quotient, weight
		return 4, true
	case "layernorm": // and sum, difference, bias
		return 7, true
	}
	flop, ok = activationFlop[Activation(kind)]
	return flop + int64(inputs-1), ok // a second input is multiplied
}

// activationFlop are the operations of activations.
var activationFlop = map[Activation]int64{SiLU: 3, GELU: 5, GELUTanh: 9, ReLU: 0, ReLU2: 1}

// movers are kinds that read no more than they write.
var movers = []string{"select", "given", "keys", "heads", "columns"}

// cost returns what the call takes, the values of the op's whole group included.
func (o *Op) cost(c *Call) Cost {
	if o.counted != nil {
		return o.counted(c)
	}
	per, _ := FlopPerValue(o.kind, len(c.In))
	cost := Cost{Flop: per * int64(c.Out.size()), Written: bytesOf(c.Out) + floatBytes*int64(c.Out.Rows*o.statsPerRow)}
	if slices.Contains(movers, o.kind) {
		cost.Read = bytesOf(c.Out)
		return cost
	}
	for _, in := range c.In {
		cost.Read += bytesOf(in)
	}
	return cost
}

// rowsOfTable is the cost of looking up a row of w for each row of the call, added
// to its input where there is one.
func rowsOfTable(c *Call, w *weights.Tensor) Cost {
	cost := Cost{Read: int64(c.Out.Rows) * int64(len(w.RawRow(0))), Written: bytesOf(c.Out)}
	for _, in := range c.In {
		cost.Flop += int64(in.size())
		cost.Read += bytesOf(in)
	}
	return cost
}

// products is the cost of a group's products on one input.
func (g *group) products(c *Call) Cost {
	cost := Cost{Read: bytesOf(c.In[0])}
	rows := int64(c.Out.Rows)
	for _, o := range g.ops {
		cost.add(productCost(rows, factorOf(o.linear.packed), o.linear.offset != nil))
	}
	return cost
}

// costOnDevice returns what the call takes of the op alone, which is computed by
// another one's launch or its own.
func (o *Op) costOnDevice(c *Call, by *Op) Cost {
	if o.linear == nil {
		return o.cost(c)
	}
	cost := productCost(int64(c.Out.Rows), o.linear.sent.factor(), o.linear.bias != nil)
	if by == o { // the others read the same input
		cost.Read += bytesOf(c.In[0])
	}
	return cost
}

// factor is the weight of a product: [n, k], and the bytes that are read of it.
type factor struct{ n, k, bytes int64 }

func factorOf(w *kernel.Weight) factor { return factor{int64(w.N), int64(w.K), w.Bytes()} }

// productCost is the cost of a product of that many rows, the rows themselves not
// counted.
func productCost(rows int64, w factor, bias bool) Cost {
	cost := Cost{Flop: 2 * rows * w.n * w.k, Read: w.bytes, Written: floatBytes * rows * w.n}
	if bias {
		cost.Flop += rows * w.n
	}
	return cost
}

// attention is the cost of attention: for each head, query and key that it sees the
// product of both, the weighted sum of values, and four operations of the softmax;
// a quotient for each value. Keys and values are read once for every segment.
func (c *Call) attention(s kernel.AttentionShape) Cost {
	cost := Cost{Flop: int64(c.Out.size()), Read: bytesOf(c.In[0]), Written: bytesOf(c.Out)}
	var seen, keys int64
	for _, seg := range c.queries() {
		first, last := seg.First, seg.First+seg.To-seg.From-1
		for p := first; p <= last; p++ {
			seen += visible(p, s.Window)
		}
		keys += int64(last+1) - (int64(first+1) - visible(first, s.Window))
	}
	cost.Flop += seen * int64(s.Heads) * int64(4*s.Width+4)
	cost.Read += keys * 2 * floatBytes * int64(s.KVHeads*s.Width)
	return cost
}

// visible returns how many keys the query at a position sees.
func visible(position, window int) int64 {
	if window > 0 {
		return int64(min(position+1, window))
	}
	return int64(position + 1)
}

// mixture is the cost of the chosen experts: their weights are read once each.
func (c *Call) mixture(all []*expert, e Experts) Cost {
	cost := Cost{Read: bytesOf(c.In[0]) + bytesOf(c.In[1]), Written: bytesOf(c.Out)}
	activation, _ := FlopPerValue(string(SiLU), 2) // what an Activate of its own does is as much
	for i, of := range chosenRows(c.In[1], e.Count) {
		rows := int64(len(of.rows))
		if rows == 0 {
			continue
		}
		for _, w := range all[i].factors() {
			p := productCost(rows, w, false)
			cost.Flop, cost.Read = cost.Flop+p.Flop, cost.Read+p.Read
		}
		cost.Flop += rows * (activation*int64(e.Hidden) + 2*int64(c.Out.Cols))
	}
	return cost
}

// choice is the cost of a router's softmax or sigmoid.
func (c *Call) choice() Cost {
	return Cost{Flop: 3 * int64(c.In[0].size()), Read: bytesOf(c.In[0]), Written: bytesOf(c.Out)}
}
