package model

import (
	"fmt"

	"premlp/layers"
	"premlp/weights"
)

// Reader is an MLP, or one expert of a mixture, as the rows it reads with.
type Reader = layers.Reader

// Scaling is what a norm does to a row beside the division by its statistic.
type Scaling = layers.Scaling

// Reading is the part of a model's weights by which directions are read: in the
// MLPs, and at the end in the vocabulary. Tensors are those of the checkpoint,
// decoded row by row; they are valid until the model is closed.
type Reading struct {
	MLPs    [][]Reader // by layer: one, or a mixture's experts and shared ones
	Norms   []*Scaling // by layer, of the norm before the MLP; nil: it reads the stream itself
	Final   Scaling    // of the norm behind the last block
	Unembed *weights.Tensor
}

// Reading finds those weights in the model's graph, so that it needs to know no
// architecture's names.
func (m *Model) Reading() (*Reading, error) {
	g, err := m.build(0, m.config.Layers)
	if err != nil {
		return nil, err
	}
	r := &Reading{}
	for layer := range m.config.Layers {
		readers := g.Readers(layer)
		if len(readers) == 0 {
			return nil, fmt.Errorf("%s: layer %d: want an MLP that reads mlp_in, have none", m.config.Architecture, layer)
		}
		r.MLPs = append(r.MLPs, readers)
		var norm *Scaling
		if s, ok := g.MLPScaling(layer); ok {
			norm = &s
		}
		r.Norms = append(r.Norms, norm)
	}
	var ok bool
	if r.Final, r.Unembed, ok = g.Unembedding(); !ok {
		return nil, fmt.Errorf("%s: want a norm and a product behind the last block, have others", m.config.Architecture)
	}
	return r, nil
}
