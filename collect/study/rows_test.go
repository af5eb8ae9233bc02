package study

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// planted makes rows of random numbers in which each concept adds its own vector,
// of a size for each place, to every row; templates have offsets of their own.
func planted(templates, concepts, dim int, sizes []float64, seed uint64) *layerRows {
	signs := rand.New(rand.NewPCG(9, 9)) // the concepts' vectors are those of every seed
	vectors := make([][]float64, concepts)
	for c := range vectors {
		for range dim {
			vectors[c] = append(vectors[c], signs.NormFloat64())
		}
	}
	r := rand.New(rand.NewPCG(seed, 1))
	g := &grid{templates: templates, concepts: concepts, short: len(sizes)}
	m := &layerRows{grid: g, dim: dim}
	for t := range templates {
		longer := t % 2 // some have a row more, in front
		for c := range concepts {
			n := len(sizes) + longer
			x := make([]float64, n*dim)
			tokens := make([]string, n)
			for i := range n {
				for k := range dim {
					x[i*dim+k] = r.NormFloat64()
					if at := i - longer; at >= 0 {
						x[i*dim+k] += sizes[at] * vectors[c][k]
						tokens[i] = string(rune('a' + at))
					}
				}
			}
			m.values, g.count, g.tokens = append(m.values, x), append(g.count, n), append(g.tokens, tokens)
		}
	}
	m.sums = make([]float64, g.cells()*dim)
	for cell, x := range m.values {
		for i, v := range x {
			m.sum(cell)[i%dim] += v
		}
	}
	return m
}

// TestPlaces: the concept is read where it was planted, and nowhere else.
func TestPlaces(t *testing.T) {
	m := planted(12, 6, 16, []float64{0, 3, 0}, 1)
	folds := make([]int, 12)
	for i := range folds {
		folds[i] = i / 2 % 3
	}
	places := m.places(folds, 1)
	if len(places) != 6 {
		t.Fatalf("want places 1 to 3 and -3 to -1, have %d", len(places))
	}
	for _, p := range places {
		want := 0.5
		if p.Place == -2 {
			want = 1
		}
		if p.Place < 0 && math.Abs(float64(p.Targets.Mean)-want) > 0.08 {
			t.Errorf("place %d: want about %v, have %v", p.Place, want, p.Targets.Mean)
		}
		if p.Place == 2 && !(p.Targets.Mean > 0.7 && p.Targets.Mean < 0.95) {
			t.Errorf("place 2, the planted one of half of the templates: have %v", p.Targets.Mean)
		}
		token, share := map[int]string{-3: "a", -2: "b", -1: "c", 1: "", 2: "a", 3: "b"}[p.Place], 1.0
		if p.Place > 0 {
			share = 0.5 // the other half has a row more in front
		}
		if p.Token != token || p.Share != share {
			t.Errorf("place %d: want token %q of %v, have %q of %v", p.Place, token, share, p.Token, p.Share)
		}
	}
}

// TestPlacesHoldOut: rows without anything planted give chance; a direction that had
// seen them would know them again.
func TestPlacesHoldOut(t *testing.T) {
	for _, p := range planted(6, 5, 100, []float64{0}, 4).places([]int{0, 1, 2, 0, 1, 2}, 1) {
		if math.Abs(float64(p.Targets.Mean)-0.5) > 0.15 {
			t.Errorf("place %d: want about 0.5, have %v", p.Place, p.Targets.Mean)
		}
	}
}

// TestDirections holds the difference of means against sums by hand: rows count,
// not questions.
func TestDirections(t *testing.T) {
	m := planted(4, 3, 5, []float64{1, 2}, 2)
	y := m.pseudoTargets()[1]
	take := func(cell int) bool { return cell/m.concepts != 2 }
	want := make([]float64, m.dim)
	var n [2]float64
	sums := [2][]float64{make([]float64, m.dim), make([]float64, m.dim)}
	for cell, x := range m.values {
		if !take(cell) {
			continue
		}
		k := index(cell%3 == 1)
		for i, v := range x {
			sums[k][i%m.dim] += v
			n[k] += 1 / float64(m.dim)
		}
	}
	for k := range want {
		want[k] = sums[1][k]/n[1] - sums[0][k]/n[0]
	}
	have := m.directions([]labelling{y}, take).RawRowView(0)
	for k := range want {
		if math.Abs(have[k]-want[k]) > 1e-12 {
			t.Errorf("%d: want %v, have %v", k, want[k], have[k])
		}
	}
}

// TestTransfer: what was planted in both carries over, labels that mean nothing do
// not, and rows without it give chance.
func TestTransfer(t *testing.T) {
	sizes := []float64{2, 2, 2}
	named, same, none := planted(10, 8, 16, sizes, 1), planted(10, 8, 16, sizes, 2), planted(10, 8, 16, []float64{0, 0, 0}, 3)
	tr := newTransfer(named.grid, 7)
	x := tr.test(named, same)
	if x.Pooled.Least < 0.99 || x.Stratified.Least < 0.99 || len(x.Pooled.All) != 8 {
		t.Errorf("the same: have %v and %v", x.Pooled, x.Stratified)
	}
	// A random direction with the right sign reads something of what was planted.
	if x.RandomTarget.Mean > 0.8 || x.Shuffled.Mean > 0.8 || x.Random.Mean > 0.9 || x.Random.Mean < 0.6 {
		t.Errorf("nulls: have %v, %v, %v", x.RandomTarget, x.Shuffled, x.Random)
	}
	if x := tr.test(named, none); math.Abs(float64(x.Pooled.Mean)-0.5) > 0.1 || x.Pooled.High > 0.75 {
		t.Errorf("nothing planted: have %v", x.Pooled)
	}
	if again := newTransfer(named.grid, 7).test(named, same); again.RandomTarget != x.RandomTarget || !slices.Equal(again.Pooled.All, x.Pooled.All) || again.Random != x.Random {
		t.Error("the same seed: want the same figures")
	}
	// A shift of a template moves the pooled figure and not the stratified one.
	for c := range same.concepts {
		for k := range same.dim {
			same.sum(c)[k] += 300
		}
	}
	if y := tr.test(named, same); y.Stratified.Mean != x.Stratified.Mean || y.Pooled.Mean > x.Pooled.Mean-0.01 {
		t.Errorf("shifted: have %v and %v", y.Pooled.Mean, y.Stratified.Mean)
	}
}

// TestCompare: the interval is of the differences, target by target.
func TestCompare(t *testing.T) {
	x := DescribedLayer{Transfer: Transfer{Pooled: newBand([]float64{0.9, 0.5, 0.7}, 1)}}
	x.compare(newBand([]float64{0.8, 0.4, 0.6}, 1), 1)
	for _, v := range []float64{float64(x.Above), float64(x.AboveLow), float64(x.AboveHigh)} {
		if math.Abs(v-0.1) > 1e-12 {
			t.Errorf("want 0.1, have %v", v)
		}
	}
}
