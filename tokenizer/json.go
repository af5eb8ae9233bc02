package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// FromJSON reads a tokenizer.json, the file of the Hugging Face tokenizers
// library. Supported are BPE models with the pipelines of the causal language
// models that have one, and Unigram models with T5's; any other component is an
// error that names it, as is any setting of one that is not known. Truncation and padding in the file
// are not applied, as transformers does not apply them either.
func FromJSON(data []byte) (*Tokenizer, error) {
	d, err := parseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return build(d)
}

// file is a tokenizer.json.
type file struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    *component      `json:"normalizer"`
	PreTokenizer  *component      `json:"pre_tokenizer"`
	PostProcessor *component      `json:"post_processor"`
	Decoder       *component      `json:"decoder"`
	Model         modelDefinition `json:"model"`
}

func parseJSON(data []byte) (*definition, error) {
	var f file
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		// A component that is not supported also has fields that are not known.
		if unsupported := explain(data); unsupported != nil {
			return nil, unsupported
		}
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("want one JSON document, have more after it")
	}
	if err := f.Model.complete(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return &definition{
		Normalizer: f.Normalizer, PreTokenizer: f.PreTokenizer, PostProcessor: f.PostProcessor,
		Decoder: f.Decoder, Added: f.AddedTokens, Model: f.Model,
	}, nil
}

// modelTypes are the models that are supported.
var modelTypes = []string{"BPE", "Unigram"}

// complete moves the vocabulary that was read to its place.
func (m *modelDefinition) complete() error {
	if m.File == nil || m.File.ids == nil {
		return fmt.Errorf("want a tokenizer.json, have no model with a vocabulary in it")
	}
	m.Vocabulary, m.Scores, m.File = m.File.ids, m.File.scores, nil
	// Files of the first versions name no type; their vocabulary shows what it is.
	if m.Type == "" {
		m.Type = "BPE"
		if m.Scores != nil {
			m.Type = "Unigram"
		}
	}
	if !slices.Contains(modelTypes, m.Type) {
		return typeError(m.Type, modelTypes...)
	}
	if isList := m.Scores != nil; isList != (m.Type == "Unigram") {
		return fmt.Errorf("vocab: want an object of ids for BPE and a list of scores for Unigram, have the other for %s", m.Type)
	}
	return nil
}

// explain looks for a component of an unsupported type in a file that did not
// decode.
func explain(data []byte) error {
	type typed struct {
		Type                                             string
		Normalizers, Pretokenizers, Processors, Decoders []json.RawMessage
	}
	var f struct {
		Normalizer, Decoder, Model json.RawMessage
		PreTokenizer               json.RawMessage `json:"pre_tokenizer"`
		PostProcessor              json.RawMessage `json:"post_processor"`
	}
	if json.Unmarshal(data, &f) != nil {
		return nil
	}
	for _, part := range []struct {
		name  string
		raw   json.RawMessage
		known []string
	}{
		{"model", f.Model, modelTypes},
		{"normalizer", f.Normalizer, normalizerTypes},
		{"pre_tokenizer", f.PreTokenizer, pretokenizerTypes},
		{"post_processor", f.PostProcessor, processorTypes},
		{"decoder", f.Decoder, decoderTypes},
	} {
		for queue := []json.RawMessage{part.raw}; len(queue) > 0; queue = queue[1:] {
			var c typed
			if len(queue[0]) == 0 || json.Unmarshal(queue[0], &c) != nil {
				continue
			}
			if c.Type != "" && !slices.Contains(part.known, c.Type) {
				return fmt.Errorf("%s: %w", part.name, typeError(c.Type, part.known...))
			}
			queue = append(queue, c.Normalizers...)
			queue = append(queue, c.Pretokenizers...)
			queue = append(queue, c.Processors...)
			queue = append(queue, c.Decoders...)
		}
	}
	return nil
}
