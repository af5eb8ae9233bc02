package collect

import (
	"fmt"
	"maps"
	"slices"

	"premlp/collect/dataset"
)

// balance checks that both sets have questions, and reports what differs between
// concepts beside the concept: the rows a template gives, and the tokens a
// concept takes, by which all positions behind it are shifted.
type balance struct {
	questions map[string]int    // of a set
	rows      map[string]bounds // of a template's questions
	sizes     map[string]bounds // tokens of the concepts of a set
	controls  map[int]int       // control questions by the tokens of their concept
}

func newBalance() *balance {
	return &balance{questions: map[string]int{}, rows: map[string]bounds{}, sizes: map[string]bounds{}, controls: map[int]int{}}
}

// add takes the next question.
func (b *balance) add(q *dataset.Question) {
	b.questions[q.Set]++
	b.rows[q.Template] = b.rows[q.Template].with(len(q.Rows))
	size := q.TokenSpan[1] - q.TokenSpan[0]
	b.sizes[q.Set] = b.sizes[q.Set].with(size)
	if q.Set == dataset.Control {
		b.controls[size]++
	}
}

// done returns what was found.
func (b *balance) done() []Finding {
	var findings []Finding
	for _, set := range []string{dataset.Target, dataset.Control} {
		if b.questions[set] == 0 {
			findings = append(findings, Finding{Check: "balance", Fatal: true, Message: fmt.Sprintf("the %s set has no question", set)})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(b.rows)) {
		if r := b.rows[t]; r.low != r.high && t != "" {
			findings = append(findings, Finding{Check: "balance", Message: fmt.Sprintf("%q has %d to %d rows, depending on the concept", t, r.low, r.high)})
		}
	}
	if t, c := b.sizes[dataset.Target], b.sizes[dataset.Control]; t != c && t != (bounds{}) && c != (bounds{}) {
		alike := 0
		for size, n := range b.controls {
			if size >= t.low && size <= t.high {
				alike += n
			}
		}
		findings = append(findings, Finding{Check: "balance", Message: fmt.Sprintf(
			"tokens of the concept: %v in target questions, %v in control questions (%d of %d as many), which shifts what stands behind it",
			t, c, alike, b.questions[dataset.Control])})
	}
	return findings
}

// bounds are the smallest and largest of positive numbers; the zero value has
// seen none.
type bounds struct{ low, high int }

func (b bounds) with(n int) bounds {
	if b == (bounds{}) {
		return bounds{n, n}
	}
	return bounds{min(b.low, n), max(b.high, n)}
}

// String returns "2" or "1 to 3".
func (b bounds) String() string {
	if b.low == b.high {
		return fmt.Sprint(b.low)
	}
	return fmt.Sprintf("%d to %d", b.low, b.high)
}
