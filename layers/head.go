package layers

import (
	"bytes"
	"fmt"

	"gorgonia.org/gorgonia"

	"premlp/weights"
)

// Select keeps the rows of x [T, D] that the batch selects: [R, D]. An x that
// holds only those is returned as it is.
func Select(s Scope, x *gorgonia.Node) *gorgonia.Node {
	if isSelected(x) {
		return x
	}
	return s.node(&Op{
		kind: "select", cols: columns(x), inputs: []*gorgonia.Node{s.g.batch, x}, selected: true,
		device: func(c *deviceCall) error {
			return c.each("gather", c.Out.len(), c.Out.at, c.In[0].at, c.d.batch.sel, count(c.Out.len()), number(c.Out.cols))
		},
		run: func(c *Call) error {
			for i, row := range c.Batch.Sel {
				copy(c.Out.Row(i), c.In[0].Row(int(row)))
			}
			return nil
		},
	})
}

// SelectLast keeps the rows of x that are computed behind attention: in the last
// block that is wanted those that the batch selects, elsewhere all. Attention
// does this to its queries, so what is added to its output has to be of as many
// rows: the MLP of a block whose MLP does not read attention's output.
func SelectLast(s Scope, x *gorgonia.Node) *gorgonia.Node {
	if s.layer != s.g.last {
		return x
	}
	return Select(s.Sub("selected"), x) // [R, D]
}

// isSelected reports whether a node holds a row per selected row, not per token.
func isSelected(n *gorgonia.Node) bool {
	o := opOf(n)
	return o != nil && o.selected
}

// VocabHead scores every vocabulary entry for each row of x [R, D] by the
// product with "weight" [V, D], plus "bias" [V] where there is one. What is made
// of its result [R, V] in the end is tapped as [Logits].
func VocabHead(s Scope, x *gorgonia.Node, vocab int, bias bool) *gorgonia.Node {
	return Linear(s, x, vocab, bias)
}

// TiedHead is VocabHead with the embedding's table as its weight: the tensor at
// the scope table, read again. Where the checkpoint holds a weight of the head's
// own, it must repeat the table.
func TiedHead(s, table Scope, x *gorgonia.Node, vocab int, bias bool) *gorgonia.Node {
	var b *weights.Tensor
	if bias {
		b = s.Weight("bias", vocab) // [V]
	}
	w := table.Weight("weight", vocab, columns(x)) // [V, D]
	if s.Has("weight") && !equalRows(w, s.Weight("weight", vocab, columns(x))) {
		s.g.fail(fmt.Errorf("weight %s: want the values of %s, which the head is tied to, have others", s.join("weight"), w.Name))
	}
	scores := product(s, x, w, b, &group{}) // [R, V]
	opOf(scores).linear.tied = true
	return scores
}

// equalRows reports whether two matrices of one shape hold the same values. A
// tensor that stands in for a faulty one, whose fault is recorded already, equals
// any.
func equalRows(a, b *weights.Tensor) bool {
	if a.Empty() || b.Empty() {
		return true
	}
	if a.DType != b.DType {
		return false
	}
	for i := range a.Rows() {
		if !bytes.Equal(a.RawRow(i), b.RawRow(i)) {
			return false
		}
	}
	return true
}
