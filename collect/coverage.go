package collect

import (
	"fmt"
	"maps"
	"slices"

	"premlp/collect/dataset"
)

// coverage checks that every concept is asked every template exactly once, or
// once by each of its paraphrases.
type coverage struct {
	concepts, templates map[string]int
	names               map[string]int    // other than the concept's own, which is 0
	asked               map[[3]int]string // concept, template, name → question
	covered             map[[2]int]bool   // concept, template: asked by another name
	findings            []Finding
}

func newCoverage() *coverage {
	return &coverage{
		concepts: map[string]int{}, templates: map[string]int{}, names: map[string]int{"": 0},
		asked: map[[3]int]string{}, covered: map[[2]int]bool{},
	}
}

// add takes the next question. One of one's own has no template and is passed over.
func (c *coverage) add(q *dataset.Question) {
	if q.Template == "" {
		return
	}
	concept, template := number(c.concepts, q.Concept), number(c.templates, q.Template)
	by := [3]int{concept, template, number(c.names, q.Located)}
	if q.Located != "" {
		c.covered[[2]int{concept, template}] = true
	}
	if before, twice := c.asked[by]; twice {
		c.findings = append(c.findings, Finding{Check: "coverage", Question: q.ID, Fatal: true,
			Message: fmt.Sprintf("%q is asked %q in question %s already", q.Concept, q.Template, before)})
	}
	c.asked[by] = q.ID
}

// number numbers names in the order in which they come.
func number(names map[string]int, name string) int {
	n, ok := names[name]
	if !ok {
		n = len(names)
		names[name] = n
	}
	return n
}

// done returns what was found.
func (c *coverage) done() []Finding {
	findings := c.findings
	for _, concept := range slices.Sorted(maps.Keys(c.concepts)) {
		for _, t := range slices.Sorted(maps.Keys(c.templates)) {
			pair := [2]int{c.concepts[concept], c.templates[t]}
			if _, ok := c.asked[[3]int{pair[0], pair[1], 0}]; !ok && !c.covered[pair] {
				findings = append(findings, Finding{Check: "coverage", Fatal: true, Message: fmt.Sprintf("%q is not asked %q", concept, t)})
			}
		}
	}
	return findings
}
