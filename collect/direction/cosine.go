package direction

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

func cosine(a, b []float64) float64 {
	return dot(a, b) / (floats.Norm(a, 2) * floats.Norm(b, 2))
}

// between are the mean and the smallest cosine of all pairs of directions that
// were fitted with different parts held out.
func between(directions [][]float64) (mean, least float64) {
	sum, n := 0.0, 0.0
	least = math.NaN()
	for i, a := range directions {
		for _, b := range directions[:i] {
			if a == nil || b == nil {
				continue
			}
			c := cosine(a, b)
			sum += c
			n++
			if !(c >= least) {
				least = c
			}
		}
	}
	return sum / n, least
}

// splitHalf is the cosine of the mean differences of two halves of the
// templates: every second of them, in the order the questions have.
func splitHalf(m *matrix) float64 {
	var halves [2][]float64
	for h := range halves {
		var d [2][]float64
		for side := range d {
			d[side] = make([]float64, m.dim)
			n := m.meanOf(d[side], func(q *question) bool {
				return q.template%2 == h && (q.concept == m.target) == (side == 0)
			})
			if n == 0 {
				return math.NaN()
			}
		}
		halves[h] = floats.SubTo(make([]float64, m.dim), d[0], d[1])
	}
	return cosine(halves[0], halves[1])
}

// PairCosines say how far the differences of single pairs point the way of
// their mean.
type PairCosines struct {
	Pairs    int    `json:"pairs"`
	Mean     Figure `json:"mean"`
	Median   Figure `json:"median"`
	Least    Figure `json:"least"`
	Negative Figure `json:"negative"` // share of pairs with a negative cosine
}

// pairCosines compares every pair of the dataset with mean, the mean difference
// of pairs.
func pairCosines(m *matrix, mean []float64) (PairCosines, error) {
	places, err := m.places(whole)
	if err != nil {
		return PairCosines{}, err
	}
	var list []float64
	diff := make([]float64, m.dim)
	err = m.eachControl(whole, func(at place, x []float64) {
		for _, a := range places[at].targets {
			list = append(list, cosine(floats.SubTo(diff, a, x), mean))
		}
	})
	if err != nil || len(list) == 0 {
		return PairCosines{0, nan, nan, nan, nan}, err
	}
	negative := 0
	for _, c := range list {
		if c < 0 {
			negative++
		}
	}
	n := float64(len(list))
	return PairCosines{len(list), Figure(floats.Sum(list) / n), Figure(quantile(list, 0.5)), Figure(slices.Min(list)), Figure(float64(negative) / n)}, nil
}
