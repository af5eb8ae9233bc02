package steering

import (
	"fmt"
	"slices"

	"premlp/collect"
	"premlp/collect/facts"
)

// Positions says which tokens of a question are edited.
type Positions string

// The choices.
const (
	After    Positions = "after"    // all after the concept, the answer's beginning included
	Question Positions = "question" // those after the concept, without the answer's beginning
	Last     Positions = "last"     // the last token alone
)

// AllPositions lists the choices of positions.
var AllPositions = []Positions{After, Question, Last}

// question is a concept's question, and its answer.
type question struct {
	prompt
	concept string
	answer  int // index of the answer's first token among the candidates
	edited  [2]int
	clean   []float64 // log-probabilities of the candidates, [C]
}

// known reports whether the question's own answer is the best.
func (q *question) known() bool { return best(q.clean) == q.answer }

// best is the index of the largest value, the first of several.
func best(x []float64) int { return slices.Index(x, slices.Max(x)) }

// ask makes the questions for one fact of all concepts. candidates are the first
// tokens of their answers; concepts may share one.
func ask(l *collect.Loaded, j collect.Job, f *facts.File, fact string, at Positions) (list []*question, candidates []int32, err error) {
	a, ok := f.Answers[fact]
	if !ok {
		return nil, nil, fmt.Errorf("facts: answers: want %q, have none of that name", fact)
	}
	for _, c := range f.Concepts {
		text := collect.Template{Text: a.Question}.Question(c.Name)
		asked, err := l.Ask(j, text, c.Name, a.Prefix)
		if err != nil {
			return nil, nil, err
		}
		token, err := l.NextToken(j, text, c.Name, a.Prefix, c.Facts[fact])
		if err != nil {
			return nil, nil, err
		}
		q := &question{concept: c.Name, prompt: prompt{ids: asked.IDs, read: []int{len(asked.IDs) - 1}}}
		if q.edited, err = at.of(asked); err != nil {
			return nil, nil, fmt.Errorf("question %q: %w", text, err)
		}
		q.own = q.edited[0]
		if q.answer = slices.Index(candidates, token); q.answer < 0 {
			q.answer = len(candidates)
			candidates = append(candidates, token)
		}
		list = append(list, q)
	}
	return list, candidates, nil
}

// of returns the positions [first, end) of a prompt.
func (p Positions) of(a collect.Asked) ([2]int, error) {
	at := [2]int{a.Concept[1], len(a.IDs)}
	switch p {
	case Question:
		at[1] = a.Answer
	case Last:
		at[0] = len(a.IDs) - 1
	}
	if at[0] >= at[1] || at[0] < a.Concept[1] {
		return at, fmt.Errorf("want tokens after the concept to edit, have none")
	}
	return at, nil
}
