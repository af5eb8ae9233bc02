package layers

import (
	"fmt"

	"premlp/layers/internal/gpu"

	"gorgonia.org/gorgonia"
)

// StartAt says, before blocks are built, that the graph begins at block i: its
// residual stream comes with the batch (see Batch.Given), for the blocks below
// it were computed in another run.
func (g *Graph) StartAt(i int) { g.first = i }

// First returns the block that the graph begins at, 0 for the whole model.
func (g *Graph) First() int { return g.first }

// Given is the batch's own residual stream [T, D].
func Given(s Scope, d int) *gorgonia.Node {
	s.g.given = d
	return s.node(&Op{
		kind: "given", cols: d, inputs: []*gorgonia.Node{s.g.batch},
		device: func(c *deviceCall) error { return c.d.Upload(c.Out.at, gpu.BytesOf(c.Batch.Given)) },
		run: func(c *Call) error {
			copy(c.Out.Data, c.Batch.Given)
			return nil
		},
	})
}

// checkGiven refuses a residual stream that the graph does not take, or of
// another size.
func (m *Machine) checkGiven(b *Batch) error {
	if want := b.Tokens() * m.graph.given; len(b.Given) != want {
		return fmt.Errorf("batch: given residual stream: want %d values for %d tokens, have %d", want, b.Tokens(), len(b.Given))
	}
	return nil
}
