package layers

import (
	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Embedding looks up each token's row of the table "weight" [V, D]:
//
//	y[t] = weight[ids[t]]
//
// Rows are read from the checkpoint as they are needed; the table is not
// unpacked.
func Embedding(s Scope, vocab, d int) *gorgonia.Node {
	w := s.Weight("weight", vocab, d) // [V, D]
	return s.node(&Op{
		kind: "embedding", cols: d, inputs: []*gorgonia.Node{s.g.batch},
		counted: func(c *Call) Cost { return rowsOfTable(c, w) },
		run: func(c *Call) error {
			c.Pool.RunRows(c.Out.Rows, func(from, to int) {
				for t := from; t < to; t++ {
					w.Row(c.Out.Row(t), int(c.Batch.IDs[t]))
				}
			})
			return nil
		},
	})
}

// AddPositions adds to each row of x [T, D] the row of the table "weight" [N, D]
// of its token's position, counted from row offset on:
//
//	y[t] = x[t] + weight[pos[t]+offset]
func AddPositions(s Scope, x *gorgonia.Node, count, offset int) *gorgonia.Node {
	d := columns(x)
	w := s.Weight("weight", count, d) // [N, D]
	return s.node(&Op{
		kind: "positions", cols: d, inputs: []*gorgonia.Node{s.g.batch, x},
		counted: func(c *Call) Cost { return rowsOfTable(c, w) },
		run: func(c *Call) error {
			pos := c.positions()
			c.Pool.RunRows(c.Out.Rows, func(from, to int) {
				row := make([]float32, d)
				for t := from; t < to; t++ {
					w.Row(row, int(pos[t])+offset)
					copy(c.Out.Row(t), c.In[0].Row(t))
					kernel.AddTo(c.Out.Row(t), row)
				}
			})
			return nil
		},
	})
}
