package direction

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"premlp/collect/direction/internal/dense"
)

// lda is the whitened mean difference Σ⁻¹(m1 - m0) (Fisher's linear
// discriminant). Σ is the covariance of the training rows around the mean of
// their own class, target or control, shrunk by Ledoit and Wolf's share, which
// it also returns. Its unit is one over the rows' own.
func lda(p *part) (d []float64, share float64, err error) {
	c := p.sums.train(p.b)
	g := p.train()
	subtractAll(g, []float64{c.n1, c.n0}, slices.Concat(c.m1, c.m0))
	fourth := 0.0
	err = p.m.eachTraining(p.b, func(q *question, x []float64) {
		if q.concept == p.m.target {
			fourth += fourths(x, c.m1)
		} else {
			fourth += fourths(x, c.m0)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	n := c.n1 + c.n0
	share, mu := ledoitWolf(g, n, fourth)
	chol, err := blend(g, n, 1-share, share*mu)
	if err != nil {
		return nil, share, err
	}
	d = c.difference()
	chol.SolveVector(d)
	return d, share, nil
}

// eachTraining walks over the rows of block b's training questions, one cell at
// a time or less; all rows of x belong to the target or none does.
func (m *matrix) eachTraining(b block, visit func(q *question, x []float64)) error {
	for f := range m.folds {
		for g := range m.groups + 1 {
			span := m.cells[m.cell(f, g)]
			if f == b.fold || g == b.group || span[0] == span[1] {
				continue
			}
			err := m.each(span[0], span[1], func(from, _ int, x []float64) { visit(&m.questions[from], x) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sharedLDA factors one covariance for whatever concept plays the target in
// the block: that of the rows around the mean of their own concept, shrunk by
// Ledoit and Wolf's share. Concepts of the block's group are left out.
func sharedLDA(p *part) (*dense.Cholesky, error) {
	m := p.m
	g, n, fourth := p.shared(), 0.0, 0.0
	all := make([]float64, len(m.concepts)*m.dim)
	mean := func(c int) []float64 { return all[c*m.dim : (c+1)*m.dim] }
	rows := make([]float64, len(m.concepts))
	for c := range m.concepts {
		rows[c] = m.meanOf(mean(c), func(q *question) bool { return q.concept == c && m.trains(p.b, q, false) })
		n += rows[c]
	}
	subtractAll(g, rows, all)
	for i := range m.questions {
		q := &m.questions[i]
		if !m.trains(p.b, q, false) {
			continue
		}
		err := m.each(i, i+1, func(_, _ int, x []float64) { fourth += fourths(x, mean(q.concept)) })
		if err != nil {
			return nil, err
		}
	}
	share, mu := ledoitWolf(g, n, fourth)
	return blend(g, n, 1-share, share*mu)
}

// meanOf gives in mean the mean of the rows of the questions that take holds
// for, and how many rows they have.
func (m *matrix) meanOf(mean []float64, take func(*question) bool) (rows float64) {
	clear(mean)
	for i := range m.questions {
		if q := &m.questions[i]; take(q) {
			floats.AddScaled(mean, float64(q.n), m.question(i))
			rows += float64(q.n)
		}
	}
	if rows > 0 {
		floats.Scale(1/rows, mean)
	}
	return rows
}
