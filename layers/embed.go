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
	var table deviceWeight
	return s.node(&Op{
		kind: "embedding", cols: d, inputs: []*gorgonia.Node{s.g.batch},
		upload: func(t *onDevice) (err error) {
			table, err = s.g.store.sendStored(t, w.Name, w)
			return err
		},
		device: func(c *deviceCall) error {
			return c.gatherRows(table, c.d.batch.ids)
		},
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
func AddPositions(s Scope, x *gorgonia.Node, rows, offset int) *gorgonia.Node {
	d := columns(x)
	w := s.Weight("weight", rows, d) // [N, D]
	var table deviceWeight
	return s.node(&Op{
		kind: "positions", cols: d, inputs: []*gorgonia.Node{s.g.batch, x},
		upload: func(t *onDevice) (err error) {
			table, err = s.g.store.sendStored(t, w.Name, w)
			return err
		},
		device: func(c *deviceCall) error {
			if err := c.gatherRows(table.from(offset), c.positionsAt()); err != nil {
				return err
			}
			return c.each("add", c.Out.len(), c.Out.at, c.In[0].at, c.Out.at, count(c.Out.len()))
		},
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
