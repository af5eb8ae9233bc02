package collect

import (
	"fmt"
	"slices"
)

// Asked is a question about a concept as the model reads it.
type Asked struct {
	IDs     []int32
	Concept [2]int // the concept's tokens [first, end)
	Answer  int    // the first token of the answer's beginning; len(IDs) if it has none
}

// Ask makes the prompt of a question about a concept in the form of j, of which
// target, controls, templates and questions are not looked at. begun is the
// beginning of the model's answer; it may be empty. A question in chat form is
// followed by it at once, a raw one after a space.
func (l *Loaded) Ask(j Job, question, concept, begun string) (Asked, error) {
	fail := func(err error) (Asked, error) {
		return Asked{}, fmt.Errorf("question %q: %w", question, err)
	}
	p, err := newPrompter(j)
	if err != nil {
		return fail(err)
	}
	span, err := LastOccurrence(question, concept)
	if err != nil {
		return fail(err)
	}
	text, at, err := p.prompt(question)
	if err != nil {
		return fail(err)
	}
	end := len(text)
	if begun != "" {
		if j.Chat == nil {
			text += " "
			end++
		}
		text += begun
	}
	enc, err := l.Tokenizer.Encode(text, j.Chat == nil)
	if err != nil {
		return fail(err)
	}
	a := Asked{IDs: enc.IDs, Answer: len(enc.IDs)}
	var spans [][2]int
	for i, s := range enc.Spans {
		spans = append(spans, [2]int{s.Start, s.End})
		if s.End > end && s.End > s.Start {
			a.Answer = min(a.Answer, i)
		}
	}
	first, last, ok := tokensOf(spans, Span{at + span.Start, at + span.End})
	if !ok {
		return fail(fmt.Errorf("no token covers the concept at bytes [%d, %d) of the prompt", at+span.Start, at+span.End))
	}
	a.Concept = [2]int{first, last}
	return a, checkContext(a.IDs, l, question)
}

// checkContext refuses prompts that leave the model no room for an answer, or
// with tokens it has no row for.
func checkContext(ids []int32, l *Loaded, question string) error {
	c := l.Model.Config()
	if len(ids) >= c.Context {
		return fmt.Errorf("question %q: want a prompt of less than %d tokens, the model's context, have %d", question, c.Context, len(ids))
	}
	if id := slices.Max(ids); int(id) >= c.Vocab {
		return fmt.Errorf("question %q: want token ids below %d, the model's vocabulary, have %d", question, c.Vocab, id)
	}
	return nil
}

// NextToken returns the first token of a continuation of a prompt, "The capital
// is" and then " Paris", and refuses a continuation that changes the prompt's own
// tokens.
func (l *Loaded) NextToken(j Job, question, concept, begun, next string) (int32, error) {
	a, err := l.Ask(j, question, concept, begun)
	if err != nil {
		return 0, err
	}
	if next == "" {
		return 0, fmt.Errorf("question %q: want an answer, have an empty one", question)
	}
	longer := next
	if begun != "" {
		longer = begun + " " + next
	}
	b, err := l.Ask(j, question, concept, longer)
	if err != nil {
		return 0, err
	}
	if n := len(a.IDs); len(b.IDs) <= n || !slices.Equal(a.IDs, b.IDs[:n]) {
		return 0, fmt.Errorf("question %q: answer %q: want it to begin with a token of its own behind %q", question, next, begun)
	}
	return b.IDs[len(a.IDs)], nil
}
