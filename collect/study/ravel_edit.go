package study

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"premlp/collect/steering"
	"premlp/model"
)

// RavelEdit is what is done to the base's entity at its last token.
type RavelEdit string

// The edits.
const (
	// RavelAdd adds α times the mean row of the source's value minus that of the
	// base's value.
	RavelAdd RavelEdit = "add"
	// RavelSubspace puts the source's row in place of the base's within the space
	// that the means of the attribute's values span.
	RavelSubspace RavelEdit = "subspace"
	// RavelSwap puts the source's whole row in place of the base's.
	RavelSwap RavelEdit = "swap"
	// RavelRandom adds α times a random vector as long as that of RavelAdd.
	RavelRandom RavelEdit = "random"
)

// ravelWay is an edit with its strength at a place.
type ravelWay struct {
	Edit  RavelEdit
	Alpha float64 // 1 where the edit has none
	Place steering.Place
}

// ravelWays lists all that is tried.
func ravelWays(places []steering.Place, alphas []float64) []ravelWay {
	var list []ravelWay
	for _, p := range places {
		for _, a := range alphas {
			list = append(list, ravelWay{RavelAdd, a, p})
		}
		list = append(list, ravelWay{RavelRandom, slices.Max(alphas), p}, ravelWay{RavelSwap, 1, p})
		if len(p.Layers) == 1 { // else rows have changed before the next layer
			list = append(list, ravelWay{RavelSubspace, 1, p})
		}
	}
	return list
}

// change is what a way does to a trial's base at a point.
func (w ravelWay) change(t *ravelTrial, m *ravelMeans, p model.Point, seed uint64) model.Change {
	switch w.Edit {
	case RavelSwap:
		return model.Replace{Rows: t.source.rows[p]}
	case RavelSubspace:
		d := make([]float64, len(t.source.rows[p]))
		for k, x := range t.source.rows[p] {
			d[k] = float64(x) - float64(t.base.rows[p][k])
		}
		return model.Add{Vector: scaled(m.project(d, p), 1)}
	}
	d := m.difference(t.to, t.from, p)
	if w.Edit == RavelRandom {
		d = randomLike(d, seed, fmt.Sprintf("%s %s %s %s", t.moved, t.from, t.to, p))
	}
	return model.Add{Vector: scaled(d, w.Alpha)}
}

// scaled is x·factor in float32.
func scaled(x []float64, factor float64) []float32 {
	y := make([]float32, len(x))
	for k, v := range x {
		y[k] = float32(v * factor)
	}
	return y
}

// randomLike draws a vector of d's length.
func randomLike(d []float64, seed uint64, name string) []float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	x := make([]float64, len(d))
	for k := range x {
		x[k] = r.NormFloat64()
	}
	factor := length(d) / length(x)
	for k := range x {
		x[k] *= factor
	}
	return x
}
