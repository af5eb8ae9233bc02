package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"premlp/collect/dataset"
	"premlp/tokenizer"
)

// Job says which questions are asked and in which form.
type Job struct {
	Target    string
	Controls  []string
	Templates []Template
	Questions []OwnQuestion // instead of target, controls and templates

	Chat   *tokenizer.ChatTemplate // nil: the question itself is the prompt
	System *string                 // system message; nil: what the template does without one
	Now    time.Time               // the day that a template may show
}

// OwnQuestion is a ready question.
type OwnQuestion struct {
	Text    string `json:"text"`
	Concept string `json:"concept"` // to be found in the text
	Set     string `json:"set"`     // "target" or "control"
	Type    string `json:"type"`    // what it asks for; may be empty

	template string
}

// ReadQuestions reads a JSONL file of own questions, one object {text, concept,
// set, type} a line; blank lines are passed over and type may be left out.
// Unknown keys, other sets and a text given twice are errors that name the line.
func ReadQuestions(path string) ([]OwnQuestion, error) {
	data, err := readText(path)
	if err != nil {
		return nil, err
	}
	questions, err := parseQuestions(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return questions, nil
}

// parseQuestions parses the lines of ReadQuestions.
func parseQuestions(data []byte) ([]OwnQuestion, error) {
	var questions []OwnQuestion
	var problems []error
	lines := map[string]int{}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		q, err := parseQuestion(line)
		if before, twice := lines[q.Text]; twice && err == nil {
			err = fmt.Errorf("the question of line %d again: %q", before, q.Text)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		lines[q.Text] = n
		questions = append(questions, q)
	}
	if len(questions) == 0 && problems == nil {
		return nil, errors.New("want questions, one a line, have none")
	}
	return questions, joinSome(problems)
}

// parseQuestion parses one line.
func parseQuestion(line []byte) (OwnQuestion, error) {
	var q OwnQuestion
	if !utf8.Valid(line) { // which JSON would replace without a word
		return q, fmt.Errorf("want UTF-8 text, have %q", line)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return q, err
	}
	if _, err := d.Token(); err != io.EOF {
		return q, errors.New("want one question a line, have more behind it")
	}
	if q.Text == "" || q.Concept == "" {
		return q, fmt.Errorf("want a text and a concept, have %q and %q", q.Text, q.Concept)
	}
	if q.Set != dataset.Target && q.Set != dataset.Control {
		return q, fmt.Errorf("set: want %s or %s, have %q", dataset.Target, dataset.Control, q.Set)
	}
	return q, nil
}

// count is the number of the job's questions.
func (j Job) count() int {
	if j.Questions != nil {
		return len(j.Questions)
	}
	return (1 + len(j.Controls)) * len(j.Templates)
}

// question is question i: the target's come first and then each control's, in
// the order of the templates.
func (j Job) question(i int) OwnQuestion {
	if j.Questions != nil {
		return j.Questions[i]
	}
	t := j.Templates[i%len(j.Templates)]
	set, concept := dataset.Target, j.Target
	if k := i / len(j.Templates); k > 0 {
		set, concept = dataset.Control, j.Controls[k-1]
	}
	return OwnQuestion{Text: t.Question(concept), Concept: concept, Set: set, Type: t.Type, template: t.Text}
}
