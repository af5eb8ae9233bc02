package direction

import (
	"errors"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction/internal/dense"
)

// pcaPairs is the first principal component of the differences target less
// control, not centred (Zou and others 2023, arXiv 2310.01405): centring would
// take away the mean difference that is looked for. [D], length 1, its sign not
// fixed. share is its part of the sum of squares; start holds vectors near the
// components, or nil.
func pcaPairs(p *pairSums, start []float64) (pca, error) { return leading(p.gram, start) }

// pcaCentred is the same with the mean difference taken away: how the
// differences vary, and so a baseline of pcaPairs.
func pcaCentred(p *pairSums, start []float64) (pca, error) {
	g := mat.NewSymDense(p.gram.SymmetricDim(), nil)
	g.CopySym(p.gram)
	subtract(g, p.n, p.mean)
	return leading(g, start)
}

// pcaRows is the first principal component of all training rows around their
// mean, which knows nothing of labels. g is the sum of their x·xᵀ.
func pcaRows(g *mat.SymDense, n float64, mean, start []float64) (pca, error) {
	subtract(g, n, mean)
	return leading(g, start)
}

// pca is the leading part of a spectrum.
type pca struct {
	first []float64 // the first component, [D], length 1
	share float64   // of the sum of squares
	basis []float64 // the leading components, [wide, D]: a start for a matrix nearby
}

// The subspace that leading iterates on, and when it stops: the residual
// |G v - λ v| ≤ pcaTolerance·λ, which the first steps of a start nearby reach.
const (
	pcaWide      = 6
	pcaTolerance = 1e-8
	pcaSteps     = 3000
)

var errNoComponent = errors.New("principal component: want one that stands out, have the first two of equal size")

// leading finds the first eigenvector of g, positive semidefinite, [D, D], by
// subspace iteration with Rayleigh-Ritz (Saad 2011, "Numerical methods for large
// eigenvalue problems", algorithm 5.3).
func leading(g *mat.SymDense, start []float64) (pca, error) {
	d := g.SymmetricDim()
	wide := min(pcaWide, d)
	trace, _ := traces(g, 1)
	if !(trace > 0) {
		return pca{}, errors.New("principal component: want rows that differ, have none")
	}
	v := blas64.General{Rows: wide, Cols: d, Stride: d, Data: append([]float64(nil), start...)}
	if start == nil {
		r := rand.New(rand.NewPCG(1, 2))
		for range wide * d {
			v.Data = append(v.Data, r.NormFloat64())
		}
	}
	w := blas64.General{Rows: wide, Cols: d, Stride: d, Data: make([]float64, wide*d)}
	full := dense.Pack(mirrored(g))
	for range pcaSteps {
		orthonormal(v)
		clear(w.Data)
		full.AddTo(dense.Of(w.Data, wide, d), dense.Of(v.Data, wide, d)) // w = v·G
		value, residual := ritz(v, w)
		if residual <= pcaTolerance*value {
			return pca{first: append([]float64(nil), v.Data[:d]...), share: value / trace, basis: v.Data}, nil
		}
		v, w = w, v
	}
	return pca{}, errNoComponent
}

// mirrored fills in the lower triangle of g.
func mirrored(g *mat.SymDense) dense.View {
	raw := g.RawSymmetric()
	d, x := raw.N, raw.Data
	const tile = 16 // rows and columns at once, for the caches
	for i := 0; i < d; i += tile {
		for j := 0; j <= i; j += tile {
			for r := i; r < min(i+tile, d); r++ {
				for c := j; c < min(j+tile, r); c++ {
					x[r*d+c] = x[c*d+r]
				}
			}
		}
	}
	return dense.Of(x, d, d)
}

// orthonormal makes the rows of v orthonormal (Gram-Schmidt, twice).
func orthonormal(v blas64.General) {
	row := func(i int) []float64 { return v.Data[i*v.Stride : i*v.Stride+v.Cols] }
	for i := range v.Rows {
		for range 2 {
			for j := range i {
				floats.AddScaled(row(i), -floats.Dot(row(i), row(j)), row(j))
			}
			unit(row(i))
		}
	}
}

// ritz turns the rows of v, and w = v·G with them, so that v·G·vᵀ is diagonal,
// the largest value first. It gives that value and the residual of its row.
func ritz(v, w blas64.General) (value, residual float64) {
	k := v.Rows
	small := blas64.General{Rows: k, Cols: k, Stride: k, Data: make([]float64, k*k)}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, v, w, 0, small)
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(k, small.Data), true) {
		return 0, 1
	}
	var q mat.Dense
	e.VectorsTo(&q) // columns, values ascending
	turn := blas64.General{Rows: k, Cols: k, Stride: k, Data: make([]float64, k*k)}
	for i := range k {
		for j := range k {
			turn.Data[i*k+j] = q.At(j, k-1-i)
		}
	}
	for _, x := range []blas64.General{v, w} {
		y := blas64.General{Rows: k, Cols: x.Cols, Stride: x.Cols, Data: make([]float64, k*x.Cols)}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, turn, x, 0, y)
		copy(x.Data, y.Data)
	}
	value = e.Values(nil)[k-1]
	rest := append([]float64(nil), w.Data[:w.Cols]...)
	floats.AddScaled(rest, -value, v.Data[:v.Cols])
	return value, floats.Norm(rest, 2)
}
