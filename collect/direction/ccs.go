package direction

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"premlp/collect/direction/internal/dense"
)

// How CCS is fitted: the best of ccsStarts, the penalty in the place of the
// authors' weight decay, and their limit on steps.
const (
	ccsStarts    = 10
	ccsPenalty   = 0.01
	ccsSteps     = 60
	ccsTolerance = 1e-5 // of the gradient's largest value
	ccsPairs     = 2048 // at most, evenly over the target's rows
)

// ccs is contrast-consistent search (Burns and others 2022, arXiv 2212.03827) on
// pairs of a target's row x⁺ and a control's x⁻ of one template and place, one
// control drawn for each row of the target, or for ccsPairs of them where there
// are more. Each side loses its own mean and
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
	starts := vectors(ccsStarts, m.dim+1)
	for _, x := range starts {
		for j := range m.dim {
			x[j] = r.NormFloat64()
		}
		unit(x)
	}
	best := newContrast(plus, minus, m.dim).search(starts, ccsSteps)
	if best == nil {
		return nil, errors.New("ccs: no start came to an end")
	}
	return best.at[:m.dim], nil
}

// contrasts draws the pairs of block b's training rows: [n, D] and [n, D].
func contrasts(m *matrix, b block, seed uint64) (plus, minus []float64, err error) {
	controls := map[int][]int{} // per template
	for i := range m.questions {
		if q := &m.questions[i]; q.concept != m.target && m.trains(b, q, false) {
			controls[q.template] = append(controls[q.template], i)
		}
	}
	rows := 0
	for i := range m.questions {
		if q := &m.questions[i]; q.concept == m.target && m.trains(b, q, true) {
			rows += q.n
		}
	}
	row := 0 // of the target's, counted over questions
	for i := range m.questions {
		q := &m.questions[i]
		if q.concept != m.target || !m.trains(b, q, true) {
			continue
		}
		first := row
		if row += q.n; len(controls[q.template]) == 0 {
			continue
		}
		r := rand.New(rand.NewPCG(seed, 4+uint64(q.index)))
		var own []float64
		if err := m.each(i, i+1, func(_, _ int, x []float64) { own = append(own, x...) }); err != nil {
			return nil, nil, err
		}
		for k := range q.n {
			c := controls[q.template][r.IntN(len(controls[q.template]))]
			if k >= m.questions[c].n || !evenly(first+k, rows, ccsPairs) {
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

// evenly says whether the i-th of n is among most that are taken evenly.
func evenly(i, n, most int) bool { return n <= most || i*most/n != (i-1)*most/n || i == 0 }

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

// contrast is the problem of ccs: pairs, [n, D] each.
type contrast struct {
	n, dim   int
	forward  [2]*dense.Packed // their transposes
	backward [2]*dense.Packed
}

func newContrast(plus, minus []float64, dim int) *contrast {
	c := &contrast{n: len(plus) / dim, dim: dim}
	for i, x := range [2][]float64{plus, minus} {
		side := dense.Of(x, c.n, dim)
		c.forward[i], c.backward[i] = dense.Pack(side.T()), dense.Pack(side)
	}
	return c
}

// search descends from each start, (w, b), so many steps, and gives the path with the lowest end.
func (c *contrast) search(starts [][]float64, steps int) *path {
	paths, _ := descent{evaluate: c.evaluate, tolerance: ccsTolerance, steps: steps}.run(starts)
	var best *path
	for _, p := range paths {
		if !math.IsNaN(p.value) && (best == nil || p.value < best.value) {
			best = p
		}
	}
	return best
}

// evaluate gives the objective of ccs and its gradient at many points.
func (c *contrast) evaluate(active []int, paths []*path) error {
	k, d := len(active), c.dim
	w, g := dense.Of(make([]float64, k*d), k, d), dense.Of(make([]float64, k*d), k, d)
	for r, i := range active {
		copy(w.Data[r*d:], paths[i].trial[:d])
	}
	var sides [2]dense.View // p⁺ and p⁻, [points, n], then the slopes
	for i := range sides {
		sides[i] = dense.Of(make([]float64, k*c.n), k, c.n)
		c.forward[i].AddTo(sides[i], w)
	}
	for r, i := range active {
		p := paths[i]
		b := p.trial[d]
		p.tried, p.slope[d] = ccsLoss(sides[0].Data[r*c.n:(r+1)*c.n], sides[1].Data[r*c.n:(r+1)*c.n], b)
		p.tried += 0.5 * ccsPenalty * floats.Dot(p.trial[:d], p.trial[:d])
	}
	for i := range sides {
		c.backward[i].AddTo(g, sides[i])
	}
	for r, i := range active {
		floats.AddScaledTo(paths[i].slope[:d], g.Data[r*d:(r+1)*d], ccsPenalty, paths[i].trial[:d])
	}
	return nil
}

// ccsLoss is the objective of ccs without its penalty, and its slope in b, for
// pairs of scores w·x⁺ and w·x⁻. It turns each score into its slope.
func ccsLoss(plus, minus []float64, b float64) (value, slope float64) {
	n := float64(len(plus))
	for k := range plus {
		_, p := softplus(plus[k] + b)
		_, q := softplus(minus[k] + b)
		both, least := p+q-1, min(p, q)
		value += both*both + least*least
		gp, gq := 2*both, 2*both
		if p <= q {
			gp += 2 * p
		} else {
			gq += 2 * q
		}
		plus[k], minus[k] = gp*p*(1-p)/n, gq*q*(1-q)/n
		slope += plus[k] + minus[k]
	}
	return value / n, slope
}
