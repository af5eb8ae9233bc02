package related

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"premlp/collect"
)

// Questions says which templates a model is to write.
type Questions struct {
	Concept  string // they are written about it, and its name is replaced
	Begun    []collect.Template
	N        int // templates wanted
	Seed     uint64
	Settings Settings // Lists 0: questionLists
}

// Bounds of what a model writes.
const (
	questionLists  = 6
	questionTokens = 24
	shownTemplates = 4 // of those begun with, as examples
	minWords       = 4
	maxQuestion    = 16 // words
)

// WriteTemplates lets a loaded model write more templates. It goes on with a list
// of questions about a concept that begins with some of Begun; a question is kept
// that names the concept once, does not begin with it, and is none of those there
// are. They are marked as generated. Fewer than wanted are no error.
func WriteTemplates(ctx context.Context, l *collect.Loaded, q Questions, o LocalOptions) ([]collect.Template, error) {
	if err := (Request{Concept: q.Concept, N: q.N, Settings: q.Settings}).Check(); err != nil {
		return nil, err
	}
	if len(q.Begun) == 0 {
		return nil, errors.New("templates: want some to begin with, have none")
	}
	s := q.Settings.withDefaults(questionLists)
	shown := q.Begun[:min(shownTemplates, len(q.Begun))]
	var begun []string
	for i, t := range shown {
		begun = append(begun, fmt.Sprintf("%d. %s", i+1, t.Question(q.Concept)))
	}
	message := fmt.Sprintf("Give me a list of %d different short questions about %s, one per line.", len(shown)+q.N, q.Concept)
	ids, err := listPrompt(l, o, message, fmt.Sprintf("A list of different short questions about %s:\n", q.Concept), strings.Join(begun, "\n"))
	if err != nil {
		return nil, err
	}
	e, err := newEngine(l.Model, ids, s.Lists, q.N*(questionTokens+numberTokens), o)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	lister := newLister(e, l.Tokenizer, q.lines(len(shown)), s, l.Model.EndIDs())
	lists, err := lister.begin(s.Lists, q.Seed)
	if err != nil {
		return nil, err
	}
	if err := lister.extend(ctx, lists, 0, q.N, func() {
		if o.Progress != nil {
			o.Progress(itemCount(lists), s.Lists*q.N)
		}
	}); err != nil {
		return nil, err
	}
	return q.chosen(lists), nil
}

// lines are the questions of a list.
func (q Questions) lines(given int) lines {
	return lines{
		given: given, tokens: questionTokens, cut: cutQuestion,
		refuse: func(text string) bool { _, ok := q.template(text); return !ok },
		stale: func(text string, before []item) bool {
			return slices.ContainsFunc(before, func(b item) bool { return key(b.name) == key(text) })
		},
	}
}

// cutQuestion returns the text up to a question mark or the end of its line, and
// whether there was one.
func cutQuestion(text string) (question string, ended bool) {
	if i := strings.IndexAny(text, "?\n\r"); i >= 0 {
		text, ended = text[:i], true
	}
	return strings.Join(strings.Fields(strings.Trim(text, " *\"")), " "), ended
}

// openers begin a question.
var openers = []string{
	"what", "which", "who", "whose", "when", "where", "why", "how", "is", "are", "was", "were", "do", "does", "did", "can", "has", "have", "in", "on", "to", "for", "from",
}

// template makes a template of a question without its mark, if it is fit.
func (q Questions) template(question string) (collect.Template, bool) {
	t := collect.Template{Type: collect.OriginGenerated, Origin: collect.OriginGenerated}
	words := strings.Fields(question)
	if len(words) < minWords || len(words) > maxQuestion || !slices.Contains(openers, strings.ToLower(words[0])) || strings.ContainsAny(question, "{}:") {
		return t, false
	}
	place, err := collect.LastOccurrence(question, q.Concept)
	if err != nil || place.Start == 0 {
		return t, false
	}
	before, after := question[:place.Start], question[place.End:]
	if overlap(key(before), key(q.Concept)) || overlap(key(after), key(q.Concept)) {
		return t, false // named twice
	}
	// An article or an ending would not fit other concepts.
	if strings.HasPrefix(after, "'") || strings.HasPrefix(after, "’") || strings.HasSuffix(before, " a ") || strings.HasSuffix(before, " an ") {
		return t, false
	}
	t.Text = before + collect.Placeholder + after + "?"
	for _, have := range q.Begun {
		if key(have.Text) == key(t.Text) {
			return t, false
		}
	}
	return t, true
}

// chosen are the templates that most lists have, of as many lists those that the
// model finds more probable.
func (q Questions) chosen(lists []*list) []collect.Template {
	var named [][]item
	for _, s := range lists {
		named = append(named, s.items)
	}
	all := gather(named)
	slices.SortStableFunc(all, func(a, b *gathered) int {
		if a.Votes != b.Votes {
			return b.Votes - a.Votes
		}
		switch x, y := round(a.logProb/float64(a.Votes)), round(b.logProb/float64(b.Votes)); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	var templates []collect.Template
	for _, g := range all[:min(q.N, len(all))] {
		if t, ok := q.template(g.Name); ok {
			templates = append(templates, t)
		}
	}
	return templates
}

// itemCount is the number of items there are.
func itemCount(lists []*list) int {
	n := 0
	for _, s := range lists {
		n += len(s.items)
	}
	return n
}
