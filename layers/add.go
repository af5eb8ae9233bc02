package layers

import "gorgonia.org/gorgonia"

// Residual adds a block's branch dx to the residual stream x, both [T, D]. The
// sum is a value of its own: the stream before it stays readable. Where the
// branch has the selected rows alone, so has the sum.
func Residual(s Scope, x, dx *gorgonia.Node) *gorgonia.Node {
	if isSelected(dx) {
		x = Select(s.Sub("selected"), x) // [R, D]
	}
	return s.node(&Op{
		kind: "add", cols: columns(x), inputs: []*gorgonia.Node{x, dx},
		device: func(c *deviceCall) error {
			return c.each("add", c.Out.len(), c.Out.at, c.In[0].at, c.In[1].at, count(c.Out.len()))
		},
		run: func(c *Call) error {
			c.Pool.Add(c.Out.Data, c.In[0].Data, c.In[1].Data)
			return nil
		},
	})
}
