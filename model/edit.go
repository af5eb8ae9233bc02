package model

import (
	"fmt"

	"premlp/layers"
)

// Interventions: a [Batch] has a list of them.
type (
	// Edit changes rows of a point's value before anything reads them.
	Edit = layers.Edit
	// Change is what an edit does to its rows.
	Change = layers.Change
	// Add adds a vector to every row.
	Add = layers.Add
	// SetProjection gives every row a projection on a direction.
	SetProjection = layers.SetProjection
	// Replace puts other rows in place of the rows.
	Replace = layers.Replace
)

// Editable says why a point cannot be edited in this model, or returns nil. The
// sites are resid_pre, resid_mid, mlp_in, mlp_out and resid_post, where the
// architecture has them and they are tensors of their own: the input of an MLP
// that attention reads too is not.
func (m *Model) Editable(points ...Point) error {
	if err := m.checkPoints(points); err != nil {
		return err
	}
	g, err := m.build(0, m.config.Layers)
	if err != nil {
		return err
	}
	for _, p := range points {
		if err := g.Editable(p); err != nil {
			return fmt.Errorf("%s: %s: %w", m.config.Architecture, p, err)
		}
	}
	return nil
}
