package direction

import (
	"math"
	"slices"

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
	curvature, err := newCellSums(l.m, l.m.dim+1, l.logit.bending(l.m.dim))
	if err != nil {
		return nil, err
	}
	var directions [][]float64
	for batch := range slices.Chunk(fits, l.hessiansAtOnce()) { // a fit does not depend on those beside it
		starts := make([][]float64, len(batch))
		err := parallel(l.partsAtOnce(), len(batch), func(i int) (err error) {
			starts[i] = batch[i].start(l.logit)
			batch[i].near, err = batch[i].foldHessian(curvature)
			return err
		})
		if err != nil {
			return nil, err
		}
		list, err := logistics(l.m, batch, starts, foldTolerance)
		if err != nil {
			return nil, err
		}
		for i, x := range list {
			directions = append(directions, x.direction)
			batch[i].near = nil
		}
	}
	return directions, nil
}

// hessiansAtOnce is how many factored Hessians fit into memory.
func (l *layer) hessiansAtOnce() int { return max(1, partMemory/(8*l.m.dim*l.m.dim)) }

// roundHessian is the Hessian at the end of the last round.
func (f *logitFit) roundHessian(p *part, last *logit) (*dense.Cholesky, error) {
	if last == nil {
		return f.flatHessian(p.train())
	}
	h, bending := mat.NewSymDense(p.m.dim+1, nil), last.bending(p.m.dim)
	err := p.m.each(0, len(p.m.questions), func(_, _ int, x []float64) {
		addGram(h.RawSymmetric().Data, bending(x), p.m.dim+1)
	})
	if err != nil {
		return nil, err
	}
	return f.hessian(h)
}

// foldHessian is the Hessian of a block's rows.
func (f *logitFit) foldHessian(c *cellSums) (*dense.Cholesky, error) {
	h := mat.NewSymDense(c.dim, nil)
	c.add(h, func(fold, group int) bool { return fold != f.b.fold && group != f.b.group })
	return f.hessian(h)
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

// bending gives what makes of rows x, [n, D], those whose sum of z·zᵀ is
// Σ p(1-p)·(x, 1)·(x, 1)ᵀ: how the objective bends where l is.
func (l *logit) bending(dim int) func(x []float64) []float64 {
	var z []float64
	return func(x []float64) []float64 {
		z = z[:0]
		for ; len(x) > 0; x = x[dim:] {
			row := x[:dim]
			_, p := softplus(dot(row, l.direction) + l.intercept)
			w := math.Sqrt(p * (1 - p))
			for _, v := range row {
				z = append(z, w*v)
			}
			z = append(z, w)
		}
		return z
	}
}

// hessian is the objective's Hessian, ZᵀWZ + I, W the p(1-p) of the training rows and
// Z with a column of ones for b. h is the sum that bending is for; it is spoilt.
func (f *logitFit) hessian(h *mat.SymDense) (*dense.Cholesky, error) {
	raw, n := h.RawSymmetric().Data, h.SymmetricDim()
	d := n - 1
	sums := make([]float64, d) // Σ p(1-p)·x
	for i := range sums {
		sums[i] = raw[i*n+d]
	}
	all := raw[d*n+d]
	for i := range d {
		row, s := raw[i*n:(i+1)*n], 1/f.scale[i]
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
