package direction

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// How CCS is fitted: the best of ccsStarts, the penalty in the place of the
// authors' weight decay, and their limit on steps.
const (
	ccsStarts  = 10
	ccsPenalty = 0.01
	ccsSteps   = 60
)

// ccs is contrast-consistent search (Burns and others 2022, arXiv 2212.03827) on
// pairs of a target's row x⁺ and a control's x⁻ of one template and place, one
// control drawn for each row of the target. Each side loses its own mean and
// both are divided by one scale; with p = 1/(1 + exp(-(w·x + b))) it minimises
//
//	mean((p⁺ + p⁻ - 1)² + min(p⁺, p⁻)²) + ½·ccsPenalty·|w|²
//
// from ccsStarts random starts and returns w of the best, [D]. It sees pairs but
// not which side is which: the sign is fixed afterwards.
func ccs(m *matrix, b block, seed uint64) ([]float64, error) {
	plus, minus, err := contrasts(m, b, seed)
	if err != nil {
		return nil, err
	}
	n := len(plus) / m.dim
	if n < 2 {
		return nil, errors.New("ccs: want at least 2 pairs of one template and place, have fewer")
	}
	normalise(plus, minus, m.dim)
	r := rand.New(rand.NewPCG(seed, 3))
	var best []float64
	lowest := math.Inf(1)
	for range ccsStarts {
		start := make([]float64, m.dim+1)
		for j := range m.dim {
			start[j] = r.NormFloat64()
		}
		unit(start)
		x, value, _, err := minimise(func(x, g []float64) float64 { return ccsLoss(plus, minus, x, g) }, start, 1e-5, ccsSteps)
		if err == nil && value < lowest {
			best, lowest = x[:m.dim], value
		}
	}
	if best == nil {
		return nil, errors.New("ccs: no start came to an end")
	}
	return best, nil
}

// contrasts draws the pairs of block b's training rows: [n, D] and [n, D].
func contrasts(m *matrix, b block, seed uint64) (plus, minus []float64, err error) {
	controls := map[int][]int{} // per template
	for i := range m.questions {
		if q := &m.questions[i]; q.concept != m.target && m.trains(b, q, false) {
			controls[q.template] = append(controls[q.template], i)
		}
	}
	for i := range m.questions {
		q := &m.questions[i]
		if q.concept != m.target || !m.trains(b, q, true) || len(controls[q.template]) == 0 {
			continue
		}
		r := rand.New(rand.NewPCG(seed, 4+uint64(q.index)))
		var own []float64
		if err := m.each(i, i+1, func(_, _ int, x []float64) { own = append(own, x...) }); err != nil {
			return nil, nil, err
		}
		for k := range q.n {
			c := controls[q.template][r.IntN(len(controls[q.template]))]
			if k >= m.questions[c].n {
				continue
			}
			plus = append(plus, own[k*m.dim:(k+1)*m.dim]...)
			err := m.each(c, c+1, func(_, _ int, x []float64) { minus = append(minus, x[k*m.dim:(k+1)*m.dim]...) })
			if err != nil {
				return nil, nil, err
			}
		}
	}
	return plus, minus, nil
}

// normalise takes each side's mean away and scales both so that the mean square
// of their values is 1.
func normalise(plus, minus []float64, dim int) {
	square := 0.0
	for _, x := range [][]float64{plus, minus} {
		mean := make([]float64, dim)
		for i := 0; i < len(x); i += dim {
			floats.Add(mean, x[i:i+dim])
		}
		floats.Scale(float64(dim)/float64(len(x)), mean)
		for i := 0; i < len(x); i += dim {
			floats.Sub(x[i:i+dim], mean)
		}
		square += floats.Dot(x, x)
	}
	if square > 0 {
		scale := 1 / math.Sqrt(square/float64(2*len(plus)))
		floats.Scale(scale, plus)
		floats.Scale(scale, minus)
	}
}

// ccsLoss is the objective of ccs at x = w, b, and its gradient.
func ccsLoss(plus, minus, x, gradient []float64) float64 {
	d := len(x) - 1
	n := len(plus) / d
	w := blas64.Vector{N: d, Inc: 1, Data: x[:d]}
	sides := [2]blas64.General{{Rows: n, Cols: d, Stride: d, Data: plus}, {Rows: n, Cols: d, Stride: d, Data: minus}}
	var p [2][]float64
	for i, side := range sides {
		p[i] = make([]float64, n)
		blas64.Gemv('N', 1, side, w, 0, blas64.Vector{N: n, Inc: 1, Data: p[i]})
		for k, v := range p[i] {
			_, p[i][k] = softplus(v + x[d])
		}
	}
	value := 0.0
	for k := range n {
		a, c := p[0][k], p[1][k]
		both, least := a+c-1, min(a, c)
		value += both*both + least*least
		ga, gc := 2*both, 2*both
		if a <= c {
			ga += 2 * a
		} else {
			gc += 2 * c
		}
		p[0][k], p[1][k] = ga*a*(1-a)/float64(n), gc*c*(1-c)/float64(n)
	}
	clear(gradient)
	for i, side := range sides {
		blas64.Gemv('T', 1, side, blas64.Vector{N: n, Inc: 1, Data: p[i]}, 1, blas64.Vector{N: d, Inc: 1, Data: gradient[:d]})
		gradient[d] += floats.Sum(p[i])
	}
	floats.AddScaled(gradient[:d], ccsPenalty, x[:d])
	return value/float64(n) + 0.5*ccsPenalty*floats.Dot(x[:d], x[:d])
}
