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
	Text string `yaml:"text"` // holds {concept} at least once
	Type string `yaml:"type"` // what it asks for: "capital", "language" …
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
	d.KnownFields(true)
	var list []locatedTemplate
	if err := d.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one list of templates, have more behind it")
	}
	if len(list) == 0 {
		return nil, errors.New("want a list of templates, have none")
	}
	var templates []Template
	var problems []error
	lines := map[string]int{}
	for _, t := range list {
		switch before, twice := lines[t.Text]; {
		case !strings.Contains(t.Text, Placeholder):
			problems = append(problems, fmt.Errorf("line %d: want a text with %s, have %q", t.line, Placeholder, t.Text))
		case twice:
			problems = append(problems, fmt.Errorf("line %d: the template of line %d again: %q", t.line, before, t.Text))
		}
		lines[t.Text] = t.line
		templates = append(templates, t.Template)
	}
	return templates, joinSome(problems)
}

// locatedTemplate remembers the line a template stands in.
type locatedTemplate struct {
	Template
	line int
}

// UnmarshalYAML implements yaml.Unmarshaler. A node's own Decode does not know
// of KnownFields, so keys are checked here.
func (t *locatedTemplate) UnmarshalYAML(n *yaml.Node) error {
	t.line = n.Line
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want a template {text, type}, have %q", n.Line, n.Value)
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Value != "text" && key.Value != "type" {
			return fmt.Errorf("line %d: want the keys text and type, have %q", key.Line, key.Value)
		}
	}
	return n.Decode(&t.Template)
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
