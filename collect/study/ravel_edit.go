package study

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"premlp/collect/steering"
	"premlp/model"
)

// RavelTokens says which tokens of the base are edited.
type RavelTokens string

// The choices.
const (
	AtEntity    RavelTokens = "entity" // the entity's last token alone, as in RAVEL
	AfterEntity RavelTokens = "after"  // all tokens behind it
)

// RavelEdit is what is done to the base's tokens.
type RavelEdit string

// The edits.
const (
	// RavelAdd adds α times the mean row of the source's value minus that of the
	// base's value.
	RavelAdd RavelEdit = "add"
	// RavelSubspace puts the source's rows in place of the base's within the space
	// that the means of the attribute's values span.
	RavelSubspace RavelEdit = "subspace"
	// RavelSwap puts the source's whole rows in place of the base's.
	RavelSwap RavelEdit = "swap"
	// RavelRandom adds α times a random vector as long as that of RavelAdd.
	RavelRandom RavelEdit = "random"
)

// ravelWay is an edit with its strength at a place.
type ravelWay struct {
	Tokens RavelTokens
	Edit   RavelEdit
	Alpha  float64 // 1 where the edit has none
	Place  steering.Place
}

// ravelWays lists all that is tried.
func ravelWays(tokens []RavelTokens, places []steering.Place, alphas []float64) []ravelWay {
	var list []ravelWay
	for _, p := range places {
		for _, at := range tokens {
			for _, a := range alphas {
				list = append(list, ravelWay{at, RavelAdd, a, p})
			}
			list = append(list, ravelWay{at, RavelRandom, slices.Max(alphas), p}, ravelWay{at, RavelSwap, 1, p})
			if len(p.Layers) == 1 { // else rows have changed before the next layer
				list = append(list, ravelWay{at, RavelSubspace, 1, p})
			}
		}
	}
	return list
}

// span are the tokens of a question that are edited, [from, to).
func (t RavelTokens) span(f *ravelFact) (from, to int) {
	if t == AtEntity {
		return f.last, f.last + 1
	}
	return f.last + 1, len(f.ids)
}

// rowsOf are a fact's rows at those tokens, [tokens, D].
func (t RavelTokens) rowsOf(f *ravelFact, rows []float32) []float32 {
	from, to := t.span(f)
	dim := len(rows) / (len(f.ids) - f.last)
	return rows[(from-f.last)*dim : (to-f.last)*dim]
}

// change is what a way does to a trial's base at a point; m are the means of the
// moved attribute at the way's tokens.
func (w ravelWay) change(t *ravelTrial, m *ravelMeans, p model.Point, seed uint64) model.Change {
	switch w.Edit {
	case RavelSwap:
		return model.Replace{Rows: w.Tokens.rowsOf(t.source, t.source.rows[p])}
	case RavelSubspace:
		return model.Replace{Rows: m.exchange(w.Tokens.rowsOf(t.base, t.base.rows[p]), w.Tokens.rowsOf(t.source, t.source.rows[p]), p)}
	}
	d := m.difference(t.to, t.from, p)
	if w.Edit == RavelRandom {
		d = randomLike(d, seed, fmt.Sprintf("%s %s %s %s %s", w.Tokens, t.moved, t.from, t.to, p))
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
