package collect

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"premlp/collect/dataset"
)

// Finding is what a check has to say of a question or of the whole job.
type Finding struct {
	Check    string `json:"check"`    // "bytes", "tokens", "balance", "coverage"
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
	for i := range questions {
		if err := checkTokens(&questions[i], d); err != nil {
			findings = append(findings, Finding{Check: "tokens", Question: questions[i].ID, Message: err.Error(), Fatal: true})
		}
	}
	findings = append(findings, checkCoverage(questions)...)
	return append(findings, checkBalance(questions)...)
}

// checkTokens proves a question's token indices by decoding: all tokens
// together are the prompt, those of the span cover the concept, those before
// and after it do not touch it, and the rows are all tokens after it.
func checkTokens(q *dataset.Question, d Decoder) error {
	if err := q.Validate(); err != nil {
		return err
	}
	concept := q.Prompt[q.PromptSpan[0]:q.PromptSpan[1]]
	if concept != q.Concept {
		return fmt.Errorf("want %q at bytes %v of the prompt, have %q", q.Concept, q.PromptSpan, concept)
	}
	for i, s := range q.Spans {
		inside := i >= q.TokenSpan[0] && i < q.TokenSpan[1]
		touches := s[0] < s[1] && s[0] < q.PromptSpan[1] && s[1] > q.PromptSpan[0]
		if touches && !inside || inside && !touches && (i == q.TokenSpan[0] || i == q.TokenSpan[1]-1) {
			return fmt.Errorf("token %d, bytes %v: want the concept's tokens to be %v", i, s, q.TokenSpan)
		}
	}
	if n := len(q.IDs) - q.TokenSpan[1]; len(q.Rows) != n || int(q.Rows[0]) != q.TokenSpan[1] {
		return fmt.Errorf("rows: want the %d tokens from %d on, have %d from %d", n, q.TokenSpan[1], len(q.Rows), q.Rows[0])
	}
	for i, row := range q.Rows {
		text, err := d.Decode(q.IDs[row:row+1], false)
		if err != nil {
			return err
		}
		if text != q.Tokens[i] {
			return fmt.Errorf("row %d: want token %q, have %q", row, text, q.Tokens[i])
		}
	}
	return decodeBack(q, d)
}

// decodeBack checks that the concept's tokens decode to a text that holds the
// concept, and that nothing before or after them has to be read for it.
func decodeBack(q *dataset.Question, d Decoder) error {
	text, err := d.Decode(q.IDs[q.TokenSpan[0]:q.TokenSpan[1]], false)
	if err != nil {
		return err
	}
	// Some tokenizers compose characters before they look them up.
	if !strings.Contains(norm.NFC.String(text), norm.NFC.String(q.Concept)) {
		return fmt.Errorf("tokens %v: want a text that holds %q, have %q", q.TokenSpan, q.Concept, text)
	}
	return nil
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

// checkBalance checks that both sets have questions, and reports templates
// whose questions have different numbers of rows: position then differs
// between concepts.
func checkBalance(questions []dataset.Question) []Finding {
	var findings []Finding
	sets := map[string]int{}
	rows := map[string][]int{} // template → smallest and largest number of rows
	for _, q := range questions {
		sets[q.Set]++
		n := len(q.Rows)
		if r, ok := rows[q.Template]; ok {
			rows[q.Template] = []int{min(r[0], n), max(r[1], n)}
		} else {
			rows[q.Template] = []int{n, n}
		}
	}
	for _, set := range []string{dataset.Target, dataset.Control} {
		if sets[set] == 0 {
			findings = append(findings, Finding{Check: "balance", Fatal: true, Message: fmt.Sprintf("the %s set has no question", set)})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(rows)) {
		if r := rows[t]; r[0] != r[1] && t != "" {
			findings = append(findings, Finding{Check: "balance", Message: fmt.Sprintf("%q has %d to %d rows, depending on the concept", t, r[0], r[1])})
		}
	}
	return findings
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
