package readout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// maxTexts bounds a file of texts, in bytes.
const maxTexts = 64 << 20

// Line is a text of a file.
type Line struct {
	Number int // from 1
	Text   string
}

// ReadTexts reads a UTF-8 file of texts, one a line, blank ones passed over. In a
// file whose name ends in .jsonl a line is an object with a member "text"; others
// are passed over.
func ReadTexts(path string) ([]Line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTexts+1))
	if err == nil && len(data) > maxTexts {
		err = fmt.Errorf("want at most %d bytes", maxTexts)
	}
	var lines []Line
	if err == nil {
		lines, err = parseTexts(data, strings.HasSuffix(path, ".jsonl"))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lines, nil
}

// parseTexts parses the lines of ReadTexts.
func parseTexts(data []byte, objects bool) ([]Line, error) {
	var lines []Line
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		number++
		if !utf8.Valid(line) {
			return nil, fmt.Errorf("line %d: want UTF-8 text, have %q", number, line)
		}
		text := strings.TrimSpace(string(line))
		if text == "" {
			continue
		}
		if objects {
			var o struct {
				Text *string `json:"text"`
			}
			if err := json.Unmarshal(line, &o); err != nil {
				return nil, fmt.Errorf("line %d: want {\"text\": …}: %w", number, err)
			}
			if o.Text == nil || *o.Text == "" {
				return nil, fmt.Errorf("line %d: want {\"text\": …}, have no text", number)
			}
			text = *o.Text
		}
		lines = append(lines, Line{number, text})
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("want texts, one a line, have none")
	}
	return lines, nil
}
