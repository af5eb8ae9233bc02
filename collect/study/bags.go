package study

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gonum.org/v1/gonum/floats"

	"premlp/collect"
	"premlp/model"
)

// bagPair is bags of input embeddings of the named and the described questions:
// of whole prompts, and of the tokens that name or describe the concept. Each is one
// vector for a cell, the mean of its tokens' embeddings.
type bagPair struct {
	named, described [2]*layerRows
}

// bags makes the bags of two grids.
func (o Options) bags(ctx context.Context, l *collect.Loaded, named, described *grid) (*bagPair, error) {
	known := map[int32]bool{}
	for _, g := range []*grid{named, described} {
		for q, err := range g.data.Questions() {
			if err != nil {
				return nil, err
			}
			for _, id := range q.IDs {
				known[id] = true
			}
		}
	}
	vectors, err := inputEmbeddings(ctx, l.Model, slices.Sorted(maps.Keys(known)), o.Threads)
	if err != nil {
		return nil, fmt.Errorf("input embeddings: %w", err)
	}
	b := &bagPair{}
	if b.named, err = named.bags(vectors); err == nil {
		b.described, err = described.bags(vectors)
	}
	return b, err
}

// bags makes a grid's bags of the vectors of tokens.
func (g *grid) bags(vectors map[int32][]float64) (b [2]*layerRows, err error) {
	one := *g // each cell has one vector
	one.count = slices.Repeat([]int{1}, g.cells())
	dim := g.data.Manifest().Dim
	for k := range b {
		b[k] = &layerRows{grid: &one, dim: dim, sums: make([]float64, g.cells()*dim)}
	}
	for i, cell := range g.cell {
		q, err := g.data.Question(i)
		if err != nil {
			return b, err
		}
		for k, ids := range [][]int32{q.IDs, q.IDs[q.TokenSpan[0]:q.TokenSpan[1]]} {
			for _, id := range ids {
				floats.AddScaled(b[k].sum(cell), 1/float64(len(ids)), vectors[id])
			}
		}
	}
	return b, nil
}

// inputEmbeddings are the vectors that the first block reads of tokens, each the
// only one of its prompt.
func inputEmbeddings(ctx context.Context, m *model.Model, ids []int32, threads int) (_ map[int32][]float64, err error) {
	s, err := m.Session(model.SessionOptions{Points: []model.Point{{Site: "resid_pre", Layer: 0}}, Threads: threads})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	vectors := map[int32][]float64{}
	for some := range slices.Chunk(ids, collect.DefaultBatchTokens) {
		prompts := make([][]int32, len(some))
		for i, id := range some {
			prompts[i] = []int32{id}
		}
		err := s.Run(ctx, model.Pack(prompts, nil), func(_ model.Point, r model.Rows) error {
			for i, id := range some {
				v := make([]float64, r.Dim)
				for k := range v {
					v[k] = float64(r.Data[i*r.Dim+k])
				}
				vectors[id] = v
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return vectors, nil
}
