package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Placeholder is where a template names the concept.
const Placeholder = "{concept}"

// Template is a question with a place for the concept.
type Template struct {
	Text string // holds {concept} at least once
	Type string // what it asks for: "capital", "language" …
}

// Question returns the template's question about a concept.
func (t Template) Question(concept string) string {
	return strings.ReplaceAll(t.Text, Placeholder, concept)
}

// SeedTemplates are the five questions asked by default.
var SeedTemplates = []Template{
	{Text: "What is the capital of {concept}?", Type: "capital"},
	{Text: "What language do they speak in {concept}?", Type: "language"},
	{Text: "What continent is {concept} located in?", Type: "continent"},
	{Text: "Name a famous landmark in {concept}.", Type: "landmark"},
	{Text: "What is the largest city in {concept}?", Type: "largest city"},
}

// maxTextFile bounds the files of templates, controls and questions.
const maxTextFile = 256 << 20

// ReadTemplates reads a YAML file: a list of {text, type}. Unknown keys, a
// template without {concept} and a template given twice are errors that name
// the line.
func ReadTemplates(path string) ([]Template, error) {
	data, err := readText(path)
	if err != nil {
		return nil, err
	}
	templates, err := parseTemplates(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return templates, nil
}

// parseTemplates parses the YAML of ReadTemplates.
func parseTemplates(data []byte) ([]Template, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var list []yaml.Node
	if err := d.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one list of templates, have more behind it")
	}
	if len(list) == 0 {
		return nil, errors.New("want a list of templates, have none")
	}
	var templates []Template
	var problems []error
	lines := map[string]int{}
	for i := range list {
		line := list[i].Line
		t, err := parseTemplate(&list[i])
		switch before, twice := lines[t.Text]; {
		case err != nil:
			problems = append(problems, err)
			continue
		case !strings.Contains(t.Text, Placeholder):
			problems = append(problems, fmt.Errorf("line %d: want a text with %s, have %q", line, Placeholder, t.Text))
		case twice:
			problems = append(problems, fmt.Errorf("line %d: the template of line %d again: %q", line, before, t.Text))
		}
		lines[t.Text] = line
		templates = append(templates, t)
	}
	return templates, joinSome(problems)
}

// parseTemplate reads one entry of the list. A misspelt key would change what
// is asked without a word, so only the known ones are taken.
func parseTemplate(n *yaml.Node) (Template, error) {
	var t Template
	if n.Kind != yaml.MappingNode {
		return t, fmt.Errorf("line %d: want a template {text, type}, have %q", n.Line, n.Value)
	}
	fields := map[string]*string{"text": &t.Text, "type": &t.Type}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, ok := fields[key.Value]
		if !ok {
			return t, fmt.Errorf("line %d: want the keys text and type, each once, have %q", key.Line, key.Value)
		}
		delete(fields, key.Value)
		if value.Kind != yaml.ScalarNode {
			return t, fmt.Errorf("line %d: %s: want a text in quotes, have a list or a mapping", value.Line, key.Value)
		}
		if value.ShortTag() != "!!null" {
			*field = value.Value
		}
	}
	return t, nil
}

// readText reads a text file of bounded size without its byte order mark.
func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTextFile+1))
	if err == nil && len(data) > maxTextFile {
		err = fmt.Errorf("%s: want at most %d bytes", path, maxTextFile)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}

// maxListed is how many problems one error lists.
const maxListed = 20

// joinSome joins problems into one error that lists the first of them.
func joinSome(problems []error) error {
	if n := len(problems) - maxListed; n > 0 {
		problems = append(problems[:maxListed:maxListed], fmt.Errorf("and %d more", n))
	}
	return errors.Join(problems...)
}
