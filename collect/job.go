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
	Answers   map[string]map[string][]string // as in TemplateSet
	Forms     map[string]Forms               // as in TemplateSet
	// Paraphrased asks with each concept's paraphrases in place of its name.
	Paraphrased bool
	Questions   []OwnQuestion // instead of target, controls and templates

	Chat   *tokenizer.ChatTemplate // nil: the question itself is the prompt
	System *string                 // system message; nil: what the template does without one
	Now    time.Time               // the day that a template may show

	namings []naming // see prepare
}

// OwnQuestion is a ready question.
type OwnQuestion struct {
	Text    string `json:"text"`
	Concept string `json:"concept"` // to be found in the text
	Set     string `json:"set"`     // "target" or "control"
	Type    string `json:"type"`    // what it asks for; may be empty
	// Located is what names the concept in the text, where that is not the concept.
	Located string   `json:"located"`
	Answers []string `json:"answers"` // right ones; may be empty

	template string
}

// ReadQuestions reads a JSONL file of own questions, one object {text, concept,
// set, type, located, answers} a line; blank lines are passed over and the last
// three may be left out.
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

// prepare finds how the concepts are named and checks that every template has
// the forms it asks for. It comes before count and question.
func (j *Job) prepare() error {
	if j.Questions != nil {
		return nil
	}
	var problems []error
	j.namings = make([]naming, 0, 1+len(j.Controls))
	j.addNamings(dataset.Target, j.Target, &problems)
	for _, c := range j.Controls {
		j.addNamings(dataset.Control, c, &problems)
	}
	for _, t := range j.Templates {
		if t.plain() {
			continue
		}
		for _, n := range j.namings {
			if _, _, err := t.ask(n); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return joinSome(problems)
}

// addNamings adds the namings of one concept: its name, or its paraphrases.
func (j *Job) addNamings(set, concept string, problems *[]error) {
	n := naming{set: set, concept: concept, name: concept, forms: j.Forms[concept]}
	if !j.Paraphrased {
		j.namings = append(j.namings, n)
		return
	}
	n.paraphrase = true
	for _, n.name = range n.forms.Paraphrases {
		j.namings = append(j.namings, n)
	}
	if len(n.forms.Paraphrases) == 0 {
		*problems = append(*problems, fmt.Errorf("%s %q: want paraphrases in the templates' file, have none", set, concept))
	}
}

// count is the number of the job's questions.
func (j *Job) count() int {
	if j.Questions != nil {
		return len(j.Questions)
	}
	return len(j.namings) * len(j.Templates)
}

// question is question i: the target's come first and then each control's, in
// the order of the templates.
func (j *Job) question(i int) OwnQuestion {
	if j.Questions != nil {
		return j.Questions[i]
	}
	t, n := j.Templates[i%len(j.Templates)], j.namings[i/len(j.Templates)]
	text, located, _ := t.ask(n) // prepare has tried it
	q := OwnQuestion{Text: text, Concept: n.concept, Set: n.set, Type: t.Type, Answers: j.Answers[t.Text][n.concept], template: t.Text}
	if located != n.concept {
		q.Located = located
	}
	return q
}

// name is what names the concept in the question's text.
func (q OwnQuestion) name() string {
	if q.Located != "" {
		return q.Located
	}
	return q.Concept
}
