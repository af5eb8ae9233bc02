package direction

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
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
		d := blas64.General{Rows: m.groups, Cols: m.dim, Stride: m.dim, Data: make([]float64, m.groups*m.dim)}
		for g := range m.groups {
			row := d.Data[g*m.dim : (g+1)*m.dim]
			if v := directions[f*m.groups+g]; v != nil {
				copy(row, v)
			} else {
				floats.AddConst(math.NaN(), row)
			}
		}
		first, end := m.cells[m.cell(f, 0)][0], m.cells[m.cell(f, m.groups)][1]
		err := m.each(first, end, func(from, _ int, x []float64) {
			at := m.questions[from].first
			a := blas64.General{Rows: len(x) / m.dim, Cols: m.dim, Stride: m.dim, Data: x}
			c := blas64.General{Rows: a.Rows, Cols: m.groups, Stride: m.groups, Data: s.values[at*m.groups:]}
			blas64.Gemm(blas.NoTrans, blas.Trans, 1, a, d, 0, c)
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
// directions.
type whitener func(*mat.Dense) error

func plain(*mat.Dense) error { return nil }

// inverse multiplies by Σ⁻¹.
func inverse(c *mat.Cholesky) whitener {
	return func(x *mat.Dense) error {
		err := c.SolveTo(x, x)
		if _, poor := err.(mat.Condition); poor {
			return nil
		}
		return err
	}
}

// along gives each column the direction v, its sign that of the column.
func along(v []float64) whitener {
	return func(x *mat.Dense) error {
		n, k := x.Dims()
		for j := range k {
			sign := 1.0
			s := 0.0
			for i := range n {
				s += v[i] * x.At(i, j)
			}
			if s < 0 {
				sign = -1
			}
			for i := range n {
				x.Set(i, j, sign*v[i])
			}
		}
		return nil
	}
}

// many tests many labellings at once, each along its own mean differences
// through the whitener that whiten makes for a block. sums are those of the
// labellings.
func many(m *matrix, labels []labelling, sums []*classSums, whiten func(block) (whitener, error)) ([]*trial, error) {
	blocks := m.design.blocks()
	scores := make([][]float64, len(blocks)) // per block: [questions of the fold, labellings]
	first := make([]int, m.folds)
	for f := range m.folds {
		first[f] = m.cells[m.cell(f, 0)][0]
	}
	err := parallel(len(blocks), func(k int) error {
		b := blocks[k]
		w, err := whiten(b)
		if err != nil {
			return err
		}
		x := mat.NewDense(m.dim, len(labels), nil)
		for j, s := range sums {
			c := s.train(b)
			d := c.difference()
			if c.n1 == 0 || c.n0 == 0 {
				floats.AddConst(math.NaN(), d)
			}
			x.SetCol(j, d)
		}
		if err := w(x); err != nil {
			return err
		}
		end := m.cells[m.cell(b.fold, m.groups)][1]
		n := end - first[b.fold]
		if n == 0 {
			return nil
		}
		means := mat.NewDense(n, m.dim, m.means[first[b.fold]*m.dim:end*m.dim])
		var p mat.Dense
		p.Mul(means, x)
		scores[k] = p.RawMatrix().Data
		return nil
	})
	if err != nil {
		return nil, err
	}
	trials := make([]*trial, len(labels))
	for j, y := range labels {
		trials[j] = m.newTrial(y, func(i, g int) float64 {
			f := m.fold[m.questions[i].template]
			s := scores[f*m.groups+g]
			if s == nil {
				return math.NaN()
			}
			return s[(i-first[f])*len(labels)+j]
		})
	}
	return trials, nil
}
