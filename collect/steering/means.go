package steering

import (
	"cmp"
	"context"
	"fmt"

	"premlp/collect/dataset"
	"premlp/model"
)

// Means are the mean rows of a dataset's concepts: Vectors of every one of them,
// the others being its controls.
type Means struct {
	concepts map[string]int
	names    []string
	dim      int
	sums     map[model.Point][]float64 // [concepts, D]
	rows     []float64                 // by concept
}

var _ Vectors = (*Means)(nil)

// ReadMeans reads the rows of a dataset at some points. Questions of the template
// except are left out, so that directions which are tested with that question do
// not come from it; "" takes all.
func ReadMeans(ctx context.Context, r *dataset.Reader, points []model.Point, except string) (*Means, error) {
	m := &Means{concepts: map[string]int{}, dim: r.Manifest().Dim, sums: map[model.Point][]float64{}}
	var row []float32
	i := -1
	for q, err := range r.Questions() {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		i++
		if except != "" && q.Template == except {
			continue
		}
		c, ok := m.concepts[q.Concept]
		if !ok {
			c = len(m.names)
			m.concepts[q.Concept] = c
			m.names, m.rows = append(m.names, q.Concept), append(m.rows, 0)
		}
		m.rows[c] += float64(len(q.Rows))
		for _, p := range points {
			var err error
			if row, err = r.Rows(i, string(p.Site), p.Layer, row); err != nil {
				return nil, err
			}
			for len(m.sums[p]) < (c+1)*m.dim {
				m.sums[p] = append(m.sums[p], make([]float64, m.dim)...)
			}
			addRows(m.sums[p][c*m.dim:(c+1)*m.dim], row)
		}
	}
	if len(m.names) < 2 {
		return nil, fmt.Errorf("dataset: %s: want questions about at least two concepts, have %d", r.Dir(), len(m.names))
	}
	return m, nil
}

// addRows adds every row of rows [n, D] to sum [D].
func addRows(sum []float64, rows []float32) {
	for len(rows) > 0 {
		for k := range sum {
			sum[k] += float64(rows[k])
		}
		rows = rows[len(sum):]
	}
}

// Concepts lists the concepts, in the dataset's order.
func (m *Means) Concepts() []string { return m.names }

// mean is the mean row of a concept.
func (m *Means) mean(concept string, p model.Point) ([]float64, error) {
	c, ok := m.concepts[concept]
	if !ok {
		return nil, fmt.Errorf("dataset: concept %q: want one of its concepts, which are %q", concept, m.names)
	}
	sums, ok := m.sums[p]
	if !ok {
		return nil, fmt.Errorf("dataset: %s: its rows were not read", p)
	}
	mean := make([]float64, m.dim)
	for k := range mean {
		mean[k] = sums[c*m.dim+k] / m.rows[c]
	}
	return mean, nil
}

// Controls implements Vectors: the mean of all rows of the other concepts.
func (m *Means) Controls(target string, p model.Point) ([]float64, error) {
	if _, err := m.mean(target, p); err != nil {
		return nil, err
	}
	mean, n := make([]float64, m.dim), 0.0
	for c, name := range m.names {
		if name == target {
			continue
		}
		n += m.rows[c]
		for k := range mean {
			mean[k] += m.sums[p][c*m.dim+k]
		}
	}
	for k := range mean {
		mean[k] /= n
	}
	return mean, nil
}

// Difference implements Vectors.
func (m *Means) Difference(target string, p model.Point) ([]float64, error) {
	controls, err := m.Controls(target, p)
	if err != nil {
		return nil, err
	}
	return m.minus(target, controls, p)
}

// Pair implements Vectors.
func (m *Means) Pair(target, source string, p model.Point) ([]float64, error) {
	mean, err := m.mean(source, p)
	if err != nil {
		return nil, err
	}
	return m.minus(target, mean, p)
}

// minus is the mean of the target's rows minus other.
func (m *Means) minus(target string, other []float64, p model.Point) ([]float64, error) {
	mean, err := m.mean(target, p)
	if err != nil {
		return nil, err
	}
	for k := range mean {
		mean[k] -= other[k]
	}
	return mean, nil
}
