package direction

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// cellSums are sums of z·zᵀ over the rows of each cell, z made of each row, so
// that those of any block's training rows are sums of cells.
type cellSums[T float32 | float64] struct {
	m     *matrix
	dim   int   // of z
	cells [][]T // upper triangles, row after row, dim(dim+1)/2; nil where the cell is empty
}

// moments are those of the rows themselves.
type moments = cellSums[float64]

func newMoments(m *matrix) (*moments, error) {
	return newCellSums[float64](m, m.dim, func(x []float64) []float64 { return x })
}

// columns is how many rows of the product are computed at once: less than D,
// so that little of the lower triangle is computed.
const columns = 192

// newCellSums sums up the rows that rows makes of rows x, [n, D]: [any number, dim].
func newCellSums[T float32 | float64](m *matrix, dim int, rows func(x []float64) []float64) (*cellSums[T], error) {
	s := &cellSums[T]{m: m, dim: dim, cells: make([][]T, len(m.design.cells))}
	full := make([]float64, dim*dim)
	for k, span := range m.design.cells {
		if span[0] == span[1] {
			continue
		}
		clear(full)
		err := m.each(span[0], span[1], func(_, _ int, x []float64) {
			if z := rows(x); len(z) > 0 {
				addGram(full, z, dim)
			}
		})
		if err != nil {
			return nil, err
		}
		packed := make([]T, 0, dim*(dim+1)/2)
		for i := range dim {
			for _, v := range full[i*dim+i : (i+1)*dim] {
				packed = append(packed, T(v))
			}
		}
		s.cells[k] = packed
	}
	return s, nil
}

// addGram adds xᵀ·x to the upper triangle of g, [D, D]; x is [n, D].
func addGram(g, x []float64, dim int) {
	n := len(x) / dim
	for i := 0; i < dim; i += columns {
		w := min(columns, dim-i)
		a := blas64.General{Rows: n, Cols: w, Stride: dim, Data: x[i:]}
		b := blas64.General{Rows: n, Cols: dim - i, Stride: dim, Data: x[i:]}
		c := blas64.General{Rows: w, Cols: dim - i, Stride: dim, Data: g[i*dim+i:]}
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, a, b, 1, c)
	}
}

// sum adds up the cells for which take is true.
func (s *cellSums[T]) sum(take func(fold, group int) bool) *mat.SymDense {
	d := s.dim
	g := mat.NewSymDense(d, nil)
	raw := g.RawSymmetric().Data
	for f := range s.m.folds {
		for k := range s.m.groups + 1 {
			packed := s.cells[s.m.cell(f, k)]
			if packed == nil || !take(f, k) {
				continue
			}
			for i := range d {
				row := raw[i*d+i : (i+1)*d]
				for j, v := range packed[:d-i] {
					row[j] += float64(v)
				}
				packed = packed[d-i:]
			}
		}
	}
	return g
}

// train sums the rows that block b is fitted on, the target's own rows and the
// controls'.
func (s *cellSums[T]) train(b block) *mat.SymDense {
	return s.sum(func(f, g int) bool { return f != b.fold && g != b.group })
}

// controls sums the controls' rows that block b is fitted on.
func (s *cellSums[T]) controls(b block) *mat.SymDense {
	return s.sum(func(f, g int) bool { return f != b.fold && g != b.group && g != s.m.groups })
}

// shared sums the rows of block b's training templates and of all concepts
// outside its group, the target's among them only if it is outside too.
func (s *cellSums[T]) shared(b block) *mat.SymDense {
	own := s.m.group[s.m.target]
	return s.sum(func(f, g int) bool {
		return f != b.fold && g != b.group && (g != s.m.groups || own != b.group)
	})
}

// subtract takes n·m·mᵀ from g.
func subtract(g *mat.SymDense, n float64, m []float64) {
	g.SymRankOne(g, -n, mat.NewVecDense(len(m), m))
}
