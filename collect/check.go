package collect

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"premlp/collect/dataset"
)

// Finding is what a check has to say of a question or of the whole job.
type Finding struct {
	Check    string `json:"check"`    // "bytes", "tokens", "decode", "coverage", "balance", "rebuild"
	Question string `json:"question"` // its id; "" for the whole job
	Message  string `json:"message"`
	Fatal    bool   `json:"fatal"` // the run cannot be trusted
}

// String returns the finding as one line.
func (f Finding) String() string {
	if f.Question == "" {
		return fmt.Sprintf("%s: %s", f.Check, f.Message)
	}
	return fmt.Sprintf("%s: question %s: %s", f.Check, f.Question, f.Message)
}

// CheckDesign checks a job's questions before any model runs: that the selected
// tokens are those after the concept, proved by decoding them back; that every
// concept is asked every template once; that the sets are balanced.
func CheckDesign(questions []dataset.Question, d Decoder) []Finding {
	findings := []Finding{}
	var inexact []string
	for i := range questions {
		q := &questions[i]
		if err := checkTokens(q, d); err != nil {
			findings = append(findings, Finding{Check: "tokens", Question: q.ID, Message: err.Error(), Fatal: true})
			continue
		}
		exact, err := checkDecoded(q, d)
		if err != nil {
			findings = append(findings, Finding{Check: "decode", Question: q.ID, Message: err.Error(), Fatal: true})
		} else if !exact {
			inexact = append(inexact, q.ID)
		}
	}
	if inexact != nil {
		findings = append(findings, Finding{Check: "decode", Message: fmt.Sprintf(
			"the tokens of %d questions, %s first, do not decode to the prompt: their places are proved by byte spans only", len(inexact), inexact[0])})
	}
	findings = append(findings, checkCoverage(questions)...)
	return append(findings, checkBalance(questions)...)
}

// checkCoverage checks that every concept is asked every template exactly once.
func checkCoverage(questions []dataset.Question) []Finding {
	asked := map[[2]string]string{} // concept, template → question
	concepts, templates := map[string]bool{}, map[string]bool{}
	var findings []Finding
	for _, q := range questions {
		if q.Template == "" {
			continue // a question of one's own
		}
		concepts[q.Concept], templates[q.Template] = true, true
		if before, twice := asked[[2]string{q.Concept, q.Template}]; twice {
			findings = append(findings, Finding{Check: "coverage", Question: q.ID, Fatal: true,
				Message: fmt.Sprintf("%q is asked %q in question %s already", q.Concept, q.Template, before)})
		}
		asked[[2]string{q.Concept, q.Template}] = q.ID
	}
	for _, c := range slices.Sorted(maps.Keys(concepts)) {
		for _, t := range slices.Sorted(maps.Keys(templates)) {
			if _, ok := asked[[2]string{c, t}]; !ok {
				findings = append(findings, Finding{Check: "coverage", Fatal: true, Message: fmt.Sprintf("%q is not asked %q", c, t)})
			}
		}
	}
	return findings
}

// checkBalance checks that both sets have questions, and reports what differs
// between concepts beside the concept: the rows a template gives, and the
// tokens a concept takes, by which all positions behind it are shifted.
func checkBalance(questions []dataset.Question) []Finding {
	var findings []Finding
	sets := map[string]int{}
	rows, sizes := map[string]bounds{}, map[string]bounds{}
	for _, q := range questions {
		sets[q.Set]++
		rows[q.Template] = rows[q.Template].with(len(q.Rows))
		sizes[q.Set] = sizes[q.Set].with(q.TokenSpan[1] - q.TokenSpan[0])
	}
	for _, set := range []string{dataset.Target, dataset.Control} {
		if sets[set] == 0 {
			findings = append(findings, Finding{Check: "balance", Fatal: true, Message: fmt.Sprintf("the %s set has no question", set)})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(rows)) {
		if r := rows[t]; r.low != r.high && t != "" {
			findings = append(findings, Finding{Check: "balance", Message: fmt.Sprintf("%q has %d to %d rows, depending on the concept", t, r.low, r.high)})
		}
	}
	if t, c := sizes[dataset.Target], sizes[dataset.Control]; t != c && t != (bounds{}) && c != (bounds{}) {
		findings = append(findings, Finding{Check: "balance", Message: fmt.Sprintf(
			"tokens of the concept: %v in target questions, %v in control questions, which shifts what stands behind it", t, c)})
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

// CheckRows checks one question's rows at one site and layer as they come from
// the model: their number, and that every value is finite.
func CheckRows(q dataset.Question, site string, layer int, rows []float32, dim int) error {
	if want := len(q.Rows) * dim; len(rows) != want {
		return fmt.Errorf("question %s: %s.%d: want [%d, %d] values, have %d", q.ID, site, layer, len(q.Rows), dim, len(rows))
	}
	for i, v := range rows {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("question %s: %s.%d: token %d, value %d: want a finite number, have %v", q.ID, site, layer, q.Rows[i/dim], i%dim, v)
		}
	}
	return nil
}
