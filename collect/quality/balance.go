package quality

import (
	"fmt"
	"math"
)

// balance compares the sets in what is no concept: how far behind the concept
// their rows lie, which tokens they are, and which templates they come from.
func (ix *index) balance() []Check {
	rows := func(key func(rowPlace) string) (t, c map[string]int) {
		t, c = map[string]int{}, map[string]int{}
		for _, p := range ix.rows {
			if ix.questions[p.question].target {
				t[key(p)]++
			} else {
				c[key(p)]++
			}
		}
		return t, c
	}
	list := []Check{
		imbalance("position", "the tokens' distances from the concept")(rows(func(p rowPlace) string { return fmt.Sprint(p.after) })),
		imbalance("token", "the tokens")(rows(func(p rowPlace) string { return fmt.Sprint(p.token) })),
	}
	t, c := map[string]int{}, map[string]int{}
	for _, q := range ix.questions {
		if q.target {
			t[ix.templates[q.template]]++
		} else {
			c[ix.templates[q.template]]++
		}
	}
	return append(list, imbalance("template", "the questions' templates")(t, c))
}

// imbalance judges the total variation distance of two counts less what chance
// gives.
func imbalance(name, of string) func(a, b map[string]int) Check {
	return func(a, b map[string]int) Check {
		tv, chance := variation(a, b)
		return newCheck(name, "", max(0, tv-chance), "%s differ by %.2f in total variation, of which chance gives %.2f", of, tv, chance)
	}
}

// variation is the total variation distance of the shares in a and b,
//
//	TV = ½ Σ |a_k/n − b_k/m|,
//
// from 0 (equal) to 1 (nothing in common), and what to expect of it where both
// are draws of n and m from the same shares p: a difference of two shares then
// has about the variance p(1−p)(1/n+1/m) and the mean size √(2/π) of its root.
// Rows of one question are not independent draws, so this is a rough figure.
func variation(a, b map[string]int) (tv, chance float64) {
	n, m := total(a), total(b)
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	for k := range keys {
		p := float64(a[k]+b[k]) / (n + m)
		tv += math.Abs(float64(a[k])/n-float64(b[k])/m) / 2
		chance += math.Sqrt(2/math.Pi*p*(1-p)*(1/n+1/m)) / 2
	}
	return math.Round(tv*1e12) / 1e12, math.Round(chance*1e12) / 1e12 // the order of a map must not show
}

func total(counts map[string]int) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	return float64(n)
}
