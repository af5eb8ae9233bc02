package direction

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"premlp/collect/direction/internal/dense"
)

func dot(a, b []float64) float64 { return floats.Dot(a, b) }

// rowScores are all rows' scores along the directions of their own fold, one
// for each group: [n, groups]. A direction of a block may be nil: NaN.
type rowScores struct {
	m      *matrix
	values []float64
}

func newRowScores(m *matrix, directions [][]float64) (*rowScores, error) {
	s := &rowScores{m: m, values: make([]float64, m.rows*m.groups)}
	for f := range m.folds {
		d := dense.Of(make([]float64, m.groups*m.dim), m.groups, m.dim)
		for g := range m.groups {
			row := d.Data[g*m.dim : (g+1)*m.dim]
			if v := directions[f*m.groups+g]; v != nil {
				copy(row, v)
			} else {
				floats.AddConst(math.NaN(), row)
			}
		}
		first, end := m.span(f)
		err := m.each(first, end, func(from, _ int, x []float64) {
			at := m.questions[from].first
			n := len(x) / m.dim
			dense.AddProduct(dense.Of(s.values[at*m.groups:], n, m.groups), 1, dense.Of(x, n, m.dim), d.T())
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// question is the mean score of question i's rows.
func (s *rowScores) question(i, g int) float64 {
	q := &s.m.questions[i]
	sum := 0.0
	for k := range q.n {
		sum += s.values[(q.first+k)*s.m.groups+g]
	}
	return sum / float64(q.n)
}

// at is the score of question i's row k after the concept, counted from its end
// where k is negative.
func (s *rowScores) at(k int) func(i, g int) float64 {
	return func(i, g int) float64 {
		q := &s.m.questions[i]
		r := k
		if k < 0 {
			r += q.n
		}
		return s.values[(q.first+r)*s.m.groups+g]
	}
}

// pooled is the test in which every row counts, whatever its place.
func (s *rowScores) pooled(y []bool) *trial {
	m := s.m
	t := &trial{folds: m.folds, groups: m.groups, blocks: make([][]item, m.folds*m.groups)}
	for i := range m.questions {
		q := &m.questions[i]
		for g := range m.groups {
			if !y[i] && g != m.group[q.concept] {
				continue
			}
			k := m.fold[q.template]*m.groups + g
			for r := range q.n {
				if v := s.values[(q.first+r)*m.groups+g]; !math.IsNaN(v) {
					t.blocks[k] = append(t.blocks[k], item{v, y[i], q.template, q.concept})
				}
			}
		}
	}
	return t.finish()
}

// whitener turns mean differences, the columns of a [D, labellings] matrix, into
// directions, in place.
type whitener func(x []float64, labellings int)

func plain([]float64, int) {}

// inverse multiplies by Σ⁻¹.
func inverse(c *dense.Cholesky) whitener { return c.Solve }

// along gives each column the direction v, its sign that of the column.
func along(v []float64) whitener {
	return func(x []float64, n int) {
		signs := make([]float64, n)
		for i, w := range v {
			floats.AddScaled(signs, w, x[i*n:(i+1)*n])
		}
		for j, s := range signs {
			signs[j] = 1
			if s < 0 {
				signs[j] = -1
			}
			if math.IsNaN(s) {
				signs[j] = s
			}
		}
		for i, w := range v {
			floats.ScaleTo(x[i*n:(i+1)*n], w, signs)
		}
	}
}

// span is the questions of a fold of templates.
func (d *design) span(fold int) (first, end int) {
	return d.cells[d.cell(fold, 0)][0], d.cells[d.cell(fold, d.groups)][1]
}

// differences are the mean differences of many labellings on block b's training
// rows, [D, labellings]; of one without rows of both classes: NaN. sums are those
// of the labellings.
func differences(m *matrix, sums []*classSums, b block) []float64 {
	n := len(sums)
	x := make([]float64, m.dim*n)
	for j, s := range sums {
		c := s.train(b)
		d := c.difference()
		if c.n1 == 0 || c.n0 == 0 {
			floats.AddConst(math.NaN(), d)
		}
		for i, v := range d {
			x[i*n+j] = v
		}
	}
	return x
}

// labelScores gives the questions of block b's fold their scores for each of many
// labellings, each along its own mean difference, of differences, through the
// whitener: [questions, labellings].
func labelScores(m *matrix, differences []float64, b block, w whitener) []float64 {
	n, x := len(differences)/m.dim, slices.Clone(differences)
	w(x, n)
	first, end := m.span(b.fold)
	scores := make([]float64, (end-first)*n)
	means := dense.Of(m.means[first*m.dim:end*m.dim], end-first, m.dim)
	dense.AddProduct(dense.Of(scores, end-first, n), 1, means, dense.Of(x, m.dim, n))
	return scores
}

// labelTrials tests labellings by the scores that labelScores gave for each block.
func labelTrials(m *matrix, labels []labelling, scores [][]float64) []*trial {
	trials := make([]*trial, len(labels))
	for j, y := range labels {
		trials[j] = m.newTrial(y, func(i, g int) float64 {
			f := m.fold[m.questions[i].template]
			first, _ := m.span(f)
			return scores[f*m.groups+g][(i-first)*len(labels)+j]
		})
	}
	return trials
}

// byMeans tests labellings along their mean differences alone.
func byMeans(m *matrix, labels []labelling, sums []*classSums) []*trial {
	blocks := m.design.blocks()
	scores := make([][]float64, len(blocks))
	for k, b := range blocks {
		scores[k] = labelScores(m, differences(m, sums, b), b, plain)
	}
	return labelTrials(m, labels, scores)
}
