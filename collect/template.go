package collect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Placeholder is where a template names the concept.
const Placeholder = "{concept}"

// Template is a question with a place for the concept: {concept}, or one of the
// other places of [Forms].
type Template struct {
	Text   string
	Type   string // what it asks for: "capital", "language" …
	Origin string // OriginGenerated, or "" for one that a person wrote
}

// OriginGenerated marks a template that a model wrote.
const OriginGenerated = "generated"

// Question returns the template's question about a concept, by its name.
func (t Template) Question(concept string) string {
	return strings.ReplaceAll(t.Text, Placeholder, concept)
}

// TemplateSet is templates with what goes with them.
type TemplateSet struct {
	Templates []Template
	// Answers are the right answers to a template's question: by its text, then
	// by concept.
	Answers map[string]map[string][]string
	// Forms are how questions name a concept beside its name.
	Forms map[string]Forms
}

// SeedTemplates are the five questions asked by default.
var SeedTemplates = []Template{
	{Text: "What is the capital of {concept}?", Type: "capital"},
	{Text: "What language do they speak in {concept}?", Type: "language"},
	{Text: "What continent is {concept} located in?", Type: "continent"},
	{Text: "Name a famous landmark in {concept}.", Type: "landmark"},
	{Text: "What is the largest city in {concept}?", Type: "largest city"},
}

// Forms are the forms of a concept that a template may ask for. None is guessed:
// a form that a template asks for and that is not given is an error.
//
//	{concept}      the name itself
//	{the concept}  WithArticle: "the Netherlands"
//	{concept's}    Possessive: "the Netherlands'"
//	{Concept}      SentenceStart: "The Netherlands", "Jazz"
type Forms struct {
	WithArticle   string
	Possessive    string
	SentenceStart string

	Aliases     []string // other names, which questions about others must not hold
	Paraphrases []string // descriptions that do not name it
}

// places are what stands in a template for the concept, and the key of each
// one's form in a file.
var places = []struct {
	text, key string
	form      func(Forms) string
}{
	{"{the concept}", "with_article", func(f Forms) string { return f.WithArticle }},
	{"{concept's}", "possessive", func(f Forms) string { return f.Possessive }},
	{"{Concept}", "sentence_start", func(f Forms) string { return f.SentenceStart }},
}

// hasPlace reports whether a template's text has a place for the concept.
func hasPlace(text string) bool {
	for _, p := range places {
		if strings.Contains(text, p.text) {
			return true
		}
	}
	return strings.Contains(text, Placeholder)
}

// plain reports whether the name is the only form the template asks for.
func (t Template) plain() bool {
	for _, p := range places {
		if strings.Contains(t.Text, p.text) {
			return false
		}
	}
	return true
}

// naming is how the questions about a concept name it.
type naming struct {
	set, concept string
	name         string // put for {concept}: the concept, or a paraphrase of it
	paraphrase   bool
	forms        Forms
}

// ask returns a template's question, and what names the concept in it: the
// concept itself where what stands in the last place holds it, else all that
// stands there.
func (t Template) ask(n naming) (text, located string, err error) {
	text = t.Text
	last, at := "", -1
	put := func(place, form string) {
		if i := strings.LastIndex(t.Text, place); i > at {
			last, at = form, i
		}
		text = strings.ReplaceAll(text, place, form)
	}
	put(Placeholder, n.name)
	for _, p := range places {
		if !strings.Contains(t.Text, p.text) {
			continue
		}
		form := p.form(n.forms)
		if n.paraphrase {
			if form = n.name; p.key != "with_article" {
				return "", "", fmt.Errorf("template %q: a paraphrase has no form for %s", t.Text, p.text)
			}
		}
		if form == "" {
			return "", "", fmt.Errorf("template %q: %s: want the %s of %q in the templates' file, have none", t.Text, p.text, p.key, n.concept)
		}
		put(p.text, form)
	}
	if _, err := LastOccurrence(last, n.concept); at < 0 || err == nil {
		return text, n.concept, nil
	}
	return text, last, nil
}

// Concepts lists the concepts that the set has forms of, sorted.
func (s *TemplateSet) Concepts() []string {
	return append([]string{}, slices.Sorted(maps.Keys(s.Forms))...)
}
