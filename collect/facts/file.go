package facts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Placeholder is where a question names the concept.
const Placeholder = "{concept}"

// maxBytes bounds a file of facts.
const maxBytes = 64 << 20

// File is the contents of a file of facts.
type File struct {
	About        string
	Concepts     []Concept
	Templates    []Template
	Folds        []int             // [templates], or nil
	Descriptions map[string]string // by fact
	Answers      map[string]Answer // by fact
}

// Concept is something that facts are known of.
type Concept struct {
	Name  string
	Facts map[string]string // "capital" → "Paris"
}

// Template is a question with a place for the concept.
type Template struct {
	Text string
	Seed bool // one of the five questions asked by default
}

// Answer says how a fact is asked for and how the answer begins.
type Answer struct {
	Question string // holds {concept}
	Prefix   string // "The capital is"; the fact follows after a space
}

// Names lists the concepts' names.
func (f *File) Names() []string {
	var names []string
	for _, c := range f.Concepts {
		names = append(names, c.Name)
	}
	return names
}

// Read reads a file of facts.
func Read(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return nil, err
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Parse reads the JSON of a file of facts. One error lists what is wrong.
func Parse(data []byte) (*File, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("want at most %d bytes, have %d", maxBytes, len(data))
	}
	f, err := decode(data)
	if err != nil {
		return nil, err
	}
	return f, f.check()
}

// check holds the file's parts against each other.
func (f *File) check() error {
	var problems []error
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(f.Concepts) < 2 {
		fail("concepts: want at least two, have %d", len(f.Concepts))
	}
	if len(f.Answers) == 0 {
		fail("answers: want at least one, have none")
	}
	f.checkConcepts(fail)
	if f.Folds != nil && len(f.Folds) != len(f.Templates) {
		fail("folds: want one of each of %d templates, have %d", len(f.Templates), len(f.Folds))
	}
	for i, fold := range f.Folds {
		if fold < 0 {
			fail("folds[%d]: want a number from 0 on, have %d", i, fold)
		}
	}
	for i, t := range f.Templates {
		if !strings.Contains(t.Text, Placeholder) {
			fail("templates[%d]: want a text with %s, have %q", i, Placeholder, t.Text)
		}
		if slices.ContainsFunc(f.Templates[:i], func(before Template) bool { return before.Text == t.Text }) {
			fail("templates[%d]: want each once, have %q again", i, t.Text)
		}
	}
	for fact, text := range f.Descriptions {
		if place := "{" + fact + "}"; !strings.Contains(text, place) {
			fail("descriptions: %s: want a text with %s, have %q", fact, place, text)
		}
	}
	for fact, a := range f.Answers {
		if !strings.Contains(a.Question, Placeholder) {
			fail("answers: %s: question: want a text with %s, have %q", fact, Placeholder, a.Question)
		}
		if strings.TrimSpace(a.Prefix) != a.Prefix {
			fail("answers: %s: prefix: want no space around it, have %q", fact, a.Prefix)
		}
	}
	if n := len(problems) - maxListed; n > 0 {
		problems = append(problems[:maxListed:maxListed], fmt.Errorf("and %d more", n))
	}
	return errors.Join(problems...)
}

// maxListed is how many problems one error lists.
const maxListed = 20

// checkConcepts wants every concept once, with the facts that are asked for or
// described.
func (f *File) checkConcepts(fail func(format string, args ...any)) {
	var wanted []string
	for fact := range f.Answers {
		wanted = append(wanted, fact)
	}
	for fact := range f.Descriptions {
		wanted = append(wanted, fact)
	}
	slices.Sort(wanted)
	seen := map[string]bool{}
	for i, c := range f.Concepts {
		if seen[c.Name] {
			fail("concepts[%d]: want each once, have %q again", i, c.Name)
		}
		seen[c.Name] = true
		for _, fact := range slices.Compact(slices.Clone(wanted)) {
			if c.Facts[fact] == "" {
				fail("concepts[%d]: %q: want its %s, have none", i, c.Name, fact)
			}
		}
	}
}

// Description is what names a concept in place of its name: the text that
// Descriptions has by a fact, with the concept's own.
func (f *File) Description(fact string, c Concept) string {
	return strings.ReplaceAll(f.Descriptions[fact], "{"+fact+"}", c.Facts[fact])
}
