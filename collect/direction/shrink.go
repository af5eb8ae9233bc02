package direction

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction/internal/dense"
)

// traces gives tr S and the squared Frobenius norm of S = g/n.
func traces(g *mat.SymDense, n float64) (trace, square float64) {
	d := g.SymmetricDim()
	raw := g.RawSymmetric().Data
	for i := range d {
		row := raw[i*d+i : (i+1)*d]
		trace += row[0]
		square += 2*floats.Dot(row, row) - row[0]*row[0]
	}
	return trace / n, square / (n * n)
}

// ledoitWolf is the share a of the identity in (1-a)S + a·mu·I that Ledoit and
// Wolf 2004, "A well-conditioned estimator for large-dimensional covariance
// matrices", estimate to be best, and mu = tr S/D. S = g/n is the second moment
// of n rows z of mean 0; fourth = Σ |z|⁴.
//
//	beta  = (fourth/n - |S|²)/(D n)
//	delta = (|S|² - 2 mu tr S + D mu²)/D
//	a     = min(beta, delta)/delta
func ledoitWolf(g *mat.SymDense, n, fourth float64) (a, mu float64) {
	d := float64(g.SymmetricDim())
	trace, square := traces(g, n)
	mu = trace / d
	beta := (fourth/n - square) / (d * n)
	delta := (square - 2*mu*trace + d*mu*mu) / d
	if beta = min(beta, delta); beta <= 0 {
		return 0, mu
	}
	return beta / delta, mu
}

// bodnar is the share of S in alpha·S + (1-alpha)·mu·I, the optimal linear
// shrinkage of Bodnar, Gupta and Parolya 2014 (arXiv 1308.2608), and mu = tr S/D.
// S = g/n is a covariance of n rows.
//
//	alpha = 1 - (tr S)²/n / (|S|² - (tr S)²/D)
//
// With few rows it falls below 0, where S is no use: then it is 0.
func bodnar(g *mat.SymDense, n float64) (alpha, mu float64) {
	d := float64(g.SymmetricDim())
	trace, square := traces(g, n)
	if rest := square - trace*trace/d; rest > 0 {
		alpha = 1 - trace*trace/n/rest
	}
	return min(max(alpha, 0), 1), trace / d
}

var errSingular = errors.New("covariance: want a positive definite one, have rows that do not differ")

// blend turns g into a·g/n + b·I and factors it.
func blend(g *mat.SymDense, n, a, b float64) (*dense.Cholesky, error) {
	raw := g.RawSymmetric()
	floats.Scale(a/n, raw.Data)
	for i := range raw.N {
		raw.Data[i*raw.N+i] += b
	}
	return factor(g)
}

// factor factors g, which it spoils.
func factor(g *mat.SymDense) (*dense.Cholesky, error) {
	raw := g.RawSymmetric()
	c, ok := dense.Factor(raw.Data, raw.N)
	if !ok {
		return nil, errSingular
	}
	return c, nil
}

// fourths adds up |x - c|⁴ over the rows of x, [n, D].
func fourths(x, c []float64) float64 {
	d := len(c)
	n := len(x) / d
	dots := make([]float64, n)
	blas64.Gemv('N', 1, blas64.General{Rows: n, Cols: d, Stride: d, Data: x},
		blas64.Vector{N: d, Inc: 1, Data: c}, 0, blas64.Vector{N: n, Inc: 1, Data: dots})
	cc, sum := floats.Dot(c, c), 0.0
	for i := range n {
		row := x[i*d : (i+1)*d]
		square := floats.Dot(row, row) - 2*dots[i] + cc
		sum += square * square
	}
	return sum
}

// unit scales v to length 1; zero stays zero.
func unit(v []float64) []float64 {
	if n := floats.Norm(v, 2); n > 0 && !math.IsInf(n, 0) {
		floats.Scale(1/n, v)
	}
	return v
}
