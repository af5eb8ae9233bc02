package direction

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// lda is the whitened mean difference Σ⁻¹(m1 - m0) (Fisher's linear
// discriminant). Σ is the covariance of the training rows around the mean of
// their own class, target or control, shrunk by Ledoit and Wolf's share, which
// it also returns. Its unit is one over the rows' own.
func lda(s *moments, t *classSums, b block) (d []float64, share float64, err error) {
	c := t.train(b)
	g := s.train(b)
	subtract(g, c.n1, c.m1)
	subtract(g, c.n0, c.m0)
	fourth := 0.0
	err = s.m.eachTraining(b, func(q *question, x []float64) {
		if q.concept == s.m.target {
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
	d, err = solve(chol, c.difference())
	return d, share, err
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
// block b: that of the rows around the mean of their own concept, shrunk by
// Ledoit and Wolf's share. Concepts of the block's group are left out.
func sharedLDA(s *moments, b block) (*mat.Cholesky, error) {
	m := s.m
	g, n, fourth := s.shared(b), 0.0, 0.0
	means := vectors(len(m.concepts), m.dim)
	for c := range m.concepts {
		rows := m.meanOf(means[c], func(q *question) bool { return q.concept == c && m.trains(b, q, false) })
		subtract(g, rows, means[c])
		n += rows
	}
	for i := range m.questions {
		q := &m.questions[i]
		if !m.trains(b, q, false) {
			continue
		}
		err := m.each(i, i+1, func(_, _ int, x []float64) { fourth += fourths(x, means[q.concept]) })
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
