package direction

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
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
func leace(s *moments, t *classSums, b block) (d []float64, share float64, err error) {
	c := t.train(b)
	n, mean := c.n1+c.n0, make([]float64, len(c.m1))
	floats.AddScaled(mean, c.n1/n, c.m1)
	floats.AddScaled(mean, c.n0/n, c.m0)
	chol, share, err := total(s.train(b), n, mean)
	if err != nil {
		return nil, share, err
	}
	d, err = solve(chol, c.difference())
	return d, share, err
}

// total factors the shrunk covariance of n rows with sum of x·xᵀ g and a mean.
func total(g *mat.SymDense, n float64, mean []float64) (*mat.Cholesky, float64, error) {
	subtract(g, n, mean)
	alpha, mu := bodnar(g, n)
	chol, err := blend(g, n, alpha, (1-alpha)*mu)
	return chol, 1 - alpha, err
}

// sharedLEACE factors one covariance for whatever concept plays the target in
// block b: that of all rows of training templates and concepts outside its
// group.
func sharedLEACE(s *moments, b block) (*mat.Cholesky, error) {
	mean := make([]float64, s.m.dim)
	n := s.m.meanOf(mean, func(q *question) bool { return s.m.trains(b, q, false) })
	chol, _, err := total(s.shared(b), n, mean)
	return chol, err
}
