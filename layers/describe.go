package layers

import "slices"

// Node describes an op of a graph, for pictures and lists.
type Node struct {
	Key, Kind string
	Block     string // path of the block it is in; "" outside of blocks
	Layer     int    // of the block; 0 outside of blocks
	Name      string // Key below Block
	Shape     string // of its value: "[T, 576]", or "[R, 576]" of selected rows
	Batch     bool   // reads token ids, positions or what else the batch has
	Inputs    []string
	Weights   []NodeWeight // matrices of products; norms' and biases are left out
	Points    []Point      // that its value is
}

// NodeWeight is a weight matrix.
type NodeWeight struct {
	Shape []int  // [N, K]
	Type  string // as the checkpoint stores it
}

// Nodes describes the graph's ops, in the order they were built: inputs come first.
func (g *Graph) Nodes() []Node {
	points := map[*Op][]Point{}
	for _, p := range g.Points() {
		o := opOf(g.points[p])
		points[o] = append(points[o], p)
	}
	nodes := make([]Node, 0, len(g.order))
	for _, o := range g.order {
		n := Node{Key: o.key, Kind: o.kind, Block: o.Block(), Layer: o.layer, Name: o.Name(), Shape: o.Shape(), Points: points[o]}
		for _, in := range o.inputs {
			if in == g.batch {
				n.Batch = true
			} else {
				n.Inputs = append(n.Inputs, opOf(in).key)
			}
		}
		weights := slices.Clone(o.packs)
		if o.linear != nil {
			weights = append(weights, o.linear.w)
		}
		for _, w := range weights {
			n.Weights = append(n.Weights, NodeWeight{Shape: slices.Clone(w.Shape), Type: w.DType.String()})
		}
		nodes = append(nodes, n)
	}
	return nodes
}
