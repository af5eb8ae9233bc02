package collect

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"

	"premlp/collect/dataset"
)

// names checks that questions name no concept but their own: neither by its name
// nor by an alias, in whatever case, as whole words.
type names struct {
	target   string
	concepts map[string]string // words of a name or alias → its concept
	longest  int               // words of a name
	findings []Finding

	others, answers count
}

// count is how many questions something is true of, and what it is in the first.
type count struct {
	n     int
	first string
}

func (c *count) add(format string, args ...any) {
	if c.n++; c.n == 1 {
		c.first = fmt.Sprintf(format, args...)
	}
}

// newNames learns the names of a job's concepts and checks them against each
// other.
func newNames(j *Job) *names {
	c := &names{target: j.Target, concepts: map[string]string{}}
	if j.Questions != nil {
		for _, q := range j.Questions {
			c.learn(q.Concept, q.Concept)
		}
		return c
	}
	concepts := append([]string{j.Target}, j.Controls...)
	for _, concept := range concepts {
		if before := c.learn(concept, concept); before != "" {
			c.warn("%q and %q differ in case or punctuation only", before, concept)
		}
	}
	for _, concept := range concepts {
		for _, alias := range j.Forms[concept].Aliases {
			if other := c.learn(alias, concept); other != "" && other != concept {
				c.findings = append(c.findings, Finding{Check: "names", Fatal: true, Message: fmt.Sprintf("%q is an alias of %q and names %q", alias, concept, other)})
			}
		}
	}
	c.compare(concepts)
	return c
}

// learn notes a name and returns the concept that has it already, "" if none.
func (c *names) learn(name, concept string) (before string) {
	words := words(name)
	key := strings.Join(words, " ")
	if before, known := c.concepts[key]; known || key == "" {
		return before
	}
	c.concepts[key] = concept
	c.longest = max(c.longest, len(words))
	return ""
}

// compare reports concepts whose names hold those of others.
func (c *names) compare(concepts []string) {
	var inside count
	target := false
	for _, concept := range concepts {
		for _, other := range c.named(concept) {
			if other != concept && len(words(other)) < len(words(concept)) {
				inside.add("%q holds %q", concept, other)
				target = target || other == c.target || concept == c.target
			}
		}
	}
	if inside.n > 0 {
		note := ""
		if target {
			note = "; the target is among them, so its questions and the controls' share words"
		}
		c.warn("%d concepts have names that hold another's, as %s%s", inside.n, inside.first, note)
	}
}

func (c *names) warn(format string, args ...any) {
	c.findings = append(c.findings, Finding{Check: "names", Message: fmt.Sprintf(format, args...)})
}

// named lists the concepts that a text names.
func (c *names) named(text string) []string {
	list := words(text)
	var found []string
	for from := range list {
		for to := from + 1; to <= min(from+c.longest, len(list)); to++ {
			if concept, ok := c.concepts[strings.Join(list[from:to], " ")]; ok {
				found = append(found, concept)
			}
		}
	}
	return found
}

// add checks the next question, without what names its own concept.
func (c *names) add(q *dataset.Question) {
	rest := strings.ReplaceAll(q.Text, q.Name(), " | ")
	for _, other := range c.named(rest) {
		switch {
		case other == q.Concept:
			continue // by another of its names
		case other == c.target && q.Set == dataset.Control && q.Template != "":
			c.findings = append(c.findings, Finding{Check: "leak", Question: q.ID, Fatal: true, Message: fmt.Sprintf("a control question names the target: %q", q.Text)})
		default:
			c.others.add("%s: %q names %q", q.ID, q.Text, other)
		}
	}
	for _, answer := range q.Answers {
		if holds(rest, answer) {
			c.answers.add("%s: %q holds its answer %q", q.ID, q.Text, answer)
		}
	}
}

// done returns what was found.
func (c *names) done() []Finding {
	findings := c.findings
	if c.others.n > 0 {
		findings = append(findings, Finding{Check: "leak", Message: fmt.Sprintf("%d questions name another concept than their own, first %s", c.others.n, c.others.first)})
	}
	if c.answers.n > 0 {
		findings = append(findings, Finding{Check: "leak", Message: fmt.Sprintf("%d questions hold their own answer, first %s", c.answers.n, c.answers.first)})
	}
	return findings
}

// words are the words of a text in one case, without punctuation.
func words(text string) []string {
	return strings.FieldsFunc(cases.Fold().String(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	})
}

// holds reports whether a text names something as a word of its own, in whatever
// case.
func holds(text, name string) bool {
	fold := cases.Fold()
	_, err := LastOccurrence(fold.String(text), fold.String(name))
	return err == nil
}

// checkTemplates reports templates that ask the same in other words of the same
// letters.
func checkTemplates(templates []Template) []Finding {
	var findings []Finding
	seen := map[string]string{}
	generated := 0
	for _, t := range templates {
		key := strings.Join(words(t.Text), " ")
		if before, twice := seen[key]; twice {
			findings = append(findings, Finding{Check: "duplicates", Message: fmt.Sprintf("%q and %q differ in case or punctuation only", before, t.Text)})
		}
		seen[key] = t.Text
		if t.Origin == OriginGenerated {
			generated++
		}
	}
	if generated > 0 {
		findings = append(findings, Finding{Check: "templates", Message: fmt.Sprintf("%d of %d templates were written by a model", generated, len(templates))})
	}
	return findings
}
