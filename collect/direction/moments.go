package direction

import (
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction/internal/dense"
)

// cellSums are sums of z·zᵀ over the rows of each cell, z made of each row, so
// that those of any block's training rows are sums of cells.
type cellSums struct {
	m     *matrix
	dim   int         // of z
	cells [][]float64 // upper triangles, row after row, dim(dim+1)/2; nil where the cell is empty
}

// newMoments sums up the rows themselves.
func newMoments(m *matrix) (*cellSums, error) {
	return newCellSums(m, m.dim, func(x []float64) []float64 { return x })
}

// newCellSums sums up the rows that rows makes of rows x, [n, D]: [n, dim].
func newCellSums(m *matrix, dim int, rows func(x []float64) []float64) (*cellSums, error) {
	s := &cellSums{m: m, dim: dim, cells: make([][]float64, len(m.design.cells))}
	full := make([]float64, dim*dim)
	for k, span := range m.design.cells {
		if span[0] == span[1] {
			continue
		}
		clear(full)
		err := m.each(span[0], span[1], func(_, _ int, x []float64) { addGram(full, rows(x), dim) })
		if err != nil {
			return nil, err
		}
		packed := make([]float64, 0, dim*(dim+1)/2)
		for i := range dim {
			packed = append(packed, full[i*dim+i:(i+1)*dim]...)
		}
		s.cells[k] = packed
	}
	return s, nil
}

// addGram adds xᵀ·x to the upper triangle of g, [D, D]; x is [n, D].
func addGram(g, x []float64, dim int) {
	rows := dense.Of(x, len(x)/dim, dim)
	dense.AddUpper(dense.Of(g, dim, dim), 1, rows.T(), rows)
}

// add adds the cells for which take is true to g.
func (s *cellSums) add(g *mat.SymDense, take func(fold, group int) bool) {
	d, raw := s.dim, g.RawSymmetric().Data
	for f := range s.m.folds {
		for k := range s.m.groups + 1 {
			packed := s.cells[s.m.cell(f, k)]
			if packed == nil || !take(f, k) {
				continue
			}
			for i := range d {
				addTo(raw[i*d+i:(i+1)*d], packed[:d-i])
				packed = packed[d-i:]
			}
		}
	}
}

func addTo(dst, x []float64) {
	n := len(x)
	blas64.Axpy(1, blas64.Vector{N: n, Inc: 1, Data: x}, blas64.Vector{N: n, Inc: 1, Data: dst})
}

// subtract takes n·m·mᵀ from g.
func subtract(g *mat.SymDense, n float64, m []float64) {
	g.SymRankOne(g, -n, mat.NewVecDense(len(m), m))
}

// subtractAll takes Σ n·m·mᵀ from g; means are [len(n), D].
func subtractAll(g *mat.SymDense, n []float64, means []float64) {
	d := g.SymmetricDim()
	scaled := make([]float64, len(means))
	for i, v := range n {
		floats.ScaleTo(scaled[i*d:(i+1)*d], v, means[i*d:(i+1)*d])
	}
	dense.AddUpper(dense.Of(g.RawSymmetric().Data, d, d), -1, dense.Of(scaled, len(n), d).T(), dense.Of(means, len(n), d))
}

// part is a block with what its methods share.
type part struct {
	*layer
	b block

	// The sums of x·xᵀ of the training rows: the controls', and all. nil where no
	// method needs them.
	controls, all *mat.SymDense
	pairs         *pairSums
}

// newPart gathers what methods share on block b.
func (l *layer) newPart(b block) *part {
	p := &part{layer: l, b: b}
	s := l.moments
	if s == nil {
		return p
	}
	p.controls = mat.NewSymDense(s.m.dim, nil)
	s.add(p.controls, func(f, g int) bool { return f != b.fold && g != b.group && g != s.m.groups })
	p.all = copied(p.controls)
	s.add(p.all, func(f, g int) bool { return f != b.fold && g == s.m.groups })
	return p
}

func copied(g *mat.SymDense) *mat.SymDense {
	c := mat.NewSymDense(g.SymmetricDim(), nil)
	copy(c.RawSymmetric().Data, g.RawSymmetric().Data)
	return c
}

// train sums the rows that the block is fitted on, the target's own rows and the
// controls'. It is a copy.
func (p *part) train() *mat.SymDense { return copied(p.all) }

// shared sums the rows of the block's training templates and of all concepts
// outside its group, the target's among them only if it is outside too. It is a
// copy.
func (p *part) shared() *mat.SymDense {
	if p.m.group[p.m.target] == p.b.group {
		return copied(p.controls)
	}
	return copied(p.all)
}
