package collect

import (
	"fmt"
	"os"
	"path/filepath"
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
			[]Template{{"Where is {concept}?", "place"}, {"{concept} is near {concept}", ""}}, ""},
		{"no type", "- text: Where is {concept}?\n", []Template{{"Where is {concept}?", ""}}, ""},
		{"a number", "- {text: '{concept}', type: 5}\n", []Template{{"{concept}", "5"}}, ""},
		{"byte order mark and CRLF", "\ufeff- text: Where is {concept}?\r\n", []Template{{"Where is {concept}?", ""}}, ""},
		{"unknown key", "- text: a {concept}\n  type: x\n  tpye: y\n", nil, `line 3: want the keys text and type, each once, have "tpye"`},
		{"key twice", "- text: a {concept}\n  text: b {concept}\n", nil, `line 2: want the keys text and type, each once, have "text"`},
		{"no concept", "- text: a {concept}\n\n- text: b {Concept}\n", nil, `line 3: want a text with {concept}, have "b {Concept}"`},
		{"no text", "- type: place\n", nil, `line 1: want a text with {concept}, have ""`},
		{"null", "- text: a {concept}\n-\n", nil, `want a template {text, type}, have ""`},
		{"twice", "- text: a {concept}\n- text: b {concept}\n- text: a {concept}\n", nil, `line 3: the template of line 1 again: "a {concept}"`},
		{"plain text", "- What is {concept}?\n", nil, `line 1: want a template {text, type}, have "What is {concept}?"`},
		{"without quotes", "- text: {concept}\n", nil, "line 1: text: want a text in quotes"},
		{"list", "- text: [a, b]\n", nil, "line 1: text: want a text in quotes"},
		{"mapping", "text: a {concept}\n", nil, "line 1"},
		{"two documents", "- text: a {concept}\n---\n- text: b {concept}\n", nil, "have more behind it"},
		{"empty", "", nil, "have none"},
		{"empty list", "[]", nil, "have none"},
		{"not YAML", "- text: \"a", nil, "end of stream"},
		{"not UTF-8", "- text: a {concept}\xff\n", nil, "UTF-8"},
		{"all problems", "- text: a\n- text: b\n", nil, "line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeText(t, c.yaml)
			have, err := ReadTemplates(path)
			if c.err == "" {
				if err != nil || !slices.Equal(have, c.want) {
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

func TestSeedTemplatesAreValid(t *testing.T) {
	var yaml strings.Builder
	for _, s := range SeedTemplates {
		fmt.Fprintf(&yaml, "- {text: %q, type: %q}\n", s.Text, s.Type)
	}
	have, err := parseTemplates([]byte(yaml.String()))
	if err != nil || !slices.Equal(have, SeedTemplates) || len(have) != 5 {
		t.Fatalf("want the five, have %v, %v", have, err)
	}
	if q := SeedTemplates[0].Question("New Zealand"); q != "What is the capital of New Zealand?" {
		t.Errorf("question: have %q", q)
	}
}

// An error lists what fits on a screen and counts the rest.
func TestManyProblems(t *testing.T) {
	_, err := parseTemplates([]byte(strings.Repeat("- text: no place\n", 50)))
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
	f.Fuzz(func(t *testing.T, data []byte) {
		templates, err := parseTemplates(data)
		if err != nil {
			return
		}
		for i, s := range templates {
			if !strings.Contains(s.Text, Placeholder) || slices.ContainsFunc(templates[:i], func(o Template) bool { return o.Text == s.Text }) {
				t.Fatalf("%q: want templates with a place for the concept, each once, have %v", data, templates)
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
