package study

import (
	"maps"
	"slices"

	"premlp/collect/steering"
	"premlp/model"
)

// relationMeans are the mean rows of objects, by which a subject is steered towards
// its object.
type relationMeans struct {
	objects map[string]string // by subject
	sums    map[string][][]float64
	counts  map[string]float64
	points  []model.Point
}

var _ steering.Vectors = (*relationMeans)(nil)

// add adds a question's rows to its object's.
func (m *relationMeans) add(object string, rows [][]float32) {
	if m.sums[object] == nil {
		for _, r := range rows {
			m.sums[object] = append(m.sums[object], make([]float64, len(r)))
		}
	}
	m.counts[object]++
	for i, r := range rows {
		for k, v := range r {
			m.sums[object][i][k] += float64(v)
		}
	}
}

// mean is the mean row of an object, or of all others.
func (m *relationMeans) mean(object string, others bool, p model.Point) []float64 {
	i := slices.Index(m.points, p)
	sum, n := make([]float64, len(m.sums[object][i])), 0.0
	for _, name := range slices.Sorted(maps.Keys(m.sums)) {
		if (name == object) == others {
			continue
		}
		n += m.counts[name]
		for k, v := range m.sums[name][i] {
			sum[k] += v
		}
	}
	for k := range sum {
		sum[k] /= n
	}
	return sum
}

// Difference implements steering.Vectors: the mean of the rows of the target's
// object less that of the other objects'.
func (m *relationMeans) Difference(target string, p model.Point) ([]float64, error) {
	d := m.mean(m.objects[target], false, p)
	for k, x := range m.mean(m.objects[target], true, p) {
		d[k] -= x
	}
	return d, nil
}

// Pair implements steering.Vectors.
func (m *relationMeans) Pair(target, source string, p model.Point) ([]float64, error) {
	d := m.mean(m.objects[target], false, p)
	for k, x := range m.mean(m.objects[source], false, p) {
		d[k] -= x
	}
	return d, nil
}

// Controls implements steering.Vectors.
func (m *relationMeans) Controls(target string, p model.Point) ([]float64, error) {
	return m.mean(m.objects[target], true, p), nil
}
