package layers

import "gorgonia.org/gorgonia"

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
// product with "weight" [V, D]. Its result [R, V] is the site [Logits].
func VocabHead(s Scope, x *gorgonia.Node, vocab int) *gorgonia.Node {
	y := Linear(s, x, vocab, false) // [R, V]
	s.g.points[Point{Site: Logits}] = y
	return y
}

// TiedHead is VocabHead with the embedding's table as its weight: the tensor at
// the scope table, read again.
func TiedHead(s, table Scope, x *gorgonia.Node, vocab int) *gorgonia.Node {
	y := product(s, x, table.Weight("weight", vocab, columns(x)), nil, &group{}) // [R, V]
	s.g.points[Point{Site: Logits}] = y
	return y
}
