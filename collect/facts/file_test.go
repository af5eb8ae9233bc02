package facts

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

const small = `{"concepts": [{"name": "France", "capital": "Paris"}, {"name": "Kenya", "capital": "Nairobi"}],
 "answers": {"capital": {"question": "What is the capital of {concept}?", "prefix": "The capital is"}}}`

func TestReadCountries(t *testing.T) {
	f, err := Read("testdata/countries24.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Concepts) != 21 || len(f.Templates) != 24 || len(f.Folds) != 24 || len(f.Answers) != 4 || len(f.Descriptions) != 2 {
		t.Errorf("have %d concepts, %d templates, %d folds, %d answers, %d descriptions",
			len(f.Concepts), len(f.Templates), len(f.Folds), len(f.Answers), len(f.Descriptions))
	}
	if c := f.Concepts[0]; c.Name != "France" || c.Facts["capital"] != "Paris" || c.Facts["name"] != "" {
		t.Errorf("have %+v", c)
	}
	if a := f.Answers["capital"]; a.Prefix != "The capital is" || a.Question != f.Templates[0].Text || !f.Templates[0].Seed {
		t.Errorf("have %+v", a)
	}
}

func TestParse(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(small, from, to, 1) }
	for name, c := range map[string]struct{ data, want string }{
		"small":              {small, ""},
		"countries":          {change("concepts", "countries"), ""},
		"empty":              {"", "EOF"},
		"no object":          {"[1]", "cannot unmarshal"},
		"more behind":        {small + "{}", "have more behind it"},
		"unknown key":        {change(`"answers"`, `"answer"`), `unknown field "answer"`},
		"key twice":          {change(`"capital": "Paris"`, `"capital": "Paris", "Capital": "Rome"`), `have "Capital" again`},
		"no UTF-8":           {change("Paris", "Par\xff"), "want UTF-8"},
		"both names":         {change(`"answers"`, `"countries": [], "answers"`), "have both"},
		"one concept":        {change(`, {"name": "Kenya", "capital": "Nairobi"}`, ""), "want at least two, have 1"},
		"no name":            {change(`"name": "Kenya", `, ""), "concepts[1]: want a name"},
		"name twice":         {change("Kenya", "France"), `concepts[1]: want each once, have "France" again`},
		"fact missing":       {change(`"capital": "Nairobi"`, `"city": "Nairobi"`), `"Kenya": want its capital`},
		"fact no text":       {change(`"Nairobi"`, `5`), "cannot unmarshal"},
		"no answers":         {change(`"capital": {"question": "What is the capital of {concept}?", "prefix": "The capital is"}`, ""), "answers: want at least one"},
		"no place":           {change("{concept}", "it"), "capital: question: want a text with {concept}"},
		"space":              {change("capital is", "capital is "), "want no space around it"},
		"folds":              {change(`"answers"`, `"folds": [0], "answers"`), "folds: want one of each of 0 templates, have 1"},
		"negative fold":      {change(`"answers"`, `"folds": [-1], "templates": [{"text": "{concept}?", "seed": true}], "answers"`), "want a number from 0 on"},
		"template":           {change(`"answers"`, `"templates": [{"text": "x", "seed": true}], "answers"`), "templates[0]: want a text with {concept}"},
		"template twice":     {change(`"answers"`, `"templates": [{"text": "{concept}"}, {"text": "{concept}"}], "answers"`), "templates[1]: want each once"},
		"description":        {change(`"answers"`, `"descriptions": {"capital": "x"}, "answers"`), "want a text with {capital}"},
		"description of one": {change(`"answers"`, `"descriptions": {"food": "{food}"}, "answers"`), "want its food"},
		"deep":               {strings.Repeat("[", 20), "nested"},
	} {
		_, err := Parse([]byte(c.data))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
	}
	if _, err := Read("testdata"); err == nil {
		t.Error("a folder: want an error")
	}
}

// FuzzParse: whatever is accepted is whole and the same when read again.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("testdata/countries24.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(small))
	f.Add([]byte(`{"concepts": [{"name": "a", "x": "b"}, {"name": "b", "x": "a"}], "templates": [{"text": "{concept}"}], "folds": [1], "descriptions": {"x": "{x}"}, "answers": {"x": {"question": "{concept}"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Parse(data)
		if err != nil {
			return
		}
		if b, err := Parse(data); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("read again: have %v", err)
		}
		for _, c := range a.Concepts {
			for fact := range a.Answers {
				if c.Name == "" || c.Facts[fact] == "" {
					t.Fatalf("accepted without a name or fact: %+v", c)
				}
			}
		}
	})
}
