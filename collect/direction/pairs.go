package direction

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction/internal/dense"
)

// A pair is a row of the target and a row of a control with the same template
// and the same place after the concept. pairSums are sums over pairs.
type pairSums struct {
	n    float64       // pairs
	mean []float64     // of the differences, target less control, [D]
	gram *mat.SymDense // Σ difference·differenceᵀ, [D, D]
}

// pairSums are those of the part's training rows, summed up once.
func (p *part) pairSums() (*pairSums, error) {
	if p.pairs != nil {
		return p.pairs, nil
	}
	var err error
	p.pairs, err = newPairSums(p)
	return p.pairs, err
}

// place is a template and a place after the concept, counted from 0.
type place struct{ template, k int }

// placed is what the rows at a place add up to.
type placed struct {
	targets  [][]float64 // each row, [D]
	controls []float64   // their sum, [D]; nil where there is none
	n        float64     // how many controls
}

// newPairSums sums up the pairs of a block's training rows. The sum over the
// pairs of a place, of targets a and controls c, is
//
//	Σ (a-c)(a-c)ᵀ = Σ_c |a| c·cᵀ + Σ_a (|c| a·aᵀ - a·sᵀ - s·aᵀ),  s = Σ c
//
// with |a| and |c| how many there are. |a| is 1 almost everywhere, so the first
// term is what s has already.
func newPairSums(of *part) (*pairSums, error) {
	m, b := of.m, of.b
	places, err := m.places(b)
	if err != nil {
		return nil, err
	}
	p := &pairSums{mean: make([]float64, m.dim), gram: copied(of.controls)}
	var left, right []float64 // the rest is leftᵀ·right + rightᵀ·left
	for _, at := range m.placeOrder() {
		c := places[at]
		if c == nil || c.controls == nil {
			continue
		}
		for _, a := range c.targets {
			p.n += c.n
			floats.AddScaled(p.mean, c.n, a)
			floats.Sub(p.mean, c.controls)
			left = append(left, a...)
			from := len(right)
			right = append(right, a...)
			floats.Scale(c.n/2, right[from:])
			floats.Sub(right[from:], c.controls)
		}
		if len(left) >= blockRows*m.dim {
			addSymmetric(p.gram, left, right)
			left, right = left[:0], right[:0]
		}
	}
	addSymmetric(p.gram, left, right)
	if err := m.unpaired(b, places, p.gram); err != nil {
		return nil, err
	}
	if p.n > 0 {
		floats.Scale(1/p.n, p.mean)
	}
	return p, nil
}

// unpaired takes away from gram, or adds, the controls' rows that are in no pair,
// or in more than one.
func (m *matrix) unpaired(b block, places map[place]*placed, gram *mat.SymDense) error {
	var left, right []float64
	err := m.eachControl(b, func(at place, x []float64) {
		if more := float64(len(places[at].targets) - 1); more != 0 {
			left = append(left, x...)
			from := len(right)
			right = append(right, x...)
			floats.Scale(more/2, right[from:])
		}
		if len(left) >= blockRows*m.dim {
			addSymmetric(gram, left, right)
			left, right = left[:0], right[:0]
		}
	})
	addSymmetric(gram, left, right)
	return err
}

// addSymmetric adds leftᵀ·right + rightᵀ·left; both are [n, D].
func addSymmetric(g *mat.SymDense, left, right []float64) {
	d := g.SymmetricDim()
	if len(left) == 0 {
		return
	}
	a, b := dense.Of(left, len(left)/d, d), dense.Of(right, len(right)/d, d)
	c := dense.Of(g.RawSymmetric().Data, d, d)
	dense.AddUpper(c, 1, a.T(), b)
	dense.AddUpper(c, 1, b.T(), a)
}

// places gathers block b's training rows by place.
func (m *matrix) places(b block) (map[place]*placed, error) {
	places := map[place]*placed{}
	at := func(p place) *placed {
		if places[p] == nil {
			places[p] = &placed{}
		}
		return places[p]
	}
	for i := range m.questions {
		q := &m.questions[i]
		if q.concept != m.target || !m.trains(b, q, true) {
			continue
		}
		err := m.each(i, i+1, func(_, _ int, x []float64) {
			for k := range q.n {
				p := at(place{q.template, k})
				p.targets = append(p.targets, append([]float64(nil), x[k*m.dim:(k+1)*m.dim]...))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	err := m.eachControl(b, func(where place, x []float64) {
		p := at(where)
		if p.controls == nil {
			p.controls = make([]float64, m.dim)
		}
		floats.Add(p.controls, x)
		p.n++
	})
	return places, err
}

// eachControl walks over the controls' rows that block b is fitted on.
func (m *matrix) eachControl(b block, visit func(at place, x []float64)) error {
	for i := range m.questions {
		q := &m.questions[i]
		if q.concept == m.target || !m.trains(b, q, false) {
			continue
		}
		err := m.each(i, i+1, func(_, _ int, x []float64) {
			for k := range q.n {
				visit(place{q.template, k}, x[k*m.dim:(k+1)*m.dim])
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// placeOrder lists all places in one order, so that sums are the same each time.
func (m *matrix) placeOrder() []place {
	most := make([]int, len(m.templates))
	for _, q := range m.questions {
		most[q.template] = max(most[q.template], q.n)
	}
	var list []place
	for t, n := range most {
		for k := range n {
			list = append(list, place{t, k})
		}
	}
	return list
}
