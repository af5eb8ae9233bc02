package direction

import "gonum.org/v1/gonum/floats"

// classSums are the sums of rows by fold and group for one choice of what
// plays the target, so that the means of any block's training rows are a few
// additions.
type classSums struct {
	m      *matrix
	one    [][]float64 // per fold: the target's rows, [D]
	zero   [][]float64 // per fold and group: the controls'
	n1, n0 []float64   // how many
}

func newClassSums(m *matrix, y []bool) *classSums {
	s := &classSums{m: m, one: vectors(m.folds, m.dim), zero: vectors(m.folds*m.groups, m.dim)}
	s.n1, s.n0 = make([]float64, m.folds), make([]float64, m.folds*m.groups)
	for i := range m.questions {
		q := &m.questions[i]
		f, n := m.fold[q.template], float64(q.n)
		if y[i] {
			floats.AddScaled(s.one[f], n, m.question(i))
			s.n1[f] += n
			continue
		}
		k := f*m.groups + m.group[q.concept]
		floats.AddScaled(s.zero[k], n, m.question(i))
		s.n0[k] += n
	}
	return s
}

// classes are the two means of a block's training rows and their counts.
type classes struct {
	m1, m0 []float64 // [D]; of no rows: zero
	n1, n0 float64
}

// difference is m1 - m0, [D].
func (c classes) difference() []float64 {
	return floats.SubTo(make([]float64, len(c.m1)), c.m1, c.m0)
}

// together is how many rows both classes have, and their mean.
func (c classes) together() (n float64, mean []float64) {
	n, mean = c.n1+c.n0, make([]float64, len(c.m1))
	floats.AddScaled(mean, c.n1/n, c.m1)
	floats.AddScaled(mean, c.n0/n, c.m0)
	return n, mean
}

// train gives the means of the rows that block b is fitted on.
func (s *classSums) train(b block) classes {
	c := classes{m1: make([]float64, s.m.dim), m0: make([]float64, s.m.dim)}
	for f := range s.m.folds {
		if f == b.fold {
			continue
		}
		floats.Add(c.m1, s.one[f])
		c.n1 += s.n1[f]
		for g := range s.m.groups {
			if k := f*s.m.groups + g; g != b.group {
				floats.Add(c.m0, s.zero[k])
				c.n0 += s.n0[k]
			}
		}
	}
	if c.n1 > 0 {
		floats.Scale(1/c.n1, c.m1)
	}
	if c.n0 > 0 {
		floats.Scale(1/c.n0, c.m0)
	}
	return c
}

// meanDifference is the direction m1 - m0, in the rows' own units (Marks and
// Tegmark 2023, "mass-mean probe"; Belrose 2023 shows that it is the best
// direction against the worst case).
func meanDifference(s *classSums, b block) []float64 { return s.train(b).difference() }

func vectors(n, dim int) [][]float64 {
	all := make([]float64, n*dim)
	list := make([][]float64, n)
	for i := range list {
		list[i] = all[i*dim : (i+1)*dim : (i+1)*dim]
	}
	return list
}
