package collect

import (
	"fmt"
	"maps"
	"slices"

	"premlp/collect/dataset"
)

// coverage checks that every concept is asked every template exactly once.
type coverage struct {
	concepts, templates map[string]int
	asked               map[[2]int]string // concept, template → question
	findings            []Finding
}

func newCoverage() *coverage {
	return &coverage{concepts: map[string]int{}, templates: map[string]int{}, asked: map[[2]int]string{}}
}

// add takes the next question. One of one's own has no template and is passed over.
func (c *coverage) add(q *dataset.Question) {
	if q.Template == "" {
		return
	}
	pair := [2]int{number(c.concepts, q.Concept), number(c.templates, q.Template)}
	if before, twice := c.asked[pair]; twice {
		c.findings = append(c.findings, Finding{Check: "coverage", Question: q.ID, Fatal: true,
			Message: fmt.Sprintf("%q is asked %q in question %s already", q.Concept, q.Template, before)})
	}
	c.asked[pair] = q.ID
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
			if _, ok := c.asked[[2]int{c.concepts[concept], c.templates[t]}]; !ok {
				findings = append(findings, Finding{Check: "coverage", Fatal: true, Message: fmt.Sprintf("%q is not asked %q", concept, t)})
			}
		}
	}
	return findings
}
