package layers

import "gorgonia.org/gorgonia"

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
