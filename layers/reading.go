package layers

import (
	"slices"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Reader is an MLP, or one expert of a mixture, as what it reads its input with:
// the products whose results its activation takes. Neuron i's values are row i.
type Reader struct {
	Module string // its path in the checkpoint
	Expert int    // its number in a mixture; -1 for an MLP that reads every row
	Gate   *weights.Tensor
	Up     *weights.Tensor // [F, D], as Gate; nil where the MLP has no gate: Gate is then its one product
}

// Readers lists the MLPs of a block that read its mlp_in, in the order of
// computation: one, or a mixture's experts and those that all rows go through.
func (g *Graph) Readers(layer int) []Reader {
	in := g.points[Point{Site: MLPIn, Layer: layer}]
	var list []Reader
	for _, o := range g.order {
		if _, activates := kernel.Activations[o.kind]; o.layer == layer && activates {
			if r, ok := readerOf(o, in); ok {
				list = append(list, r)
			}
		}
		if o.kind == "experts" && o.layer == layer && o.inputs[0] == in {
			for i := 0; i < len(o.packs); i += 3 { // gate, up and down of each
				list = append(list, Reader{Module: o.key, Expert: i / 3, Gate: o.packs[i], Up: o.packs[i+1]})
			}
		}
	}
	return list
}

// readerOf returns what an activation takes, if it is products of in.
func readerOf(o *Op, in *gorgonia.Node) (Reader, bool) {
	r := Reader{Module: parent(o.key), Expert: -1}
	for i, n := range o.inputs {
		p := opOf(n)
		if p == nil || p.linear == nil || p.inputs[0] != in {
			return r, false
		}
		*[]**weights.Tensor{&r.Gate, &r.Up}[i] = p.linear.w
	}
	return r, true
}

// parent is the path of the module that holds one.
func parent(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i]
		}
	}
	return ""
}

// Scaling is what a norm does to a row beside the division by its statistic: it
// subtracts the row's mean where Center says so, and multiplies by Gain [D].
type Scaling struct {
	Center bool
	Gain   []float32
}

// MLPScaling returns what the norm before a block's MLP does; false where mlp_in
// is no norm's result.
func (g *Graph) MLPScaling(layer int) (Scaling, bool) {
	return scalingOf(g.points[Point{Site: MLPIn, Layer: layer}])
}

// Unembedding returns what the norm behind the last block does, and the weight
// [V, D] of the vocabulary head.
func (g *Graph) Unembedding() (Scaling, *weights.Tensor, bool) {
	n := g.points[Point{Site: Logits}]
	o := opOf(n)
	for o != nil && o.linear == nil && slices.Contains([]string{"scale", "softcap"}, o.kind) {
		o = opOf(o.inputs[0])
	}
	if o == nil || o.linear == nil {
		return Scaling{}, nil, false
	}
	s, ok := scalingOf(o.inputs[0])
	return s, o.linear.w, ok
}

// scalingOf reads the scaling of a norm's node.
func scalingOf(n *gorgonia.Node) (Scaling, bool) {
	o := opOf(n)
	if o == nil || o.gain == nil {
		return Scaling{}, false
	}
	return Scaling{Center: o.kind == "layernorm", Gain: o.gain()}, true
}
