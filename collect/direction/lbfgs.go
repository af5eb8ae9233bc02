package direction

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// descent minimises functions of one kind, that are evaluated together, by L-BFGS
// with backtracking (Nocedal and Wright 2006, "Numerical optimization", algorithms
// 7.4 and 3.1).
type descent struct {
	// evaluate gives the values and gradients of the functions of the numbers in
	// active at their points.
	evaluate func(active []int, paths []*path) error
	// round turns a gradient of function i into H⁻¹ times it, H a Hessian nearby.
	// nil: the last step's curvature.
	round func(i int, g []float64)
	// A path ends where √(gᵀH⁻¹g), or without round max |g|, is at most tolerance,
	// and after so many steps.
	tolerance float64
	steps     int
}

// remembered is how many steps L-BFGS looks back on.
const remembered = 12

// path is one function's way down.
type path struct {
	at, gradient []float64
	value        float64
	rest         float64 // what tolerance bounds, at the end
	steps        int

	trial, slope []float64 // a point that is tried, and the gradient there
	tried        float64   // the value there
	step         float64   // how far the point is along direction
	direction    []float64
	moved, bent  [][]float64 // past steps, and what the gradient changed by
	curved       []float64   // their dot products
	done         bool
}

// run follows one path from each start.
func (d descent) run(starts [][]float64) ([]*path, error) {
	var paths []*path
	var active []int
	for i, x := range starts {
		p := &path{at: x, gradient: make([]float64, len(x)), slope: make([]float64, len(x)), trial: append([]float64(nil), x...)}
		p.direction = make([]float64, len(x))
		paths, active = append(paths, p), append(active, i)
	}
	for first := true; len(active) > 0; first = false {
		if err := d.evaluate(active, paths); err != nil {
			return nil, err
		}
		var still []int
		for _, i := range active {
			if p := paths[i]; first {
				p.value = p.tried
				copy(p.gradient, p.slope)
				d.turn(i, p)
			} else {
				d.judge(i, p)
			}
			if !paths[i].done {
				still = append(still, i)
			}
		}
		active = still
	}
	return paths, nil
}

// judge takes a trial or halves the step.
func (d descent) judge(i int, p *path) {
	gain := floats.Dot(p.gradient, p.direction)
	// Rounding hides what is left to gain below 1e-14 of the value.
	if !(p.tried <= p.value+1e-4*p.step*gain+1e-14*math.Abs(p.value)) {
		p.step /= 2
		if p.done = p.step < 1e-10; !p.done {
			p.try()
		}
		return
	}
	moved := floats.SubTo(make([]float64, len(p.at)), p.trial, p.at)
	bent := floats.SubTo(make([]float64, len(p.at)), p.slope, p.gradient)
	if curved := floats.Dot(moved, bent); curved > 1e-12*floats.Norm(moved, 2)*floats.Norm(bent, 2) {
		p.moved, p.bent, p.curved = append(p.moved, moved), append(p.bent, bent), append(p.curved, curved)
		if len(p.moved) > remembered {
			p.moved, p.bent, p.curved = p.moved[1:], p.bent[1:], p.curved[1:]
		}
	}
	copy(p.at, p.trial)
	p.gradient, p.slope = p.slope, p.gradient
	p.value = p.tried
	p.steps++
	d.turn(i, p)
}

// turn chooses the next direction, or ends the path.
func (d descent) turn(i int, p *path) {
	v := p.direction
	if copy(v, p.gradient); d.round != nil {
		d.round(i, v)
		p.rest = math.Sqrt(math.Max(0, floats.Dot(v, p.gradient)))
	} else {
		p.rest = floats.Norm(p.gradient, math.Inf(1))
	}
	if p.done = !(p.rest > d.tolerance) || p.steps >= d.steps; p.done {
		return
	}
	p.step = 1
	if d.round == nil && len(p.moved) == 0 {
		p.step = min(1, 1/floats.Norm(p.gradient, 2))
	}
	if len(p.moved) > 0 {
		d.remember(i, p)
	}
	floats.Scale(-1, v)
	if floats.Dot(v, p.gradient) >= 0 { // not a way down: forget
		p.moved, p.bent, p.curved = nil, nil, nil
		floats.ScaleTo(v, -1, p.gradient)
		p.step = min(1, 1/floats.Norm(p.gradient, 2))
	}
	p.try()
}

// remember turns the gradient by the past steps (algorithm 7.4).
func (d descent) remember(i int, p *path) {
	v := p.direction
	copy(v, p.gradient)
	past := len(p.moved)
	a := make([]float64, past)
	for k := past - 1; k >= 0; k-- {
		a[k] = floats.Dot(p.moved[k], v) / p.curved[k]
		floats.AddScaled(v, -a[k], p.bent[k])
	}
	if d.round != nil {
		d.round(i, v)
	} else {
		y := p.bent[past-1]
		floats.Scale(p.curved[past-1]/floats.Dot(y, y), v)
	}
	for k := range past {
		b := floats.Dot(p.bent[k], v) / p.curved[k]
		floats.AddScaled(v, a[k]-b, p.moved[k])
	}
}

// try sets the next point.
func (p *path) try() { floats.AddScaledTo(p.trial, p.at, p.step, p.direction) }
