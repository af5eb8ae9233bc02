package direction

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"premlp/collect/direction/internal/dense"
)

// logit is a fitted logistic regression.
type logit struct {
	direction []float64 // w/s: what scores rows, [D]
	weights   []float64 // w, of standardised rows, [D]
	standard  float64   // b
	intercept float64   // of rows as they are: b - direction·mean
	objective float64
	gradient  float64 // √(gᵀH⁻¹g) at the end, H a Hessian nearby
}

// logitFit is the problem of one block: to minimise, over its training rows
// standardised to z = (x - mean)/s, s the population's standard deviation,
//
//	½|w|² + Σ log(1 + exp(-t (w·z + b))),  t = 1 for the target, else -1.
//
// There are no class weights and b is not penalised (scikit-learn's
// LogisticRegression with C = 1). The minimum is the only one, whatever the start.
type logitFit struct {
	b           block
	mean, scale []float64
	n1, n0      float64
	near        *dense.Cholesky // a Hessian of (w, b) nearby, [D+1, D+1]
}

// logistics fits blocks together, by descent from starts, (w, b) each, with the
// Hessians nearby. A fit ends where √(gᵀH⁻¹g) is at most tolerance: w is then at
// most about as far from the minimum, as the Hessian is at least I in w.
func logistics(m *matrix, fits []*logitFit, starts [][]float64, tolerance float64) ([]*logit, error) {
	d := descent{tolerance: tolerance, steps: 1000}
	d.round = func(i int, g []float64) { fits[i].near.SolveVector(g) }
	d.evaluate = func(active []int, paths []*path) error { return evaluate(m, fits, active, paths) }
	paths, err := d.run(starts)
	if err != nil {
		return nil, err
	}
	list := make([]*logit, len(fits))
	for i, p := range paths {
		// Backtracking gives up where rounding hides what is left to gain.
		if p.rest > tolerance && p.rest > 1e-3 {
			return nil, fmt.Errorf("logistic: gradient: want at most %g, have %g", tolerance, p.rest)
		}
		f := fits[i]
		l := &logit{weights: p.at[:m.dim], standard: p.at[m.dim], objective: p.value, gradient: p.rest}
		l.direction = floats.DivTo(make([]float64, m.dim), l.weights, f.scale)
		l.intercept = l.standard - dot(l.direction, f.mean)
		list[i] = l
	}
	return list, nil
}

// start is the fit's (w, b) that scores rows as l does; without one, nothing is
// known of a row but how many there are of its class.
func (f *logitFit) start(l *logit) []float64 {
	d := len(f.mean)
	x := make([]float64, d+1)
	if l == nil {
		x[d] = math.Log(f.n1 / f.n0)
		return x
	}
	floats.MulTo(x[:d], l.direction, f.scale)
	x[d] = l.intercept + dot(l.direction, f.mean)
	return x
}

// newLogitFits gives each block's problem its mean and scale.
func newLogitFits(m *matrix, sums *classSums, blocks []block) ([]*logitFit, error) {
	squares := vectors(len(m.cells), m.dim) // per cell, of values
	for k, span := range m.cells {
		err := m.each(span[0], span[1], func(_, _ int, x []float64) {
			for ; len(x) > 0; x = x[m.dim:] {
				for j, v := range x[:m.dim] {
					squares[k][j] += v * v
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	var fits []*logitFit
	for _, b := range blocks {
		c := sums.train(b)
		n, mean := c.together()
		f := &logitFit{b: b, mean: mean, scale: make([]float64, m.dim), n1: c.n1, n0: c.n0}
		for k := range m.cells {
			if m.cellTrains(b, k) {
				floats.Add(f.scale, squares[k])
			}
		}
		for j, v := range f.scale {
			if f.scale[j] = math.Sqrt(max(0, v/n-mean[j]*mean[j])); f.scale[j] == 0 {
				f.scale[j] = 1
			}
		}
		fits = append(fits, f)
	}
	return fits, nil
}

// cellTrains says whether block b is fitted on a cell's rows.
func (d *design) cellTrains(b block, cell int) bool {
	f, g := cell/(d.groups+1), cell%(d.groups+1)
	return f != b.fold && g != b.group
}

// evaluate gives the objectives of active fits and their gradients. Rows are used
// as they are: w·z = (w/s)·x - (w/s)·mean.
func evaluate(m *matrix, fits []*logitFit, active []int, paths []*path) error {
	d, n := m.dim, len(active)
	u, g := dense.Of(make([]float64, n*d), n, d), dense.Of(make([]float64, n*d), n, d)
	shift, sums := make([]float64, n), make([]float64, n)
	for k, i := range active {
		p, f := paths[i], fits[i]
		row := floats.DivTo(u.Data[k*d:(k+1)*d], p.trial[:d], f.scale)
		shift[k] = p.trial[d] - floats.Dot(row, f.mean)
		p.tried = 0.5 * floats.Dot(p.trial[:d], p.trial[:d])
	}
	scorer := dense.Pack(u.T())
	var scores []float64
	for cell, span := range m.cells {
		t := -1.0
		if cell%(m.groups+1) == m.groups {
			t = 1
		}
		err := m.each(span[0], span[1], func(_, _ int, x []float64) {
			rows := dense.Of(x, len(x)/d, d)
			scores = append(scores[:0], make([]float64, rows.Rows*n)...)
			s := dense.Of(scores, rows.Rows, n)
			scorer.AddTo(s, rows)
			for k, i := range active {
				trains, value := m.cellTrains(fits[i].b, cell), 0.0
				for r := k; r < len(scores); r += n {
					if !trains {
						scores[r] = 0
						continue
					}
					loss, slope := softplus(-t * (scores[r] + shift[k]))
					value += loss
					scores[r] = -t * slope
					sums[k] += scores[r]
				}
				paths[i].tried += value
			}
			dense.AddProduct(g, 1, s.T(), rows)
		})
		if err != nil {
			return err
		}
	}
	for k, i := range active {
		p, f := paths[i], fits[i]
		row := g.Data[k*d : (k+1)*d]
		floats.AddScaled(row, -sums[k], f.mean)
		floats.Div(row, f.scale)
		floats.AddTo(p.slope[:d], row, p.trial[:d])
		p.slope[d] = sums[k]
	}
	return nil
}

// softplus is log(1 + eˣ) and its slope 1/(1 + e⁻ˣ).
func softplus(x float64) (value, slope float64) {
	if x > 0 {
		e := math.Exp(-x)
		return x + math.Log1p(e), 1 / (1 + e)
	}
	e := math.Exp(x)
	return math.Log1p(e), e / (1 + e)
}
