package study

import (
	"math/rand/v2"
	"slices"
)

// ravelTrial asks base for an attribute while another attribute, or the same, is
// moved to the source's value.
type ravelTrial struct {
	moved string     // attribute
	base  *ravelFact // the question
	// source is another entity in the same prompt: its rows are what swaps take.
	source *ravelFact
	to     string // the source's value of the moved attribute
	from   string // the base's
}

// cause reports whether the moved attribute is the one that is asked for.
func (t *ravelTrial) cause() bool { return t.moved == t.base.prompt.Attribute }

// goal is the token that says that the edit did what it should: the source's
// answer where its attribute is asked for, else the base's own.
func (t *ravelTrial) goal() int32 {
	if t.cause() {
		return t.source.answer
	}
	return t.base.answer
}

// drawTrials draws, for each moved attribute and each that is asked for, pairs of
// entities in one prompt: the model knows the answer of both, base and source
// differ in both attributes, their answers in the first token, and both values of
// the moved attribute have a mean. No base is asked the same twice in a cell.
func drawTrials(s *ravelSample, means map[string]*ravelMeans, attributes []string, limit int, seed uint64) []*ravelTrial {
	var list []*ravelTrial
	for i, moved := range attributes {
		for k, asked := range attributes {
			r := rand.New(rand.NewPCG(seed, uint64(1000*i+k)))
			list = append(list, drawCell(s, means[moved], moved, asked, limit, r)...)
		}
	}
	return list
}

// drawCell draws the trials of one moved and one asked attribute.
func drawCell(s *ravelSample, means *ravelMeans, moved, asked string, limit int, r *rand.Rand) (cell []*ravelTrial) {
	var known []*ravelFact
	for _, f := range s.facts {
		if v := f.entity.Values[moved]; f.known && f.prompt.Attribute == asked && v != "" && means.has(v) {
			known = append(known, f)
		}
	}
	for _, i := range r.Perm(len(known)) {
		base := known[i]
		if len(cell) == limit {
			break
		}
		if slices.ContainsFunc(cell, func(t *ravelTrial) bool { return t.base.entity == base.entity }) {
			continue
		}
		for _, j := range r.Perm(len(known)) {
			source := known[j]
			if t := (ravelTrial{moved, base, source, source.entity.Values[moved], base.entity.Values[moved]}); source.prompt == base.prompt &&
				source.answer != base.answer && source.value != base.value && t.to != t.from {
				cell = append(cell, &t)
				break
			}
		}
	}
	return cell
}
