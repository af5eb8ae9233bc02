package direction

import (
	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction/internal/dense"
)

// leace is the direction that least-squares concept erasure reads (Belrose and
// others 2023, arXiv 2306.03819): Σ⁻¹(m1 - m0), Σ the covariance of all training
// rows around their one mean, shrunk as in the authors' own package (Bodnar and
// others 2014). For one concept against the rest the eraser is
//
//	r(x) = x - (m1 - m0)·(dᵀ(x - mean)) / (dᵀ(m1 - m0))
//
// so what it takes away lies along the mean difference. The package's later
// bound on the trace of the covariance is left out. It returns the share of the
// identity too.
func leace(p *part) (d []float64, share float64, err error) {
	c := p.sums.train(p.b)
	n, mean := c.together()
	chol, share, err := total(p.train(), n, mean)
	if err != nil {
		return nil, share, err
	}
	d = c.difference()
	chol.SolveVector(d)
	return d, share, nil
}

// total factors the shrunk covariance of n rows with sum of x·xᵀ g and a mean.
func total(g *mat.SymDense, n float64, mean []float64) (*dense.Cholesky, float64, error) {
	subtract(g, n, mean)
	alpha, mu := bodnar(g, n)
	chol, err := blend(g, n, alpha, (1-alpha)*mu)
	return chol, 1 - alpha, err
}

// sharedLEACE factors one covariance for whatever concept plays the target in
// the block: that of all rows of training templates and concepts outside its
// group.
func sharedLEACE(p *part) (*dense.Cholesky, error) {
	mean := make([]float64, p.m.dim)
	n := p.m.meanOf(mean, func(q *question) bool { return p.m.trains(p.b, q, false) })
	chol, _, err := total(p.shared(), n, mean)
	return chol, err
}
