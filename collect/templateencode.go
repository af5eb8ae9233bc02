package collect

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// The form of a file of templates.
type (
	templateFile struct {
		Templates []templateEntry         `yaml:"templates"`
		Concepts  map[string]conceptEntry `yaml:"concepts,omitempty"`
	}
	templateEntry struct {
		Text    string              `yaml:"text"`
		Type    string              `yaml:"type,omitempty"`
		Origin  string              `yaml:"origin,omitempty"`
		Answers map[string][]string `yaml:"answers,omitempty"`
	}
	conceptEntry struct {
		WithArticle   string   `yaml:"with_article,omitempty"`
		Possessive    string   `yaml:"possessive,omitempty"`
		SentenceStart string   `yaml:"sentence_start,omitempty"`
		Aliases       []string `yaml:"aliases,omitempty"`
		Paraphrases   []string `yaml:"paraphrases,omitempty"`
	}
)

// Encode returns the set's YAML, as ParseTemplates reads it.
func (s *TemplateSet) Encode() ([]byte, error) {
	var f templateFile
	for _, t := range s.Templates {
		f.Templates = append(f.Templates, templateEntry{t.Text, t.Type, t.Origin, s.Answers[t.Text]})
	}
	for name, forms := range s.Forms {
		if f.Concepts == nil {
			f.Concepts = map[string]conceptEntry{}
		}
		f.Concepts[name] = conceptEntry(forms)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(f); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}
