package direction

import (
	"math"
	"math/rand/v2"
	"slices"
)

// draws are the bootstrap's resamples, the same for every method and layer, so
// that differences between them can be taken draw by draw. Templates and
// controls are drawn with replacement, each whole: the questions of one are
// alike and count as one (Cameron, Gelbach and Miller 2008 on clusters; Owen
// 2007 on two of them at once).
type draws struct {
	templates [][]float64 // per draw and template: how often it was drawn
	controls  [][]float64 // per draw and concept; the target's is not used
}

func newDraws(d *design, n int, seed uint64) *draws {
	r := rand.New(rand.NewPCG(seed, 5))
	s := &draws{templates: vectors(n, len(d.templates)), controls: vectors(n, len(d.concepts))}
	for k := range n {
		for range d.templates {
			s.templates[k][r.IntN(len(d.templates))]++
		}
		for range len(d.concepts) - 1 {
			c := r.IntN(len(d.concepts) - 1)
			if c >= d.target {
				c++
			}
			s.controls[k][c]++
		}
	}
	return s
}

// areas are the AUROC of a trial in each draw; NaN where a draw has no pairs.
func (s *draws) areas(t *trial) []float64 {
	list := make([]float64, len(s.templates))
	for k := range list {
		list[k] = t.area(counts{s.templates[k], s.controls[k]})
	}
	return list
}

// interval is the central 95 % of the draws, NaN without any.
func interval(areas []float64) (low, high float64) {
	return quantile(areas, 0.025), quantile(areas, 0.975)
}

// quantile is the p-quantile of what is not NaN, linear between its neighbours.
func quantile(values []float64, p float64) float64 {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	at := p * float64(len(v)-1)
	i := min(int(at), max(len(v)-2, 0))
	if len(v) == 1 {
		return v[0]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

// difference is a - b, draw by draw.
func difference(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for k := range d {
		d[k] = a[k] - b[k]
	}
	return d
}

// meanInterval is the mean of values and the central 95 % of the mean over
// resamples of them: of figures of one target each, for a claim about targets
// in general.
func meanInterval(values []float64, n int, seed uint64) (mean, low, high float64) {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	r := rand.New(rand.NewPCG(seed, 6))
	means := make([]float64, n)
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for k := range means {
		for range values {
			means[k] += values[r.IntN(len(values))] / float64(len(values))
		}
	}
	low, high = interval(means)
	return mean, low, high
}
