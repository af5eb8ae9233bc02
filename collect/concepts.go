package collect

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// ReadControls reads a file of control concepts: UTF-8, one a line; blank lines
// and lines that begin with # are passed over, spaces around a concept are
// dropped. A concept that is given twice or is the target, in whatever case, is
// an error that names the line.
func ReadControls(path, target string) ([]string, error) {
	data, err := readText(path)
	if err != nil {
		return nil, err
	}
	controls, err := parseControls(data, target)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return controls, nil
}

// parseControls parses the lines of ReadControls.
func parseControls(data []byte, target string) ([]string, error) {
	fold := cases.Fold()
	lines := map[string]int{}
	var controls []string
	var problems []error
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			problems = append(problems, fmt.Errorf("line %d: want UTF-8 text, have %q", i+1, line))
			continue
		}
		c := strings.TrimSpace(string(line))
		if c == "" || strings.HasPrefix(c, "#") {
			continue
		}
		key := fold.String(c)
		switch before, twice := lines[key]; {
		case strings.ContainsFunc(c, unicode.IsControl):
			problems = append(problems, fmt.Errorf("line %d: want one concept, have control characters: %q", i+1, c))
		case key == fold.String(strings.TrimSpace(target)):
			problems = append(problems, fmt.Errorf("line %d: %q is the target", i+1, c))
		case twice:
			problems = append(problems, fmt.Errorf("line %d: %q is given in line %d already", i+1, c, before))
		default:
			controls = append(controls, c)
		}
		lines[key] = i + 1
	}
	if len(controls) == 0 && problems == nil {
		return nil, errors.New("want control concepts, one a line, have none")
	}
	return controls, joinSome(problems)
}
