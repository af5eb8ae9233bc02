package collect

import (
	"crypto/sha256"
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
	b, err := newBuilder(j, e)
	if err != nil {
		return nil, err
	}
	questions, err := dataset.Collect(b.source)
	if err != nil {
		return nil, b.problems()
	}
	return questions, nil
}

// builder makes a job's questions one at a time, as often as they are asked for.
type builder struct {
	*prompter
	encoder Encoder
}

// newBuilder checks that there is something to ask, in a form that can be asked.
func newBuilder(j Job, e Encoder) (*builder, error) {
	if err := j.prepare(); err != nil {
		return nil, err
	}
	if j.count() == 0 {
		return nil, errors.New("want questions, have none")
	}
	p, err := newPrompter(j)
	if err != nil {
		return nil, err
	}
	return &builder{p, e}, nil
}

// walk yields every question, or why it cannot be asked.
func (b *builder) walk(yield func(*dataset.Question, error) bool) {
	seen := texts{}
	for i := range b.job.count() {
		own := b.job.question(i)
		q, err := b.make(i, own)
		if before, twice := seen.add(own.Text, i); twice && err == nil {
			err = problem(i, own, fmt.Errorf("asked in question %s already", questionID(before)))
		}
		if !yield(q, err) {
			return
		}
	}
}

// source is walk up to the first error.
func (b *builder) source(yield func(*dataset.Question, error) bool) {
	for q, err := range b.walk {
		if !yield(q, err) || err != nil {
			return
		}
	}
}

// problems lists the questions that cannot be asked.
func (b *builder) problems() error {
	var problems []error
	for _, err := range b.walk {
		if err != nil {
			problems = append(problems, err)
		}
	}
	return joinSome(problems)
}

// question makes question i.
func (b *builder) question(i int) (*dataset.Question, error) { return b.make(i, b.job.question(i)) }

// make makes of what is asked the dataset's question i.
func (b *builder) make(i int, own OwnQuestion) (*dataset.Question, error) {
	q, err := buildQuestion(own, b.prompter, b.encoder)
	if err != nil {
		return nil, problem(i, own, err)
	}
	q.ID = questionID(i)
	return &q, nil
}

// problem says which question an error is about.
func problem(i int, own OwnQuestion, err error) error {
	return fmt.Errorf("question %s, %s %q, %q: %w", questionID(i), own.Set, own.Concept, own.Text, err)
}

// questionID is the id of a job's question i.
func questionID(i int) string { return fmt.Sprintf("q%05d", i+1) }

// texts finds texts that come twice. It keeps the first half of each one's
// sha256 in its place, and the question it came in.
type texts map[[16]byte]int

// add takes question i's text and says in which question it came before.
func (t texts) add(text string, i int) (before int, twice bool) {
	sum := sha256.Sum256([]byte(text))
	key := [16]byte(sum[:])
	before, twice = t[key]
	t[key] = i
	return before, twice
}

// buildQuestion makes one question.
func buildQuestion(own OwnQuestion, p *prompter, e Encoder) (dataset.Question, error) {
	q := dataset.Question{Set: own.Set, Concept: own.Concept, Template: own.template, Type: own.Type, Located: own.Located, Answers: own.Answers, Text: own.Text}
	if !utf8.ValidString(own.Text) {
		return q, errors.New("want UTF-8 text")
	}
	if strings.TrimSpace(own.Concept) != own.Concept {
		return q, errors.New("want a concept without space around it")
	}
	if strings.TrimSpace(own.Located) != own.Located {
		return q, errors.New("want what names the concept without space around it")
	}
	span, err := LastOccurrence(own.Text, own.name())
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
