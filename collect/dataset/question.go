package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The two sets a question can belong to.
const (
	Target  = "target"
	Control = "control"
)

// Question is one line of questions.jsonl: a question, the prompt the model
// read, and which of its tokens have rows. Byte spans are [first, end).
type Question struct {
	ID       string `json:"id"`
	Set      string `json:"set"` // Target or Control
	Concept  string `json:"concept"`
	Template string `json:"template"` // with {concept}; "" for a question of one's own
	Type     string `json:"type"`

	Located string   `json:"located,omitempty"` // what names the concept in Text, where that is not Concept
	Answers []string `json:"answers,omitempty"` // right answers, where they are known

	Text   string `json:"text"`   // the question
	Prompt string `json:"prompt"` // what the model read

	IDs   []int32  `json:"ids"`   // the prompt's tokens
	Spans [][2]int `json:"spans"` // per token: its bytes of Prompt, [0, 0] for an added special token

	TextSpan   [2]int `json:"text_span"`   // the concept's bytes of Text
	PromptSpan [2]int `json:"prompt_span"` // the same bytes of Prompt
	TokenSpan  [2]int `json:"token_span"`  // the tokens that intersect PromptSpan, [first, end)

	Rows   []int32  `json:"rows"`   // token positions with activations, ascending, all after TokenSpan
	Tokens []string `json:"tokens"` // per row: its token decoded, for reading
}

// Name is what names the concept in the question's text.
func (q *Question) Name() string {
	if q.Located != "" {
		return q.Located
	}
	return q.Concept
}

// Validate checks that q's parts agree with one another.
func (q *Question) Validate() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("question %q: "+format, append([]any{q.ID}, args...)...)
	}
	if q.ID == "" {
		return fail("id: want a name, have none")
	}
	if q.Set != Target && q.Set != Control {
		return fail("set: want %s or %s, have %q", Target, Control, q.Set)
	}
	for _, s := range slices.Concat([]string{q.ID, q.Concept, q.Template, q.Type, q.Located, q.Text, q.Prompt}, q.Answers, q.Tokens) {
		if !utf8.ValidString(s) {
			return fail("want UTF-8 text, have %q", s)
		}
	}
	if !within(q.TextSpan, len(q.Text)) {
		return fail("text_span: want bytes of a text of %d, have %v", len(q.Text), q.TextSpan)
	}
	if !within(q.PromptSpan, len(q.Prompt)) {
		return fail("prompt_span: want bytes of a prompt of %d, have %v", len(q.Prompt), q.PromptSpan)
	}
	a, b := q.Text[q.TextSpan[0]:q.TextSpan[1]], q.Prompt[q.PromptSpan[0]:q.PromptSpan[1]]
	if a != b {
		return fail("prompt_span: want the text's %q, have %q", a, b)
	}
	return q.validateTokens(fail)
}

func (q *Question) validateTokens(fail func(string, ...any) error) error {
	if len(q.Spans) != len(q.IDs) {
		return fail("spans: want one for each of %d tokens, have %d", len(q.IDs), len(q.Spans))
	}
	for i, s := range q.Spans {
		if s[0] < 0 || s[0] > s[1] || s[1] > len(q.Prompt) {
			return fail("spans[%d]: want bytes of a prompt of %d, have %v", i, len(q.Prompt), s)
		}
	}
	if !within(q.TokenSpan, len(q.IDs)) {
		return fail("token_span: want tokens of a prompt of %d, have %v", len(q.IDs), q.TokenSpan)
	}
	if len(q.Rows) == 0 {
		return fail("rows: want at least one, have none")
	}
	if len(q.Tokens) != len(q.Rows) {
		return fail("tokens: want one for each of %d rows, have %d", len(q.Rows), len(q.Tokens))
	}
	last := q.TokenSpan[1] - 1
	for i, r := range q.Rows {
		if int(r) <= last || int(r) >= len(q.IDs) {
			return fail("rows[%d]: want a position from %d to %d, have %d", i, last+1, len(q.IDs)-1, r)
		}
		last = int(r)
	}
	return nil
}

// within says whether s is a span that is not empty of something n long.
func within(s [2]int, n int) bool { return s[0] >= 0 && s[0] < s[1] && s[1] <= n }

// lineEncoder makes lines of questions.jsonl.
type lineEncoder struct {
	buffer bytes.Buffer
	json   *json.Encoder
}

// encode gives q's line with its line feed. It is valid until the next call.
func (e *lineEncoder) encode(q *Question) ([]byte, error) {
	if e.json == nil {
		e.json = json.NewEncoder(&e.buffer)
		e.json.SetEscapeHTML(false)
	}
	e.buffer.Reset()
	err := e.json.Encode(q)
	return e.buffer.Bytes(), err
}

// decodeLine reads a line of questions.jsonl.
func decodeLine(line []byte) (*Question, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var q Question
	if err := d.Decode(&q); err != nil {
		return nil, err
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	return &q, nil
}
