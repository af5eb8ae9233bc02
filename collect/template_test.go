package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseTemplates(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []Template
		err        string // part of it
	}{
		{"two", "- text: Where is {concept}?\n  type: place\n- {text: '{concept} is near {concept}', type: ~}\n",
			[]Template{{"Where is {concept}?", "place", ""}, {"{concept} is near {concept}", "", ""}}, ""},
		{"no type", "- text: Where is {concept}?\n", []Template{{"Where is {concept}?", "", ""}}, ""},
		{"a number", "- {text: '{concept}', type: 5}\n", []Template{{"{concept}", "5", ""}}, ""},
		{"byte order mark and CRLF", "\ufeff- text: Where is {concept}?\r\n", []Template{{"Where is {concept}?", "", ""}}, ""},
		{"other braces", "- text: 'In {a: 1} {x}, {concept}?'\n", []Template{{"In {a: 1} {x}, {concept}?", "", ""}}, ""},
		{"other forms", "- text: '{Concept}?'\n- text: \"{concept's}\"\n- {text: '{the concept}', origin: generated}\n",
			[]Template{{"{Concept}?", "", ""}, {"{concept's}", "", ""}, {"{the concept}", "", "generated"}}, ""},
		{"mapping", "about: these\ntemplates:\n- text: a {concept}\n", []Template{{"a {concept}", "", ""}}, ""},
		{"unknown key", "- text: a {concept}\n  type: x\n  tpye: y\n", nil, `line 3: want the keys answers, origin, text, type, each once, have "tpye"`},
		{"key twice", "- text: a {concept}\n  text: b {concept}\n", nil, `line 2: want the keys answers, origin, text, type, each once, have "text"`},
		{"no concept", "- text: a {concept}\n\n- text: b {thing}\n", nil, `line 3: want a text with {concept}, have "b {thing}"`},
		{"misspelt", "- text: a {concept} { Concept }\n", nil, `line 1: want {concept} or {the concept} or {concept's} or {Concept}, not { Concept }`},
		{"no text", "- type: place\n", nil, `line 1: want a text with {concept}, have ""`},
		{"null", "- text: a {concept}\n-\n", nil, `line 2: want a mapping with the keys answers, origin, text, type, have ""`},
		{"twice", "- text: a {concept}\n- text: b {concept}\n- text: a {concept}\n", nil, `line 3: the template of line 1 again: "a {concept}"`},
		{"plain text", "- What is {concept}?\n", nil, `line 1: want a mapping with the keys answers, origin, text, type, have "What is {concept}?"`},
		{"without quotes", "- text: {concept}\n", nil, "line 1: text: want a text in quotes"},
		{"list", "- text: [a, b]\n", nil, "line 1: text: want a text in quotes"},
		{"mapping of a template", "text: a {concept}\n", nil, `line 1: want the keys about, concepts, templates, each once, have "text"`},
		{"two documents", "- text: a {concept}\n---\n- text: b {concept}\n", nil, "have more behind it"},
		{"empty", "", nil, "have none"},
		{"comment", "# nothing\n", nil, "have none"},
		{"empty list", "[]", nil, "have none"},
		{"no templates", "concepts: {France: {possessive: France's}}", nil, "have none"},
		{"scalar", "France", nil, `line 1: want a list of templates, have "France"`},
		{"not YAML", "- text: \"a", nil, "end of stream"},
		{"not UTF-8", "- text: a {concept}\xff\n", nil, "UTF-8"},
		{"all problems", "- text: a\n- text: b\n", nil, "line 2"},
		{"origin", "- {text: '{concept}', origin: me}\n", nil, `line 1: origin: want generated, have "me"`},
		{"answers", "- text: a {concept}\n  answers: [Paris]\n", nil, "line 2: answers: want a mapping from concepts to answers"},
		{"empty answer", "- text: a {concept}\n  answers:\n    France: ''\n", nil, `line 3: answers: want a text without space around it, have ""`},
		{"answers twice", "- text: a {concept}\n  answers: {France: a, France: b}\n", nil, `line 2: answers: want each once, have "France" again`},
		{"alias", "- &a {text: '{concept}'}\n- *a\n", nil, "line 2"},
		{"alias of a value", "- {text: &a '{concept}'}\n- {text: *a}\n", nil, "line 2: text: want it written out"},
		{"concepts", "templates: [{text: '{concept}'}]\nconcepts: [France]\n", nil, "line 2: concepts: want a mapping"},
		{"form", "templates: [{text: '{concept}'}]\nconcepts:\n  France:\n    posessive: a\n", nil, "line 4: want the keys aliases, paraphrases, possessive, sentence_start, with_article"},
		{"space", "templates: [{text: '{concept}'}]\nconcepts:\n  France:\n    possessive: ' a'\n", nil, "line 4: possessive: want a text without space"},
		{"concept twice", "templates: [{text: '{concept}'}]\nconcepts:\n  a: {}\n  a: {}\n", nil, `line 4: concepts: want each once, have "a" again`},
		{"paraphrase with the name", "templates: [{text: '{concept}'}]\nconcepts:\n  France:\n    paraphrases: [the land of france]\n", nil, `line 4: paraphrases: want descriptions that do not name "France"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeText(t, c.yaml)
			have, err := ReadTemplates(path)
			if c.err == "" {
				if err != nil || !slices.Equal(have.Templates, c.want) {
					t.Fatalf("want %v, have %v, %v", c.want, have, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), path+": ") {
				t.Fatalf("want an error of the file with %q, have %v", c.err, err)
			}
		})
	}
}

const netherlands = `about: an example
templates:
  - text: Where is {the concept}?
    type: place
    answers: {Netherlands: Europe, Peru: [South America, America]}
  - text: "{concept's} flag?"
concepts:
  Netherlands:
    with_article: the Netherlands
    possessive: the Netherlands'
    aliases: [Holland]
    paraphrases: [the country of Rembrandt, the country of canals]
  Peru:
    with_article: Peru
    possessive: Peru's
    sentence_start: Peru
    paraphrases: the country of Machu Picchu
`

func TestParseForms(t *testing.T) {
	set, err := ParseTemplates([]byte(netherlands))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Forms{
		"Netherlands": {
			WithArticle: "the Netherlands", Possessive: "the Netherlands'", Aliases: []string{"Holland"},
			Paraphrases: []string{"the country of Rembrandt", "the country of canals"},
		},
		"Peru": {WithArticle: "Peru", Possessive: "Peru's", SentenceStart: "Peru", Paraphrases: []string{"the country of Machu Picchu"}},
	}
	if !reflect.DeepEqual(set.Forms, want) {
		t.Errorf("want %v, have %v", want, set.Forms)
	}
	if have := set.Answers["Where is {the concept}?"]["Peru"]; !slices.Equal(have, []string{"South America", "America"}) {
		t.Errorf("answers: have %v", have)
	}
}

// What stands in the last place names the concept: its name where that is in it,
// else the whole form.
func TestAskForms(t *testing.T) {
	jazz := naming{concept: "jazz", name: "jazz", forms: Forms{SentenceStart: "Jazz", Possessive: "jazz's", WithArticle: "the jazz"}}
	described := naming{concept: "jazz", name: "the music of New Orleans", paraphrase: true, forms: jazz.forms}
	for _, c := range []struct {
		template      string
		n             naming
		text, located string
	}{
		{"What is {concept}?", jazz, "What is jazz?", "jazz"},
		{"{Concept} is what?", jazz, "Jazz is what?", "Jazz"},
		{"{Concept} is what, {concept}?", jazz, "Jazz is what, jazz?", "jazz"},
		{"Is {concept} like {Concept}?", jazz, "Is jazz like Jazz?", "Jazz"},
		{"What is {concept's} origin?", jazz, "What is jazz's origin?", "jazz"},
		{"What is {the concept}?", jazz, "What is the jazz?", "jazz"},
		{"What is {concept}?", described, "What is the music of New Orleans?", "the music of New Orleans"},
		{"What is {the concept}?", described, "What is the music of New Orleans?", "the music of New Orleans"},
	} {
		text, located, err := Template{Text: c.template}.ask(c.n)
		if err != nil || text != c.text || located != c.located {
			t.Errorf("%q: want %q and %q, have %q, %q, %v", c.template, c.text, c.located, text, located, err)
		}
	}
	for _, c := range []struct {
		template string
		n        naming
		want     string
	}{
		{"{Concept}?", naming{concept: "jazz", name: "jazz"}, `want the sentence_start of "jazz" in the templates' file`},
		{"{the concept}?", naming{concept: "jazz", name: "jazz"}, `want the with_article of "jazz"`},
		{"{concept's}?", described, "a paraphrase has no form for {concept's}"},
	} {
		if _, _, err := (Template{Text: c.template}).ask(c.n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: want %q, have %v", c.template, c.want, err)
		}
	}
}

func TestSeedTemplatesAreValid(t *testing.T) {
	var yaml strings.Builder
	for _, s := range SeedTemplates {
		fmt.Fprintf(&yaml, "- {text: %q, type: %q}\n", s.Text, s.Type)
	}
	have, err := ParseTemplates([]byte(yaml.String()))
	if err != nil || !slices.Equal(have.Templates, SeedTemplates) || len(have.Templates) != 5 {
		t.Fatalf("want the five, have %v, %v", have, err)
	}
	if q := SeedTemplates[0].Question("New Zealand"); q != "What is the capital of New Zealand?" {
		t.Errorf("question: have %q", q)
	}
}

// An error lists what fits on a screen and counts the rest.
func TestManyProblems(t *testing.T) {
	_, err := ParseTemplates([]byte(strings.Repeat("- text: no place\n", 50)))
	if err == nil {
		t.Fatal("want an error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxListed+1 || lines[maxListed] != "and 30 more" {
		t.Fatalf("want %d lines and the count of the rest, have %d, %q", maxListed, len(lines), lines[len(lines)-1])
	}
}

func TestMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	for name, read := range map[string]func() error{
		"templates": func() error { _, err := ReadTemplates(path); return err },
		"controls":  func() error { _, err := ReadControls(path, "France"); return err },
		"questions": func() error { _, err := ReadQuestions(path); return err },
	} {
		if err := read(); !os.IsNotExist(err) {
			t.Errorf("%s: want the missing file named, have %v", name, err)
		}
	}
}

func FuzzTemplates(f *testing.F) {
	f.Add([]byte("- text: a {concept}\n  type: x\n"))
	f.Add([]byte("- {text: '{concept}'}\n- &a {text: b}\n- *a\n"))
	f.Add([]byte("- <<: {text: '{concept}'}\n"))
	f.Add([]byte("[]\n---\n"))
	f.Add([]byte(netherlands))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := ParseTemplates(data)
		if err != nil {
			return
		}
		for i, s := range set.Templates {
			if !hasPlace(s.Text) || slices.ContainsFunc(set.Templates[:i], func(o Template) bool { return o.Text == s.Text }) {
				t.Fatalf("%q: want templates with a place for the concept, each once, have %v", data, set.Templates)
			}
		}
		for name, forms := range set.Forms {
			j := Job{Target: name, Templates: set.Templates, Forms: set.Forms, Answers: set.Answers, Paraphrased: len(forms.Paraphrases) > 0}
			if j.prepare() != nil {
				continue // a form is not given
			}
			for i := range j.count() {
				if q := j.question(i); !strings.Contains(q.Text, q.name()) {
					t.Fatalf("%q: want a question that holds %q, have %q", data, q.name(), q.Text)
				}
			}
		}
	})
}

// writeText writes a file for a reader under test.
func writeText(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
