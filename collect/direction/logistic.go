package direction

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// logit is a fitted logistic regression.
type logit struct {
	direction []float64 // w/s: what scores rows, [D]
	weights   []float64 // w, of standardised rows, [D]
	standard  float64   // b
	intercept float64   // of rows as they are: b - direction·mean
	mean      []float64 // of the training rows, [D]
	scale     []float64 // s, [D]
	objective float64
	gradient  float64 // its largest |value| at the end
}

// logistic minimises, over the training rows of block b standardised to
// z = (x - mean)/s, s the population's standard deviation,
//
//	½|w|² + Σ log(1 + exp(-t (w·z + b))),  t = 1 for the target, else -1
//
// by L-BFGS. There are no class weights and b is not penalised (scikit-learn's
// LogisticRegression with C = 1). The minimum is the only one, whatever start, a
// fit nearby or nil, is.
//
// The steps are taken in v = Lᵀ(w, b), L·Lᵀ a Hessian nearby, [D+1, D+1], where
// the problem is nearly round. They end when no value of the gradient there is
// above tolerance; w is then at most √D·tolerance from the minimum, as the
// Hessian is at least I in w.
func logistic(m *matrix, t *classSums, b block, start *logit, round *mat.Cholesky, tolerance float64) (*logit, error) {
	f, err := newLogitFit(m, t, b)
	if err != nil {
		return nil, err
	}
	f.lower = new(mat.TriDense)
	round.LTo(f.lower)
	w := make([]float64, m.dim+1)
	w[m.dim] = math.Log(f.n1 / f.n0)
	if start != nil {
		copy(w, floats.MulTo(make([]float64, m.dim), start.direction, f.scale))
		w[m.dim] = start.intercept + dot(start.direction, f.mean)
	}
	blas64.Trmv(blas.Trans, f.lower.RawTriangular(), blas64.Vector{N: m.dim + 1, Inc: 1, Data: w})
	v, value, gradient, err := minimise(f.rounded, w, tolerance, 1000)
	if err == nil {
		err = f.err
	}
	if err != nil {
		return nil, fmt.Errorf("logistic: %w", err)
	}
	f.turn(blas.Trans, v)
	l := &logit{weights: v[:m.dim], intercept: v[m.dim], mean: f.mean, scale: f.scale, objective: value, gradient: gradient}
	l.direction = floats.DivTo(make([]float64, m.dim), l.weights, f.scale)
	l.intercept -= dot(l.direction, f.mean) // of rows as they are
	l.standard = v[m.dim]
	return l, nil
}

// flatHessian is the objective's Hessian at w = 0, over all rows: p(1-p)·ZᵀZ + I
// and, for b, p(1-p)·n, p the share of the target's rows. g is the sum of their
// x·xᵀ.
func flatHessian(g *mat.SymDense, c classes) (*mat.Cholesky, error) {
	n := c.n1 + c.n0
	mean := make([]float64, len(c.m1))
	floats.AddScaled(mean, c.n1/n, c.m1)
	floats.AddScaled(mean, c.n0/n, c.m0)
	subtract(g, n, mean)
	raw := g.RawSymmetric()
	d := raw.N
	scale := make([]float64, d)
	for i := range d {
		if scale[i] = math.Sqrt(raw.Data[i*d+i] / n); !(scale[i] > 0) {
			scale[i] = 1
		}
	}
	weight := c.n1 / n * c.n0 / n
	h := mat.NewSymDense(d+1, nil)
	for i := range d {
		for j := i; j < d; j++ {
			h.SetSym(i, j, raw.Data[i*d+j]*weight/(scale[i]*scale[j]))
		}
	}
	h.SetSym(d, d, weight*n)
	return penalised(h)
}

// curvature is the Hessian at a fit to all rows, less the penalty: ZᵀWZ, by
// cell, W = p(1-p) of each row and Z with a column of ones for the intercept. It
// only has to be near what a fit meets: rows that are certain are left out, and
// float32 is enough.
type curvature = cellSums[float32]

func (l *logit) curvature(m *matrix) (*curvature, error) {
	var z []float64
	return newCellSums[float32](m, m.dim+1, func(x []float64) []float64 {
		z = z[:0]
		for ; len(x) > 0; x = x[m.dim:] {
			row := x[:m.dim]
			_, p := softplus(dot(row, l.direction) + l.intercept)
			if p*(1-p) < certain {
				continue
			}
			w := math.Sqrt(p * (1 - p))
			for j, v := range row {
				z = append(z, w*(v-l.mean[j])/l.scale[j])
			}
			z = append(z, w)
		}
		return z
	})
}

// certain bounds p(1-p) of a row whose label hardly bends the objective.
const certain = 1e-3

// penalised adds the penalty's I, for all but b, and factors h.
func penalised(h *mat.SymDense) (*mat.Cholesky, error) {
	d := h.SymmetricDim() - 1
	for i := range d {
		h.SetSym(i, i, h.At(i, i)+1)
	}
	var c mat.Cholesky
	if !c.Factorize(h) {
		return nil, errSingular
	}
	return &c, nil
}

// logitFit is one problem.
type logitFit struct {
	m           *matrix
	b           block
	mean, scale []float64
	n1, n0      float64
	lower       *mat.TriDense // L
	w           []float64     // of rounded
	err         error         // of reading rows
}

func newLogitFit(m *matrix, t *classSums, b block) (*logitFit, error) {
	c := t.train(b)
	n := c.n1 + c.n0
	f := &logitFit{m: m, b: b, mean: make([]float64, m.dim), scale: make([]float64, m.dim), n1: c.n1, n0: c.n0}
	floats.AddScaled(f.mean, c.n1/n, c.m1)
	floats.AddScaled(f.mean, c.n0/n, c.m0)
	err := m.eachTraining(b, func(_ *question, x []float64) {
		for ; len(x) > 0; x = x[m.dim:] {
			for j, v := range x[:m.dim] {
				v -= f.mean[j]
				f.scale[j] += v * v
			}
		}
	})
	for j, v := range f.scale {
		if f.scale[j] = math.Sqrt(v / n); f.scale[j] == 0 {
			f.scale[j] = 1
		}
	}
	return f, err
}

// turn multiplies x by L⁻¹, or by L⁻ᵀ.
func (f *logitFit) turn(t blas.Transpose, x []float64) {
	blas64.Trsv(t, f.lower.RawTriangular(), blas64.Vector{N: f.m.dim + 1, Inc: 1, Data: x})
}

// rounded is evaluate in v = Lᵀw.
func (f *logitFit) rounded(v, gradient []float64) float64 {
	f.w = append(f.w[:0], v...)
	f.turn(blas.Trans, f.w)
	value := f.evaluate(f.w, gradient)
	f.turn(blas.NoTrans, gradient)
	return value
}

// evaluate gives the objective and its gradient at w, b. Rows are used as they
// are: w·z = (w/s)·x - (w/s)·mean.
func (f *logitFit) evaluate(x, gradient []float64) float64 {
	d := f.m.dim
	w, g := x[:d], gradient[:d]
	u := blas64.Vector{N: d, Inc: 1, Data: floats.DivTo(make([]float64, d), w, f.scale)}
	shift := x[d] - floats.Dot(u.Data, f.mean)
	clear(gradient)
	value, sum := 0.5*floats.Dot(w, w), 0.0
	gv := blas64.Vector{N: d, Inc: 1, Data: g}
	var scores []float64
	err := f.m.eachTraining(f.b, func(q *question, rows []float64) {
		a := blas64.General{Rows: len(rows) / d, Cols: d, Stride: d, Data: rows}
		scores = append(scores[:0], make([]float64, a.Rows)...)
		s := blas64.Vector{N: a.Rows, Inc: 1, Data: scores}
		blas64.Gemv('N', 1, a, u, 0, s)
		t := -1.0
		if q.concept == f.m.target {
			t = 1
		}
		for i, v := range scores {
			loss, slope := softplus(-t * (v + shift))
			value += loss
			scores[i] = -t * slope
			sum += scores[i]
		}
		blas64.Gemv('T', 1, a, s, 1, gv)
	})
	if err != nil {
		f.err = err
	}
	floats.AddScaled(g, -sum, f.mean)
	floats.Div(g, f.scale)
	floats.Add(g, w)
	gradient[d] = sum
	return value
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

// minimise runs L-BFGS on a function that gives value and gradient.
func minimise(f func(x, gradient []float64) float64, x []float64, tolerance float64, steps int) (at []float64, value, gradient float64, err error) {
	last, g := make([]float64, len(x)), make([]float64, len(x))
	last[0] = math.NaN()
	at1 := func(x []float64) { // once for value and gradient of one point
		if !floats.Equal(last, x) {
			value = f(x, g)
			copy(last, x)
		}
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { at1(x); return value },
		Grad: func(grad, x []float64) { at1(x); copy(grad, g) },
	}
	settings := &optimize.Settings{GradientThreshold: tolerance, MajorIterations: steps, Converger: optimize.NeverTerminate{}, Concurrent: 1}
	result, err := optimize.Minimize(problem, x, settings, &optimize.LBFGS{Store: 12})
	if result == nil {
		return nil, 0, 0, err
	}
	// The line search gives up where rounding hides what is left to gain.
	value = f(result.X, g)
	gradient = floats.Norm(g, math.Inf(1))
	if gradient > tolerance && gradient > 1e-3 && steps >= 1000 {
		return nil, 0, 0, errors.Join(fmt.Errorf("gradient: want at most %g, have %g", tolerance, gradient), err)
	}
	return result.X, value, gradient, nil
}
