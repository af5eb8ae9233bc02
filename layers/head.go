package layers

import (
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
		run: func(c *Call) error {
			for i, row := range c.Batch.Sel {
				copy(c.Out.Row(i), c.In[0].Row(int(row)))
			}
			return nil
		},
	})
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
// the scope table, read again.
func TiedHead(s, table Scope, x *gorgonia.Node, vocab int, bias bool) *gorgonia.Node {
	var b *weights.Tensor
	if bias {
		b = s.Weight("bias", vocab) // [V]
	}
	return product(s, x, table.Weight("weight", vocab, columns(x)), b, &group{})
}
