package direction

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction/internal/dense"
)

// Where logistic regression ends: the rounds of the fit on all rows, each of
// which begins with the Hessian at the end of the one before, the first with
// that at 0; and a fold's fit, which begins at the end of that, with the Hessian
// there of its own rows. It moves a fold's scores by less than one in ten thousand.
var wholeRounds = []float64{1, 1e-2, 1e-7}

const foldTolerance = 1e-4

// wholeLogistic fits logistic regression on all rows.
func wholeLogistic(p *part) (*logit, error) {
	fits, err := newLogitFits(p.m, p.sums, []block{whole})
	if err != nil {
		return nil, err
	}
	f := fits[0]
	var last *logit
	for _, tolerance := range wholeRounds {
		if f.near, err = f.roundHessian(p, last); err != nil {
			return nil, err
		}
		list, err := logistics(p.m, fits, [][]float64{f.start(last)}, tolerance)
		if err != nil {
			return nil, err
		}
		last = list[0]
	}
	return last, nil
}

// roundHessian is the Hessian at the end of the last round.
func (f *logitFit) roundHessian(p *part, last *logit) (*dense.Cholesky, error) {
	if last == nil {
		return f.flatHessian(p.train())
	}
	c, err := last.curvature(p.m)
	if err != nil {
		return nil, err
	}
	return f.hessian(c)
}

// foldLogistic fits all blocks, from the fit on all rows.
func (l *layer) foldLogistic(blocks []block) ([][]float64, error) {
	for _, b := range blocks {
		if c := l.sums.train(b); c.n1 == 0 || c.n0 == 0 {
			return nil, errOneClass
		}
	}
	fits, err := newLogitFits(l.m, l.sums, blocks)
	if err != nil {
		return nil, err
	}
	curvature, err := l.logit.curvature(l.m)
	if err != nil {
		return nil, err
	}
	starts := make([][]float64, len(fits))
	err = parallel(len(fits), func(i int) (err error) {
		starts[i] = fits[i].start(l.logit)
		fits[i].near, err = fits[i].hessian(curvature)
		return err
	})
	if err != nil {
		return nil, err
	}
	list, err := logistics(l.m, fits, starts, foldTolerance)
	if err != nil {
		return nil, err
	}
	directions := make([][]float64, len(list))
	for i, x := range list {
		directions[i] = x.direction
	}
	return directions, nil
}

// flatHessian is the objective's Hessian at w = 0: p(1-p)·ZᵀZ + I and, for b,
// p(1-p)·n, p the share of the target's rows. g is the sum of the rows' x·xᵀ.
func (f *logitFit) flatHessian(g *mat.SymDense) (*dense.Cholesky, error) {
	n := f.n1 + f.n0
	subtract(g, n, f.mean)
	raw := g.RawSymmetric()
	d := raw.N
	weight := f.n1 / n * f.n0 / n
	h := mat.NewSymDense(d+1, nil)
	for i := range d {
		for j := i; j < d; j++ {
			h.SetSym(i, j, raw.Data[i*d+j]*weight/(f.scale[i]*f.scale[j]))
		}
	}
	h.SetSym(d, d, weight*n)
	return penalised(h)
}

// curvature is Σ p(1-p)·x·xᵀ where l is, by cell, with a 1 at the end of each row x
// for the intercept.
func (l *logit) curvature(m *matrix) (*cellSums, error) {
	var z []float64
	return newCellSums(m, m.dim+1, func(x []float64) []float64 {
		z = z[:0]
		for ; len(x) > 0; x = x[m.dim:] {
			row := x[:m.dim]
			_, p := softplus(dot(row, l.direction) + l.intercept)
			w := math.Sqrt(p * (1 - p))
			for _, v := range row {
				z = append(z, w*v)
			}
			z = append(z, w)
		}
		return z
	})
}

// hessian is the objective's Hessian where the curvature was taken: ZᵀWZ + I, W
// the p(1-p) of the training rows, and Z with a column of ones for b.
func (f *logitFit) hessian(c *cellSums) (*dense.Cholesky, error) {
	h := mat.NewSymDense(c.dim, nil)
	c.add(h, func(fold, group int) bool { return fold != f.b.fold && group != f.b.group })
	raw, d := h.RawSymmetric().Data, c.dim-1
	sums := make([]float64, d) // Σ p(1-p)·x
	for i := range sums {
		sums[i] = raw[i*c.dim+d]
	}
	all := raw[d*c.dim+d]
	for i := range d {
		row, s := raw[i*c.dim:(i+1)*c.dim], 1/f.scale[i]
		for j := i; j < d; j++ {
			row[j] = (row[j] - f.mean[i]*(sums[j]-all*f.mean[j]) - sums[i]*f.mean[j]) * s / f.scale[j]
		}
		row[d] = (sums[i] - all*f.mean[i]) * s
	}
	return penalised(h)
}

// penalised adds the penalty's I, for all but b, and factors h.
func penalised(h *mat.SymDense) (*dense.Cholesky, error) {
	d := h.SymmetricDim() - 1
	for i := range d {
		h.SetSym(i, i, h.At(i, i)+1)
	}
	return factor(h)
}
