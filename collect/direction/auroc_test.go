package direction

import (
	"math"
	"math/rand/v2"
	"testing"
)

// slowAUROC counts every pair.
func slowAUROC(items []item) float64 {
	won, pairs := 0.0, 0.0
	for _, a := range items {
		for _, b := range items {
			if a.target && !b.target {
				pairs++
				if a.score > b.score {
					won++
				} else if a.score == b.score {
					won += 0.5
				}
			}
		}
	}
	return won / pairs
}

func TestAUROC(t *testing.T) {
	at := func(score float64, target bool) item { return item{score: score, target: target} }
	for _, c := range []struct {
		name  string
		items []item
		want  float64
	}{
		{"above", []item{at(2, true), at(1, false)}, 1},
		{"below", []item{at(1, true), at(2, false)}, 0},
		{"tie", []item{at(1, true), at(1, false)}, 0.5},
		{"ties and others", []item{at(1, true), at(1, false), at(0, false), at(2, false)}, 0.5},
		{"all one score", []item{at(0, true), at(0, true), at(0, false), at(0, false)}, 0.5},
	} {
		if have := auroc(c.items); have != c.want {
			t.Errorf("%s: want %v, have %v", c.name, c.want, have)
		}
	}
	if have := auroc([]item{at(1, true)}); !math.IsNaN(have) {
		t.Errorf("no control: want NaN, have %v", have)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		items := []item{at(1, true), at(2, false)}
		for range r.IntN(40) {
			items = append(items, at(float64(r.IntN(8)), r.IntN(3) == 0))
		}
		if have, want := auroc(items), slowAUROC(items); have != want {
			t.Fatalf("%v: want %v, have %v", items, want, have)
		}
	}
}

// TestAreaCounts compares with counting every pair: those between templates and
// those within one apart, joined in the shares they have without counts.
func TestAreaCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		var items []item
		for template := range 4 {
			for concept := range 5 {
				items = append(items, item{float64(r.IntN(6)), concept == 0, template, concept})
			}
		}
		c := counts{templates: make([]float64, 4), concepts: make([]float64, 5)}
		for i := range c.templates {
			c.templates[i] = float64(r.IntN(3))
		}
		for i := range c.concepts {
			c.concepts[i] = float64(r.IntN(3))
		}
		var won, pairs, plain [2]float64 // between templates, within one
		for _, a := range items {
			for _, b := range items {
				if !a.target || b.target {
					continue
				}
				kind, w := 0, c.templates[a.template]*c.templates[b.template]*c.concepts[b.concept]
				if a.template == b.template {
					kind, w = 1, c.templates[a.template]*c.concepts[b.concept]
				}
				plain[kind]++
				pairs[kind] += w
				if a.score > b.score {
					won[kind] += w
				} else if a.score == b.score {
					won[kind] += w / 2
				}
			}
		}
		tr := (&trial{folds: 1, groups: 1, blocks: [][]item{items}}).finish()
		want := (won[0]/pairs[0]*plain[0] + won[1]/pairs[1]*plain[1]) / (plain[0] + plain[1])
		if have := tr.area(c); math.Abs(have-want) > 1e-12 || math.IsNaN(have) != math.IsNaN(want) {
			t.Fatalf("want %v, have %v", want, have)
		}
		if have := tr.area(once); have != slowAUROC(items) {
			t.Fatalf("without counts: want %v, have %v", slowAUROC(items), have)
		}
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{3, 1, math.NaN(), 2}
	for p, want := range map[float64]float64{0: 1, 0.5: 2, 0.75: 2.5, 1: 3} {
		if have := quantile(v, p); have != want {
			t.Errorf("%v: want %v, have %v", p, want, have)
		}
	}
	if have := quantile([]float64{7}, 0.3); have != 7 {
		t.Errorf("one value: want 7, have %v", have)
	}
	if have := quantile(nil, 0.3); !math.IsNaN(have) {
		t.Errorf("no value: want NaN, have %v", have)
	}
}
