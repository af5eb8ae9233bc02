package quality

import (
	"fmt"

	"premlp/collect/dataset"
)

// Verdict says how a measure stands against its thresholds.
type Verdict int

// The verdicts, from good to bad.
const (
	OK   Verdict = iota
	Look         // unusual: see what it is before using the rows
	Bad          // the rows are not fit for use as they are
)

var verdictNames = [...]string{OK: "ok", Look: "look", Bad: "bad"}

func (v Verdict) String() string { return verdictNames[v] }

// MarshalText writes "ok", "look" or "bad".
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Verdict) UnmarshalText(b []byte) error {
	for k, name := range verdictNames {
		if name == string(b) {
			*v = Verdict(k)
			return nil
		}
	}
	return fmt.Errorf("verdict: want ok, look or bad, have %q", b)
}

// Check is one measure held against its thresholds.
type Check struct {
	Name    string  `json:"name"`
	Set     string  `json:"set,omitempty"` // target or control; empty for both
	Value   float64 `json:"value"`
	Look    float64 `json:"look"` // past it the verdict is look
	Bad     float64 `json:"bad"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`            // the value in words
	Advice  string  `json:"advice,omitempty"` // what to do, unless ok
}

// limit is a row of the table of thresholds. Values above look and bad are
// worse, or below them where low is set.
type limit struct {
	look, bad float64
	low       bool
	advice    string
}

// limits is every check and its thresholds.
var limits = map[string]limit{
	"not_finite": {look: 0, bad: 0, advice: "run verify; make the dataset again, with f32 or bf16 where f16 overflows"},
	"duplicates": {look: 0, bad: 1, // the first layer's resid_pre is a table of tokens: all may repeat
		advice: "rows of one token repeat at the first layer's resid_pre, which is of no use then; elsewhere look for questions asked twice"},
	"dead": {look: 0, bad: 0.05,
		advice: "leave these coordinates out before whitening or scaling; in mlp_in look at the norm's weight, which may be 0 there"},
	"saturated": {look: 0, bad: 0.05,
		advice: "values look clipped; see whether the model or the dtype limits them"},
	"outliers": {look: 0, bad: 0.05,
		advice: "see which tokens these are; leave them out, or use medians, before taking means"},
	"norms": {look: 4, bad: 20,
		advice: "a few long rows dominate means and products; scale rows to one length, or leave these out"},
	"rank": {look: 2, bad: 1.2, low: true,
		advice: "nearly all variance lies on a few directions; look at the leading ones before trusting a difference of means"},
	"cosine": {look: 0.95, bad: 0.999,
		advice: "rows point nearly one way; take the common mean away before comparing them"},
	"drift": {look: 0.1, bad: -0.5, low: true,
		advice: "the difference between the sets depends on the template here; use another layer, or more templates"},
	"position": {look: 0.1, bad: 0.25,
		advice: "ask both sets the same questions, and pick controls whose names have as many tokens"},
	"token": {look: 0.1, bad: 0.25,
		advice: "the sets differ in the tokens themselves; ask both the same questions, or compare equal tokens only"},
	"template": {look: 0.1, bad: 0.25,
		advice: "ask both sets each template equally often"},
}

// newCheck holds a value against the thresholds of its name.
func newCheck(name, set string, value float64, format string, args ...any) Check {
	l := limits[name]
	past := func(bound float64) bool {
		if l.low {
			return value < bound
		}
		return value > bound
	}
	c := Check{Name: name, Set: set, Value: value, Look: l.look, Bad: l.bad, Found: fmt.Sprintf(format, args...)}
	switch {
	case past(l.bad):
		c.Verdict = Bad
	case past(l.look):
		c.Verdict = Look
	}
	if c.Verdict != OK {
		c.Advice = l.advice
	}
	return c
}

// check holds a layer's measures against the thresholds.
func (l *Layer) check(dim int) {
	for _, s := range []struct {
		name string
		*Set
	}{{dataset.Target, &l.Target}, {dataset.Control, &l.Control}} {
		l.Checks = append(l.Checks, newCheck("not_finite", s.name, float64(s.NotFinite), "%d values that are NaN or infinite", s.NotFinite))
		if l.Between != nil { // the rest was measured
			l.Checks = append(l.Checks, s.checks(s.name, dim)...)
		}
	}
	if d := l.Drift; d != nil {
		l.Checks = append(l.Checks, newCheck("drift", "", d.Cosine, "cosine %.2f of the sets' difference in %q with that of the other templates", d.Cosine, d.Template))
	}
	l.Verdict = worst(l.Checks)
}

// fewRows is the least number of rows whose spread is judged.
const fewRows = 8

func (s *Set) checks(set string, dim int) []Check {
	n, d := float64(s.Rows), float64(dim)
	list := []Check{newCheck("duplicates", set, float64(s.Duplicates)/n, "%d of %d rows repeat an earlier one", s.Duplicates, s.Rows)}
	if s.Rows < fewRows {
		return list
	}
	return append(list,
		newCheck("dead", set, float64(s.Dead)/d, "%d of %d coordinates have one value", s.Dead, dim),
		newCheck("saturated", set, float64(s.Saturated)/d, "%d of %d coordinates stop at one value", s.Saturated, dim),
		newCheck("outliers", set, float64(s.Outlying)/n, "%d of %d rows lie far from others of their token", s.Outlying, s.Rows),
		newCheck("norms", set, min(s.Norms.Max/max(s.Norms.Median, tiny), 1e9), "the longest row is %.3g, the median %.3g", s.Norms.Max, s.Norms.Median),
		newCheck("rank", set, s.Rank.Participation, "participation ratio %.1f, entropy rank %.1f, of %d at most", s.Rank.Participation, s.Rank.Entropy, s.Rank.Most),
		newCheck("cosine", set, s.Cosine.Mean, "mean cosine of two rows %.3f", s.Cosine.Mean))
}
