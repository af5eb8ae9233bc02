package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ReadTemplates reads a YAML file: a list of templates {text, type}, or a
// mapping
//
//	about: what this is                              optional
//	templates:
//	  - text: What is the capital of {concept}?
//	    type: capital                                optional
//	    origin: generated                            optional, where a model wrote it
//	    answers: {France: Paris, Bolivia: [Sucre, La Paz]}
//	concepts:                                        optional
//	  Netherlands:
//	    with_article: the Netherlands
//	    possessive: the Netherlands'
//	    sentence_start: The Netherlands
//	    aliases: [Holland]
//	    paraphrases: [the country where Anne Frank wrote her diary]
//
// See [Forms]. Keys that are not these, a template without a place for the
// concept, one given twice, and a paraphrase that names its concept are errors
// that name the line.
func ReadTemplates(path string) (*TemplateSet, error) {
	data, err := readText(path)
	if err != nil {
		return nil, err
	}
	set, err := ParseTemplates(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}

// ParseTemplates reads the YAML of ReadTemplates.
func ParseTemplates(data []byte) (*TemplateSet, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	if err := d.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one list of templates, have more behind it")
	}
	p := &templateParser{set: &TemplateSet{Answers: map[string]map[string][]string{}, Forms: map[string]Forms{}}}
	if root.Kind == yaml.DocumentNode {
		p.document(root.Content[0])
	}
	if len(p.set.Templates) == 0 && p.problems == nil {
		return nil, errors.New("want a list of templates, have none")
	}
	if p.problems != nil {
		return nil, joinSome(p.problems)
	}
	return p.set, nil
}

// templateParser gathers what a file says and what is wrong with it.
type templateParser struct {
	set      *TemplateSet
	lines    map[string]int // of a template's text
	problems []error
}

// fail notes what is wrong at a node.
func (p *templateParser) fail(n *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf("line %d: "+format, append([]any{n.Line}, args...)...))
}

// document reads the whole.
func (p *templateParser) document(n *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		p.templates(n)
		return
	}
	if n.Kind != yaml.MappingNode {
		if n.ShortTag() != "!!null" {
			p.fail(n, "want a list of templates, have %q", n.Value)
		}
		return
	}
	p.fields(n, map[string]func(*yaml.Node){
		"about":     func(n *yaml.Node) { p.text(n, "about") },
		"templates": p.templates,
		"concepts":  p.concepts,
	})
}

// fields hands each value of a mapping to its key's reader. A misspelt key would
// change what is asked without a word, so only the known ones are taken.
func (p *templateParser) fields(n *yaml.Node, readers map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "want a mapping with the keys %s, have %q", keyList(readers), n.Value)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, known := readers[key.Value]
		if !known || key.Kind != yaml.ScalarNode || seen[key.Value] {
			p.fail(key, "want the keys %s, each once, have %q", keyList(readers), key.Value)
			continue
		}
		seen[key.Value] = true
		if value.Kind == yaml.AliasNode {
			p.fail(value, "%s: want it written out, have the alias *%s", key.Value, value.Value)
			continue
		}
		read(value)
	}
}

// keyList names the keys in order.
func keyList(readers map[string]func(*yaml.Node)) string {
	var keys []string
	for k := range readers {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// templates reads the list.
func (p *templateParser) templates(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "want a list of templates, have %q", n.Value)
		return
	}
	p.lines = map[string]int{}
	for _, entry := range n.Content {
		p.template(entry)
	}
}

// template reads one entry of the list.
func (p *templateParser) template(n *yaml.Node) {
	var t Template
	var answers map[string][]string
	before := len(p.problems)
	p.fields(n, map[string]func(*yaml.Node){
		"text": func(n *yaml.Node) { t.Text = p.text(n, "text") },
		"type": func(n *yaml.Node) { t.Type = p.text(n, "type") },
		"origin": func(n *yaml.Node) {
			if t.Origin = p.text(n, "origin"); t.Origin != "" && t.Origin != OriginGenerated {
				p.fail(n, "origin: want %s, have %q", OriginGenerated, t.Origin)
			}
		},
		"answers": func(n *yaml.Node) { answers = p.lists(n, "answers") },
	})
	if len(p.problems) > before {
		return
	}
	line, twice := p.lines[t.Text]
	if problem := checkPlaces(t.Text); problem != "" {
		p.fail(n, "%s, have %q", problem, t.Text)
	} else if twice {
		p.fail(n, "the template of line %d again: %q", line, t.Text)
	}
	p.lines[t.Text] = n.Line
	p.set.Templates = append(p.set.Templates, t)
	if len(answers) > 0 {
		p.set.Answers[t.Text] = answers
	}
}

// nearPlace is what may be meant as a place for the concept.
var nearPlace = regexp.MustCompile(`(?i)\{[^{}]*concept[^{}]*\}`)

// checkPlaces says what is wrong with a template's places, "" if nothing is.
func checkPlaces(text string) string {
	var all []string
	for _, p := range places {
		all = append(all, p.text)
	}
	for _, found := range nearPlace.FindAllString(text, -1) {
		if found != Placeholder && !slices.Contains(all, found) {
			return fmt.Sprintf("want %s or %s, not %s", Placeholder, strings.Join(all, " or "), found)
		}
	}
	if !hasPlace(text) {
		return "want a text with " + Placeholder
	}
	return ""
}

// concepts reads the forms of each concept.
func (p *templateParser) concepts(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "concepts: want a mapping from names to forms, have %q", n.Value)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := p.name(key, "concepts")
		if _, twice := p.set.Forms[name]; twice {
			p.fail(key, "concepts: want each once, have %q again", name)
		}
		p.set.Forms[name] = p.forms(name, value)
	}
}

// forms reads the forms of one concept.
func (p *templateParser) forms(name string, n *yaml.Node) Forms {
	var f Forms
	form := func(key string, into *string) func(*yaml.Node) {
		return func(n *yaml.Node) { *into = p.name(n, key) }
	}
	p.fields(n, map[string]func(*yaml.Node){
		"with_article":   form("with_article", &f.WithArticle),
		"possessive":     form("possessive", &f.Possessive),
		"sentence_start": form("sentence_start", &f.SentenceStart),
		"aliases":        func(n *yaml.Node) { f.Aliases = p.list(n, "aliases") },
		"paraphrases": func(n *yaml.Node) {
			f.Paraphrases = p.list(n, "paraphrases")
			for _, text := range f.Paraphrases {
				for _, own := range append([]string{name}, f.Aliases...) {
					if holds(text, own) {
						p.fail(n, "paraphrases: want descriptions that do not name %q, have %q", own, text)
					}
				}
			}
		},
	})
	return f
}

// text reads one text.
func (p *templateParser) text(n *yaml.Node, key string) string {
	switch {
	case n.Kind != yaml.ScalarNode:
		p.fail(n, "%s: want a text in quotes, have a list or a mapping", key)
		return ""
	case n.ShortTag() == "!!null":
		return ""
	}
	return n.Value
}

// name reads a text that stands for a concept.
func (p *templateParser) name(n *yaml.Node, key string) string {
	text := p.text(n, key)
	if text == "" || strings.TrimSpace(text) != text {
		p.fail(n, "%s: want a text without space around it, have %q", key, text)
	}
	return text
}

// list reads a list of texts, or one of them.
func (p *templateParser) list(n *yaml.Node, key string) []string {
	entries := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		entries = n.Content
	}
	var list []string
	for _, e := range entries {
		list = append(list, p.name(e, key))
	}
	return list
}

// lists reads a mapping from concepts to texts.
func (p *templateParser) lists(n *yaml.Node, key string) map[string][]string {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "%s: want a mapping from concepts to answers, have %q", key, n.Value)
		return nil
	}
	all := map[string][]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := p.name(n.Content[i], key)
		if _, twice := all[name]; twice {
			p.fail(n.Content[i], "%s: want each once, have %q again", key, name)
		}
		all[name] = p.list(n.Content[i+1], key)
	}
	return all
}
