package study

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"premlp/model"
)

// minEntities is how many facts a value's mean row needs.
const minEntities = 3

// ravelMeans are the mean rows, at the entity's last token or at those behind it, of
// the known training facts of one attribute, by value: what an attribute's
// directions are made of.
type ravelMeans struct {
	points []model.Point
	sums   map[string][][]float64 // value → [points][D]
	counts map[string]int
	basis  map[model.Point][][]float64 // see project
}

func newRavelMeans(points []model.Point) *ravelMeans {
	return &ravelMeans{points: points, sums: map[string][][]float64{}, counts: map[string]int{}}
}

// add adds a fact's rows, the mean of each point's.
func (m *ravelMeans) add(value string, rows [][]float32) {
	if m.sums[value] == nil {
		for _, r := range rows {
			m.sums[value] = append(m.sums[value], make([]float64, len(r)))
		}
	}
	m.counts[value]++
	for i, r := range rows {
		for k, x := range r {
			m.sums[value][i][k] += float64(x)
		}
	}
}

// values lists the values that have a mean.
func (m *ravelMeans) values() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.counts)), func(v string) bool { return m.counts[v] < minEntities })
}

// has reports whether a value has a mean.
func (m *ravelMeans) has(value string) bool { return m.counts[value] >= minEntities }

// mean is a value's mean row at a point.
func (m *ravelMeans) mean(value string, p model.Point) []float64 {
	sum := m.sums[value][slices.Index(m.points, p)]
	mean := make([]float64, len(sum))
	for k, x := range sum {
		mean[k] = x / float64(m.counts[value])
	}
	return mean
}

// difference is the mean of the rows of one value minus that of another's.
func (m *ravelMeans) difference(to, from string, p model.Point) []float64 {
	d := m.mean(to, p)
	for k, x := range m.mean(from, p) {
		d[k] -= x
	}
	return d
}

// project returns the part of x in the space that the values' means span around
// their own mean: the attribute's subspace.
func (m *ravelMeans) project(x []float64, p model.Point) []float64 {
	if m.basis == nil {
		m.basis = map[model.Point][][]float64{}
	}
	if m.basis[p] == nil {
		m.basis[p] = m.span(p)
	}
	y := make([]float64, len(x))
	for _, u := range m.basis[p] {
		c := inner(x, u)
		for k := range y {
			y[k] += c * u[k]
		}
	}
	return y
}

// exchange returns the base's rows [tokens, D] with the source's part in that space.
func (m *ravelMeans) exchange(base, source []float32, p model.Point) []float32 {
	dim := len(m.sums[m.values()[0]][slices.Index(m.points, p)])
	out, d := slices.Clone(base), make([]float64, dim)
	for at := 0; at < len(base); at += dim {
		for k := range d {
			d[k] = float64(source[at+k]) - float64(base[at+k])
		}
		for k, x := range m.project(d, p) {
			out[at+k] += float32(x)
		}
	}
	return out
}

// span is an orthonormal basis of that space, by Gram and Schmidt's way, twice for
// each vector.
func (m *ravelMeans) span(p model.Point) [][]float64 {
	var rows, basis [][]float64
	for _, v := range m.values() {
		rows = append(rows, m.mean(v, p))
	}
	if len(rows) == 0 {
		return [][]float64{}
	}
	center := make([]float64, len(rows[0]))
	for _, r := range rows {
		for k, x := range r {
			center[k] += x / float64(len(rows))
		}
	}
	for _, r := range rows {
		for k := range r {
			r[k] -= center[k]
		}
		size := length(r)
		for range 2 {
			for _, u := range basis {
				c := inner(r, u)
				for k := range r {
					r[k] -= c * u[k]
				}
			}
		}
		if left := length(r); left > 1e-6*size { // else it is in the span already
			for k := range r {
				r[k] /= left
			}
			basis = append(basis, r)
		}
	}
	return basis
}

// inner is Σ a[k]·b[k].
func inner(a, b []float64) float64 {
	var sum float64
	for k := range a {
		sum += a[k] * b[k]
	}
	return sum
}

// length is a vector's.
func length(x []float64) float64 { return math.Sqrt(inner(x, x)) }

// describe says which values have a mean, for an error.
func (m *ravelMeans) describe() string {
	return fmt.Sprintf("%d values with %d known training facts or more", len(m.values()), minEntities)
}
