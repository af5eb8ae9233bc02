package quality

import (
	"math"
	"math/rand/v2"
	"testing"
)

// plain is a scratch over rows that are in memory.
func plain(rows [][]float32) (*scratch, []int) {
	s := &scratch{dim: len(rows[0])}
	var all []int
	for k, x := range rows {
		s.x = append(s.x, x...)
		all = append(all, k)
	}
	s.copy = make([]bool, len(rows))
	return s, all
}

func near(t *testing.T, what string, have, want float64) {
	t.Helper()
	if math.Abs(have-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: want %.12g, have %.12g", what, want, have)
	}
}

// TestRankOfKnownVariances: rows on k axes of known lengths.
func TestRankOfKnownVariances(t *testing.T) {
	for _, lengths := range [][]float64{{1, 1, 1, 1}, {3}, {2, 1}, {5, 1, 1}} {
		for _, d := range []int{6, 40} { // fewer and more coordinates than rows
			var rows [][]float32
			for k, l := range lengths {
				a, b := make([]float32, d), make([]float32, d)
				a[k], b[k] = float32(l)+1, -float32(l)+1
				for e := range a { // a common mean does not matter
					if e != k {
						a[e], b[e] = 1, 1
					}
				}
				rows = append(rows, a, b)
			}
			sum, square, entropy := 0.0, 0.0, 0.0
			for _, l := range lengths {
				sum, square = sum+l*l, square+l*l*l*l
			}
			for _, l := range lengths {
				entropy -= l * l / sum * math.Log(l*l/sum)
			}
			s, all := plain(rows)
			r := s.rank(all, s.mean(all))
			near(t, "participation", r.Participation, sum*sum/square)
			near(t, "entropy", r.Entropy, math.Exp(entropy))
			if want := min(len(rows)-1, d); r.Most != want {
				t.Errorf("most: want %d, have %d", want, r.Most)
			}
		}
	}
}

// TestCosineOfAllPairs: the mean of all pairs, against going through them.
func TestCosineOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{2, 5, 120} { // all pairs, and a sample of them
		var rows [][]float32
		for range n {
			x := make([]float32, 7)
			for d := range x {
				x[d] = float32(r.NormFloat64()) + 0.5
			}
			rows = append(rows, x)
		}
		rows[1] = make([]float32, 7) // of length 0
		s, all := plain(rows)
		sum := 0.0
		for i := range n {
			for j := range n {
				if a, b := length(rows[i]), length(rows[j]); i != j && a*b > 0 {
					for d := range rows[i] {
						sum += float64(rows[i][d]) * float64(rows[j][d]) / (a * b)
					}
				}
			}
		}
		c := s.cosine(all)
		near(t, "mean cosine", c.Mean, sum/float64(n*(n-1)))
		if c.Pairs != min(n*(n-1)/2, cosinePairs) || math.Abs(c.Spread.Median-c.Mean) > 0.5 {
			t.Errorf("%d rows: have %+v", n, c)
		}
	}
}

func TestRobustZ(t *testing.T) {
	z := robustZ([]float64{1, 2, 3, 4, 100})
	near(t, "z of 100", z[4], 0.6745*97)
	near(t, "z of the median", z[2], 0)
	z = robustZ([]float64{5, 5, 5, 5, 9}) // MAD 0
	near(t, "z of 9", z[4], 4/(1.253314*4.0/5))
	for _, v := range robustZ([]float64{5, 5, 5}) {
		near(t, "z of equal values", v, 0)
	}
}

func TestVariation(t *testing.T) {
	tv, chance := variation(map[string]int{"a": 2, "b": 2}, map[string]int{"a": 10, "c": 10})
	near(t, "total variation", tv, 0.5)
	if chance <= 0 || chance > 0.5 {
		t.Errorf("chance: have %g", chance)
	}
	// Draws of equal shares differ by about what chance says.
	r := rand.New(rand.NewPCG(3, 4))
	sumTV, sumChance := 0.0, 0.0
	for range 200 {
		a, b := map[string]int{}, map[string]int{}
		for range 300 {
			a[string(rune('a'+r.IntN(6)))]++
		}
		for range 500 {
			b[string(rune('a'+r.IntN(6)))]++
		}
		tv, chance := variation(a, b)
		sumTV, sumChance = sumTV+tv, sumChance+chance
	}
	if ratio := sumTV / sumChance; ratio < 0.9 || ratio > 1.1 {
		t.Errorf("mean total variation over chance: want about 1, have %.3f", ratio)
	}
}

func TestLayerTicks(t *testing.T) {
	for step, want := range map[int]int{1: 2, 2: 5, 5: 10, 10: 20, 20: 50, 50: 100} {
		if have := next(step); have != want {
			t.Errorf("next(%d): want %d, have %d", step, want, have)
		}
	}
}
