package facts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// written is the file as it is written.
type written struct {
	About        string              `json:"about"`
	Countries    []map[string]string `json:"countries"`
	Concepts     []map[string]string `json:"concepts"`
	Templates    []writtenTemplate   `json:"templates"`
	Folds        []int               `json:"folds"`
	Descriptions map[string]string   `json:"descriptions"`
	Answers      map[string]struct {
		Question string `json:"question"`
		Prefix   string `json:"prefix"`
	} `json:"answers"`
}

type writtenTemplate struct {
	Text string `json:"text"`
	Seed bool   `json:"seed"`
}

// decode reads the JSON, which must be one object of the known keys, each once.
func decode(data []byte) (*File, error) {
	if !utf8.Valid(data) { // which JSON would replace without a word
		return nil, errors.New("want UTF-8 text")
	}
	if err := checkKeys(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var w written
	if err := d.Decode(&w); err != nil {
		return nil, err
	}
	if w.Countries != nil && w.Concepts != nil {
		return nil, errors.New("want countries or concepts, have both")
	}
	f := &File{About: w.About, Folds: w.Folds, Descriptions: w.Descriptions, Answers: map[string]Answer{}}
	for i, c := range append(w.Countries, w.Concepts...) {
		name := c["name"]
		if name == "" || strings.TrimSpace(name) != name {
			return nil, fmt.Errorf("concepts[%d]: want a name without space around it, have %q", i, name)
		}
		delete(c, "name")
		f.Concepts = append(f.Concepts, Concept{Name: name, Facts: c})
	}
	for _, t := range w.Templates {
		f.Templates = append(f.Templates, Template(t))
	}
	for fact, a := range w.Answers {
		f.Answers[fact] = Answer(a)
	}
	return f, nil
}

// maxDepth is how deep values may be nested.
const maxDepth = 8

// checkKeys refuses a key given twice in one object, of which JSON would take the
// last, and more behind the file's object.
func checkKeys(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := uniqueKeys(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("want one JSON object, have more behind it")
	}
	return nil
}

// uniqueKeys reads one value.
func uniqueKeys(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("want at most %d values nested", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := t.(string)
			folded := strings.ToLower(key) // encoding/json ignores case
			if seen[folded] {
				return fmt.Errorf("byte %d: want each key once, have %q again", d.InputOffset(), key)
			}
			seen[folded] = true
		}
		if err := uniqueKeys(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing one
	return err
}
