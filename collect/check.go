package collect

import (
	"fmt"
	"math"

	"premlp/collect/dataset"
)

// Finding is what a check has to say of a question or of the whole job.
type Finding struct {
	Check    string `json:"check"`    // "bytes", "tokens", "decode", "coverage", "balance", "names", "leak", "duplicates", "templates", "rebuild"
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
	c := newDesign(d)
	for i := range questions {
		c.add(&questions[i])
	}
	return c.done()
}

// design is CheckDesign of questions that come one at a time. It keeps counts
// and names, no question.
type design struct {
	decoder  Decoder // nil: token indices cannot be proved
	findings []Finding
	inexact  int    // questions whose tokens do not decode to the prompt
	first    string // of them
	coverage *coverage
	balance  *balance
	names    *names // nil: it is not known which concepts there are
}

func newDesign(d Decoder) *design {
	return &design{decoder: d, findings: []Finding{}, coverage: newCoverage(), balance: newBalance()}
}

// add checks the next question.
func (c *design) add(q *dataset.Question) {
	c.coverage.add(q)
	c.balance.add(q)
	if c.names != nil {
		c.names.add(q)
	}
	if c.decoder == nil {
		return
	}
	if err := checkTokens(q, c.decoder); err != nil {
		c.findings = append(c.findings, Finding{Check: "tokens", Question: q.ID, Message: err.Error(), Fatal: true})
		return
	}
	exact, err := checkDecoded(q, c.decoder)
	if err != nil {
		c.findings = append(c.findings, Finding{Check: "decode", Question: q.ID, Message: err.Error(), Fatal: true})
	} else if !exact {
		if c.inexact++; c.inexact == 1 {
			c.first = q.ID
		}
	}
}

// done returns what was found.
func (c *design) done() []Finding {
	findings := c.findings
	if c.inexact > 0 {
		findings = append(findings, Finding{Check: "decode", Message: fmt.Sprintf(
			"the tokens of %d questions, %s first, do not decode to the prompt: their places are proved by byte spans only", c.inexact, c.first)})
	}
	findings = append(findings, c.coverage.done()...)
	findings = append(findings, c.balance.done()...)
	if c.names != nil {
		findings = append(findings, c.names.done()...)
	}
	return findings
}

// CheckRows checks one question's rows at one site and layer as they come from
// the model: their number, and that every value is finite.
func CheckRows(q *dataset.Question, site string, layer int, rows []float32, dim int) error {
	if want := len(q.Rows) * dim; len(rows) != want {
		return fmt.Errorf("question %s: %s.%d: want [%d, %d] values, have %d", q.ID, site, layer, len(q.Rows), dim, len(rows))
	}
	if finite(rows) {
		return nil
	}
	for i, v := range rows {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("question %s: %s.%d: token %d, value %d: want a finite number, have %v", q.ID, site, layer, q.Rows[i/dim], i%dim, v)
		}
	}
	return nil
}

// finite reports whether no value is NaN or infinite. Times 0 these are NaN, as
// is every sum with one of them; four sums do not wait for each other.
func finite(values []float32) bool {
	var a, b, c, d float32
	for len(values) >= 4 {
		a += values[0] * 0
		b += values[1] * 0
		c += values[2] * 0
		d += values[3] * 0
		values = values[4:]
	}
	for _, v := range values {
		a += v * 0
	}
	return a+b+c+d == 0
}
