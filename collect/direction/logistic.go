package direction

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// logit is a fitted logistic regression.
type logit struct {
	direction []float64 // w/s: what scores rows, [D]
	weights   []float64 // w, of standardised rows, [D]
	intercept float64
	scale     []float64 // s, [D]
	objective float64
	gradient  float64 // its largest |value| at the end
}

// logistic minimises, over the training rows of block b standardised to
// z = (x - mean)/s, s the population's standard deviation,
//
//	½|w|² + Σ log(1 + exp(-t (w·z + b))),  t = 1 for the target, else -1
//
// by L-BFGS until no value of the gradient is above tolerance. There are no
// class weights and b is not penalised (scikit-learn's LogisticRegression with
// C = 1). start is a fit nearby or nil; the minimum is the only one.
func logistic(m *matrix, t *classSums, b block, start *logit, tolerance float64) (*logit, error) {
	f, err := newLogitFit(m, t, b)
	if err != nil {
		return nil, err
	}
	x := make([]float64, m.dim+1)
	x[m.dim] = math.Log(f.n1 / f.n0)
	if start != nil {
		copy(x, floats.MulTo(make([]float64, m.dim), start.direction, f.scale))
		x[m.dim] = start.intercept
	}
	x, value, gradient, err := minimise(f.evaluate, x, tolerance, 1000)
	if err == nil {
		err = f.err
	}
	if err != nil {
		return nil, fmt.Errorf("logistic: %w", err)
	}
	l := &logit{weights: x[:m.dim], intercept: x[m.dim], scale: f.scale, objective: value, gradient: gradient}
	l.direction = floats.DivTo(make([]float64, m.dim), l.weights, f.scale)
	return l, nil
}

// logitFit is one problem.
type logitFit struct {
	m           *matrix
	b           block
	mean, scale []float64
	n1, n0      float64
	err         error // of reading rows
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
