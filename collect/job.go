package collect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"time"

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

// ReadQuestions reads a JSONL file of own questions.
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
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxTextFile)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var q OwnQuestion
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		err := d.Decode(&q)
		switch {
		case err != nil:
		case d.More():
			err = fmt.Errorf("want one question, have more behind it")
		case q.Text == "" || q.Concept == "":
			err = fmt.Errorf("want a text and a concept, have %q and %q", q.Text, q.Concept)
		case q.Set != dataset.Target && q.Set != dataset.Control:
			err = fmt.Errorf("set: want %s or %s, have %q", dataset.Target, dataset.Control, q.Set)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", n, err))
		}
		questions = append(questions, q)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(questions) == 0 {
		return nil, fmt.Errorf("want questions, one a line, have none")
	}
	return questions, joinSome(problems)
}

// questions lists the job's questions, the target's first and then each
// control's, in the order of the templates.
func (j Job) questions() []OwnQuestion {
	if j.Questions != nil {
		return j.Questions
	}
	var list []OwnQuestion
	add := func(set, concept string) {
		for _, t := range j.Templates {
			list = append(list, OwnQuestion{Text: t.Question(concept), Concept: concept, Set: set, Type: t.Type, template: t.Text})
		}
	}
	add(dataset.Target, j.Target)
	for _, c := range j.Controls {
		add(dataset.Control, c)
	}
	return list
}
