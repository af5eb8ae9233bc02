package model

import "premlp/layers"

// ProductFlop returns the floating-point operations of the session's products
// with weights for one token: 2·N·K of each matrix [N, K] up to the last wanted
// place. Attention and the vocabulary head, which runs for selected rows alone,
// are not counted.
func (s *Session) ProductFlop() int64 { return s.machine.ProductFlop() }

// Profile makes the session record its runs in p, op by op; nil ends it.
func (s *Session) Profile(p *layers.Profile) { s.machine.Profile(p) }

// Nodes describes the model's graph, from token ids to the logits of all rows.
func (m *Model) Nodes() ([]layers.Node, error) {
	g, err := m.build(0, m.config.Layers)
	if err != nil {
		return nil, err
	}
	return g.Nodes(), nil
}
