package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"premlp/tokenizer"
)

// sentencePieceConfig is what a tokenizer_config.json says of a tokenizer.model.
type sentencePieceConfig struct {
	AddBOS *bool `json:"add_bos_token"`
	AddEOS *bool `json:"add_eos_token"`
	Added  map[string]struct {
		Content string `json:"content"`
	} `json:"added_tokens_decoder"`
}

// openSentencePiece opens a folder's tokenizer.model. As in the models that
// have one, <s> is put before a text unless tokenizer_config.json says no.
func openSentencePiece(dir string) (*tokenizer.Tokenizer, error) {
	data, err := readFile(dir, "tokenizer.model")
	if err != nil {
		return nil, err
	}
	var config sentencePieceConfig
	if err := readJSONFile(dir, "tokenizer_config.json", &config); err != nil {
		return nil, err
	}
	own := map[string]int{}
	if err := readJSONFile(dir, "added_tokens.json", &own); err != nil {
		return nil, err
	}
	t, err := tokenizer.FromSentencePiece(data, tokenizer.SentencePieceOptions{
		AddBOS: config.AddBOS == nil || *config.AddBOS,
		AddEOS: config.AddEOS != nil && *config.AddEOS,
	})
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, token := range config.Added {
		own[token.Content] = 0
	}
	for token := range own {
		if _, ok := t.ID(token); !ok {
			missing = append(missing, token)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("tokenizer.model: want all tokens in it, or a tokenizer.json; %s is added beside it", strings.Join(missing[:min(3, len(missing))], ", "))
	}
	return t, nil
}

// readJSONFile reads a file of a folder, if it is there.
func readJSONFile(dir, name string, to any) error {
	data, err := readFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		if err = json.Unmarshal(data, to); err != nil {
			err = fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
	}
	return err
}

// OpenTokenizerFile opens a tokenizer.json, or a tokenizer.model, which has
// ".model" in its name.
func OpenTokenizerFile(path string) (*tokenizer.Tokenizer, error) {
	dir, name := filepath.Split(path)
	data, err := readFile(dir, name)
	if err != nil {
		return nil, err
	}
	var t *tokenizer.Tokenizer
	if strings.Contains(name, ".model") {
		t, err = tokenizer.FromSentencePiece(data, tokenizer.SentencePieceOptions{AddBOS: true})
	} else {
		t, err = tokenizer.FromJSON(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}
