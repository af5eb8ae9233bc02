package collect

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"premlp/collect/dataset"
	"premlp/tokenizer"
)

// Encoder is what questions need of a tokenizer.
type Encoder interface {
	Encode(text string, special bool) (tokenizer.Encoding, error)
	Decoder
}

// BuildQuestions makes the questions of a job: the text, the prompt the model
// reads, its tokens, the concept's place in each, and the tokens after it. In a
// control question the concept is that question's own. One error lists every
// question that cannot be asked: its concept is absent, no token follows it, or
// it is asked twice.
func BuildQuestions(j Job, e Encoder) ([]dataset.Question, error) {
	p, err := newPrompter(j)
	if err != nil {
		return nil, err
	}
	var questions []dataset.Question
	var problems []error
	seen := map[string]string{}
	for i, own := range j.questions() {
		id := fmt.Sprintf("q%05d", i+1)
		q, err := buildQuestion(own, p, e)
		if before, twice := seen[own.Text]; twice && err == nil {
			err = fmt.Errorf("asked in question %s already", before)
		}
		seen[own.Text] = id
		if err != nil {
			problems = append(problems, fmt.Errorf("question %s, %s %q, %q: %w", id, own.Set, own.Concept, own.Text, err))
			continue
		}
		q.ID = id
		questions = append(questions, q)
	}
	if len(questions) == 0 && problems == nil {
		return nil, errors.New("want questions, have none")
	}
	return questions, joinSome(problems)
}

// buildQuestion makes one question.
func buildQuestion(own OwnQuestion, p *prompter, e Encoder) (dataset.Question, error) {
	q := dataset.Question{Set: own.Set, Concept: own.Concept, Template: own.template, Type: own.Type, Text: own.Text}
	if !utf8.ValidString(own.Text) {
		return q, errors.New("want UTF-8 text")
	}
	if strings.TrimSpace(own.Concept) != own.Concept {
		return q, errors.New("want a concept without space around it")
	}
	span, err := LastOccurrence(own.Text, own.Concept)
	if err != nil {
		return q, err
	}
	var at int
	if q.Prompt, at, err = p.prompt(own.Text); err != nil {
		return q, err
	}
	q.TextSpan = [2]int{span.Start, span.End}
	q.PromptSpan = [2]int{at + span.Start, at + span.End}
	// A chat template writes its own special tokens; a raw prompt gets those
	// that the tokenizer adds.
	enc, err := e.Encode(q.Prompt, p.job.Chat == nil)
	if err != nil {
		return q, err
	}
	q.IDs = enc.IDs
	for _, s := range enc.Spans {
		q.Spans = append(q.Spans, [2]int{s.Start, s.End})
	}
	return q, selectRows(&q, e)
}

// selectRows fills in the concept's tokens and the tokens after them.
func selectRows(q *dataset.Question, d Decoder) error {
	first, end, ok := tokensOf(q.Spans, Span{q.PromptSpan[0], q.PromptSpan[1]})
	if !ok {
		return fmt.Errorf("no token covers the concept at bytes %v of the prompt", q.PromptSpan)
	}
	q.TokenSpan = [2]int{first, end}
	for i := end; i < len(q.IDs); i++ {
		text, err := d.Decode(q.IDs[i:i+1], false)
		if err != nil {
			return err
		}
		q.Rows = append(q.Rows, int32(i))
		q.Tokens = append(q.Tokens, text)
	}
	if len(q.Rows) == 0 {
		return fmt.Errorf("no token after the concept: its last token is the prompt's last, %d of %d", end, len(q.IDs))
	}
	return nil
}
