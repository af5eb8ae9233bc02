package quality

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Rank is over how many directions the variance of centred rows is spread. With
// the eigenvalues λ of their covariance and p = λ / Σλ:
//
//	Participation = (Σλ)² / Σλ²
//	Entropy       = exp(−Σ p ln p)
//
// The first is the participation ratio (Gao et al., A theory of multineuronal
// dimensionality, dynamics and measurement, 2017), the second the effective rank
// of Roy and Vetterli (2007) with shares of variance in place of singular
// values. Both are 1 for rows on a line and Most for a ball.
type Rank struct {
	Participation float64 `json:"participation"`
	Entropy       float64 `json:"entropy"`
	Most          int     `json:"most"` // the smaller of rows − 1 and D
}

// rank is exact. The eigenvalues are those of the smaller Gram matrix, X Xᵀ or
// Xᵀ X of the centred rows, which share all that are not 0.
func (s *scratch) rank(rows []int, mean []float64) Rank {
	r := Rank{Most: min(len(rows)-1, s.dim)}
	gram := s.gram(rows, mean)
	trace, square := 0.0, 0.0
	n := gram.SymmetricDim()
	for i := range n {
		trace += gram.At(i, i)
		for j := range n {
			square += gram.At(i, j) * gram.At(i, j)
		}
	}
	if square == 0 {
		return r // all rows equal: no variance
	}
	r.Participation = trace * trace / square
	var e mat.EigenSym
	if !e.Factorize(gram, false) {
		return r
	}
	entropy := 0.0
	for _, v := range e.Values(nil) {
		if p := v / trace; p > 0 { // rounding leaves some below 0
			entropy -= p * math.Log(p)
		}
	}
	r.Entropy = math.Exp(entropy)
	return r
}

// gramBlock is how many rows are centred at once.
const gramBlock = 256

// gram is X Xᵀ where there are fewer rows than coordinates, else Xᵀ X.
func (s *scratch) gram(rows []int, mean []float64) *mat.SymDense {
	centre := func(dst []float64, k int) {
		for d, v := range s.row(k) {
			dst[d] = float64(v) - mean[d]
		}
	}
	if n := len(rows); n <= s.dim {
		x := blas64.General{Rows: n, Cols: s.dim, Stride: s.dim, Data: make([]float64, n*s.dim)}
		for i, k := range rows {
			centre(x.Data[i*s.dim:(i+1)*s.dim], k)
		}
		g := mat.NewSymDense(n, nil)
		blas64.Syrk(blas.NoTrans, 1, x, 0, g.RawSymmetric())
		return g
	}
	g := mat.NewSymDense(s.dim, nil)
	block := make([]float64, gramBlock*s.dim)
	for from := 0; from < len(rows); from += gramBlock {
		part := rows[from:min(from+gramBlock, len(rows))]
		for i, k := range part {
			centre(block[i*s.dim:(i+1)*s.dim], k)
		}
		x := blas64.General{Rows: len(part), Cols: s.dim, Stride: s.dim, Data: block[:len(part)*s.dim]}
		blas64.Syrk(blas.Trans, 1, x, 1, g.RawSymmetric())
	}
	return g
}
