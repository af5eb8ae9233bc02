package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// FromJSON reads a tokenizer.json, the file of the Hugging Face tokenizers
// library. Supported are BPE models with the pipelines of the causal language
// models that have one; any other component is an error that names it, as is
// any setting of one that is not known. Truncation and padding in the file
// are not applied, as transformers does not apply them either.
func FromJSON(data []byte) (*Tokenizer, error) {
	d, err := parseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return build(d)
}

func parseJSON(data []byte) (*definition, error) {
	var file struct {
		AddedTokens   []addedToken    `json:"added_tokens"`
		Normalizer    json.RawMessage `json:"normalizer"`
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Decoder       json.RawMessage `json:"decoder"`
		Model         json.RawMessage `json:"model"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if len(file.Model) == 0 || string(file.Model) == "null" {
		return nil, fmt.Errorf("model: want a tokenizer.json, have no model in it")
	}
	d := &definition{Added: file.AddedTokens}
	for _, part := range []struct {
		name string
		raw  json.RawMessage
		to   **component
	}{
		{"normalizer", file.Normalizer, &d.Normalizer},
		{"pre_tokenizer", file.PreTokenizer, &d.PreTokenizer},
		{"post_processor", file.PostProcessor, &d.PostProcessor},
		{"decoder", file.Decoder, &d.Decoder},
	} {
		c, err := parseComponent(part.raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		*part.to = c
	}
	if err := parseModel(file.Model, &d.Model); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return d, nil
}

func parseModel(raw json.RawMessage, m *modelDefinition) error {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	// Files of the first versions name no type; their merges show what it is.
	if head.Type != "BPE" && head.Type != "" {
		return typeError(head.Type, "BPE")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return err
	}
	m.Type = "BPE"
	return nil
}

// mergeList is pairs of tokens, written as "a b" or ["a", "b"].
type mergeList [][2]string

// UnmarshalJSON reads both forms.
func (l *mergeList) UnmarshalJSON(data []byte) error {
	var lines []string
	if json.Unmarshal(data, &lines) == nil {
		pairs, err := splitMerges(lines)
		*l = pairs
		return err
	}
	var pairs [][]string
	if err := json.Unmarshal(data, &pairs); err != nil {
		return fmt.Errorf(`merges: want "a b" or ["a", "b"]: %w`, err)
	}
	*l = make(mergeList, len(pairs))
	for i, p := range pairs {
		if len(p) != 2 {
			return fmt.Errorf("merges: merge %d: want 2 tokens, have %d", i, len(p))
		}
		(*l)[i] = [2]string(p)
	}
	return nil
}

// splitMerges reads merges written as "a b".
func splitMerges(lines []string) (mergeList, error) {
	list := make(mergeList, 0, len(lines))
	for i, line := range lines {
		if i == 0 && strings.HasPrefix(line, "#version") {
			continue
		}
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return nil, fmt.Errorf("merges: merge %d: want two tokens and a space between them, have %q", i, line)
		}
		list = append(list, [2]string{left, right})
	}
	return list, nil
}
