package study

import (
	"maps"
	"slices"

	"gonum.org/v1/gonum/mat"

	"premlp/collect/direction"
)

// PlaceReading is how well the mean difference reads the concept in the row at one
// place alone: 1 is the first token after the concept, -1 the prompt's last. The
// direction is that of all rows.
type PlaceReading struct {
	Place   int     `json:"place"`
	Token   string  `json:"token"`       // the one that most questions have there
	Share   float64 `json:"token_share"` // of questions
	Targets Band    `json:"targets"`
}

// places are the readings at the places that every question has, counted from the
// concept and from the end.
func (m *layerRows) places(folds []int, seed uint64) []PlaceReading {
	places := m.commonPlaces()
	labels := m.pseudoTargets()
	areas := make([][]float64, len(places)) // of each place by target: sums over folds
	for i := range areas {
		areas[i] = make([]float64, m.concepts)
	}
	used := slices.Compact(slices.Sorted(slices.Values(folds)))
	for _, fold := range used {
		in := func(cell int) bool { return folds[cell/m.concepts] == fold }
		d := m.directions(labels, func(cell int) bool { return !in(cell) })
		var cells []int
		for cell := range m.cells() {
			if in(cell) {
				cells = append(cells, cell)
			}
		}
		for i, p := range places {
			m.placeAreas(p, cells, labels, d, areas[i])
		}
	}
	list := make([]PlaceReading, len(places))
	for i, p := range places {
		for c := range areas[i] {
			areas[i][c] /= float64(len(used))
		}
		list[i] = PlaceReading{Place: p, Targets: newBand(areas[i], seed)}
		list[i].Token, list[i].Share = m.tokenAt(p)
	}
	return list
}

// placeAreas adds to areas each labelling's AUROC of the rows of cells at a place;
// d are the labellings' directions.
func (m *layerRows) placeAreas(place int, cells []int, labels []labelling, d *mat.Dense, areas []float64) {
	x := mat.NewDense(len(cells), m.dim, nil)
	for i, cell := range cells {
		at := rowAt(place, m.count[cell])
		x.SetRow(i, m.values[cell][at*m.dim:(at+1)*m.dim])
	}
	var scores mat.Dense
	scores.Mul(x, d.T())
	y := make([]bool, len(cells))
	for c, label := range labels {
		for i, cell := range cells {
			y[i] = label[cell]
		}
		areas[c] += direction.AUROC(mat.Col(nil, c, &scores), y)
	}
}

// rowAt is which of n rows is at a place.
func rowAt(place, n int) int {
	if place < 0 {
		return n + place
	}
	return place - 1
}

// commonPlaces are the places that every question has: 1, 2, … and …, -2, -1.
func (g *grid) commonPlaces() []int {
	var list []int
	for k := range g.short {
		list = append(list, k+1)
	}
	for k := range g.short {
		list = append(list, k-g.short)
	}
	return list
}

// tokenAt is the token that most questions have at a place, and their share.
func (g *grid) tokenAt(place int) (token string, share float64) {
	count := map[string]int{}
	for cell, tokens := range g.tokens {
		count[tokens[rowAt(place, g.count[cell])]]++
	}
	for _, t := range slices.Sorted(maps.Keys(count)) {
		if count[t] > count[token] {
			token = t
		}
	}
	return token, float64(count[token]) / float64(g.cells())
}
