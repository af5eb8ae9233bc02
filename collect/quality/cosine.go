package quality

import (
	"math/rand/v2"
	"slices"
)

// Cosine is how alike the directions of two rows of a set are.
type Cosine struct {
	Mean   float64 `json:"mean"` // over all pairs
	Spread Spread  `json:"spread"`
	Pairs  int     `json:"pairs"` // that Spread is of: all, or 4096 drawn at random
}

const (
	cosinePairs = 4096
	cosineSeed  = 1
)

// cosine measures pairs of different rows. With unit rows u the mean over all
// n(n−1) of them is exact without going through them:
//
//	(‖Σ u‖² − Σ ‖u‖²) / (n (n − 1))
//
// A row of zeros has the cosine 0 with every other.
func (s *scratch) cosine(rows []int) Cosine {
	n := len(rows)
	if n < 2 {
		return Cosine{}
	}
	sum, self := make([]float64, s.dim), 0.0
	scale := make([]float64, n)
	for i, l := range s.norms(rows) {
		if l == 0 {
			continue
		}
		scale[i], self = 1/l, self+1
		for d, v := range s.row(rows[i]) {
			sum[d] += float64(v) / l
		}
	}
	c := Cosine{Mean: (dot(sum, sum) - self) / (float64(n) * float64(n-1))}
	var list []float64
	add := func(i, j int) {
		a, b, product := s.row(rows[i]), s.row(rows[j]), 0.0
		for d, v := range a {
			product += float64(v) * float64(b[d])
		}
		list = append(list, product*scale[i]*scale[j])
	}
	if n*(n-1)/2 <= cosinePairs {
		for i := range n {
			for j := range i {
				add(i, j)
			}
		}
	} else {
		random := rand.New(rand.NewPCG(cosineSeed, 0))
		for range cosinePairs {
			i, j := random.IntN(n), random.IntN(n-1)
			if j >= i {
				j++
			}
			add(i, j)
		}
	}
	c.Pairs, c.Spread = len(list), spread(list)
	return c
}

// meanUnit is the mean of rows scaled to the length 1: the product of two such
// means is the mean cosine between the rows of one and of the other.
func (s *scratch) meanUnit(rows []int) []float64 {
	mean := make([]float64, s.dim)
	for i, l := range s.norms(rows) {
		for d, v := range s.row(rows[i]) {
			mean[d] += float64(v) / max(l, tiny) / float64(len(rows))
		}
	}
	return mean
}

// Drift is the template whose difference between the sets, mean of the target's
// rows less mean of the controls', points least where the others' points.
type Drift struct {
	Template  string  `json:"template"`
	Cosine    float64 `json:"cosine"` // with the mean of the other templates' differences
	Median    float64 `json:"median"` // of the cosines of all templates
	Templates int     `json:"templates"`
}

// drift compares the templates that both sets have. It is nil with fewer than two.
func (s *scratch) drift() *Drift {
	var names []string
	var diffs [][]float64
	sum := make([]float64, s.dim)
	for t, name := range s.ix.templates {
		target, control := s.ofTemplate(s.sets[1], t), s.ofTemplate(s.sets[0], t)
		if len(target) == 0 || len(control) == 0 {
			continue
		}
		diff := s.mean(target)
		for d, v := range s.mean(control) {
			diff[d] -= v
			sum[d] += diff[d]
		}
		names, diffs = append(names, name), append(diffs, diff)
	}
	if len(diffs) < 2 {
		return nil
	}
	cosines := make([]float64, len(diffs))
	for i, diff := range diffs {
		others := slices.Clone(sum)
		for d, v := range diff {
			others[d] -= v
		}
		cosines[i] = cosineOf(diff, others)
	}
	i := slices.Index(cosines, slices.Min(cosines))
	return &Drift{names[i], cosines[i], quantile(slices.Sorted(slices.Values(cosines)), 0.5), len(diffs)}
}

// ofTemplate is the rows of template t among rows.
func (s *scratch) ofTemplate(rows []int, t int) []int {
	var list []int
	for _, k := range rows {
		if s.ix.questions[s.ix.rows[k].question].template == t {
			list = append(list, k)
		}
	}
	return list
}
