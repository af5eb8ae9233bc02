package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"premlp/model"
	"premlp/tokenizer"
	"premlp/weights"
)

// Loaded is a model with the tokenizer and the chat template that go with it.
type Loaded struct {
	Model     *model.Model
	Tokenizer *tokenizer.Tokenizer
	Chat      *tokenizer.ChatTemplate // nil where the checkpoint has none
	Name      string                  // the checkpoint's own name, never a path
}

// OpenModel opens a checkpoint and what it says of its tokenizer: a GGUF's
// metadata, or a folder's tokenizer.json or tokenizer.model,
// tokenizer_config.json and chat_template.jinja.
func OpenModel(path string) (*Loaded, error) {
	m, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	l := &Loaded{Model: m, Name: modelName(m)}
	if l.Tokenizer, err = OpenTokenizer(m); err == nil {
		l.Chat, err = OpenChat(m)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return l, nil
}

// Close closes the model.
func (l *Loaded) Close() error { return l.Model.Close() }

// modelName returns the name a GGUF gives itself, else the architecture's.
func modelName(m *model.Model) string {
	if g := m.GGUF(); g != nil {
		if name, ok := g.Meta().String("general.name"); ok && name != "" {
			return name
		}
	}
	return m.Config().Architecture
}

// OpenTokenizer opens the tokenizer that belongs to a model.
func OpenTokenizer(m *model.Model) (*tokenizer.Tokenizer, error) {
	var t *tokenizer.Tokenizer
	var err error
	if g := m.GGUF(); g != nil {
		var v tokenizer.Vocabulary
		if v, err = vocabulary(g.Meta()); err == nil {
			t, err = tokenizer.FromVocabulary(v)
		}
	} else {
		var data []byte
		if data, err = readFile(m.Dir(), "tokenizer.json"); err == nil {
			t, err = tokenizer.FromJSON(data)
		} else if errors.Is(err, fs.ErrNotExist) {
			if t, err = openSentencePiece(m.Dir()); errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("%s: no tokenizer: want tokenizer.json or tokenizer.model beside config.json", m.Path())
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path(), err)
	}
	return t, nil
}

// vocabulary reads the tokenizer.ggml keys of a GGUF as plain values.
func vocabulary(meta weights.Metadata) (tokenizer.Vocabulary, error) {
	const key = "tokenizer.ggml."
	text := func(name string) string { s, _ := meta.String(name); return s }
	var err error
	small := func(name string, n int) int32 {
		if n != int(int32(n)) {
			err = errors.Join(err, fmt.Errorf("%s: want a 32-bit number, have %d", name, n))
		}
		return int32(n)
	}
	id := func(name string) int32 {
		name = key + name + "_token_id"
		if n, ok := meta.Int(name); ok {
			return small(name, n)
		}
		return -1
	}
	flag := func(name string) *bool {
		if b, ok := meta.Bool(key + name); ok {
			return &b
		}
		return nil
	}
	v := tokenizer.Vocabulary{
		Model: text(key + "model"), Pre: text(key + "pre"), ChatTemplate: text("tokenizer.chat_template"),
		BOS: id("bos"), EOS: id("eos"), Unknown: id("unknown"), Pad: id("padding"),
		AddBOS: flag("add_bos_token"), AddEOS: flag("add_eos_token"), AddSpacePrefix: flag("add_space_prefix"),
	}
	if remove := flag("remove_extra_whitespaces"); remove != nil {
		v.RemoveExtraSpaces = *remove
	}
	_, v.Rules = meta.Type(key + "precompiled_charsmap")
	v.Tokens, _ = meta.Strings(key + "tokens")
	v.Merges, _ = meta.Strings(key + "merges")
	v.Scores, _ = meta.Floats(key + "scores")
	types, _ := meta.Ints(key + "token_type")
	for _, t := range types {
		v.Types = append(v.Types, small(key+"token_type", t))
	}
	return v, err
}

// OpenChat opens a model's chat template; nil where it has none.
func OpenChat(m *model.Model) (*tokenizer.ChatTemplate, error) {
	source, tokens, err := chatSource(m)
	if err != nil || source == "" {
		return nil, err
	}
	c, err := tokenizer.ParseChatTemplate(source, tokens)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path(), err)
	}
	return c, nil
}

// chatSource returns a template's text, "" if there is none, and the special
// tokens it may name.
func chatSource(m *model.Model) (string, map[string]string, error) {
	tokens := map[string]string{}
	if g := m.GGUF(); g != nil {
		v, err := vocabulary(g.Meta())
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", m.Path(), err)
		}
		for name, id := range map[string]int32{"bos_token": v.BOS, "eos_token": v.EOS, "unk_token": v.Unknown, "pad_token": v.Pad} {
			if id >= 0 && int(id) < len(v.Tokens) {
				tokens[name] = v.Tokens[id]
			}
		}
		return v.ChatTemplate, tokens, nil
	}
	var config tokenizerConfig
	data, err := readFile(m.Dir(), "tokenizer_config.json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", nil, err
	default:
		if err := json.Unmarshal(data, &config); err != nil {
			return "", nil, fmt.Errorf("%s: tokenizer_config.json: %w", m.Path(), err)
		}
	}
	for name, t := range map[string]specialToken{"bos_token": config.BOS, "eos_token": config.EOS, "unk_token": config.Unknown, "pad_token": config.Pad} {
		if t != "" {
			tokens[name] = string(t)
		}
	}
	own, err := readFile(m.Dir(), "chat_template.jinja")
	if errors.Is(err, fs.ErrNotExist) {
		return string(config.Template), tokens, nil
	}
	return string(own), tokens, err
}

// tokenizerConfig is what is read of a tokenizer_config.json.
type tokenizerConfig struct {
	Template chatTemplate `json:"chat_template"`
	BOS      specialToken `json:"bos_token"`
	EOS      specialToken `json:"eos_token"`
	Unknown  specialToken `json:"unk_token"`
	Pad      specialToken `json:"pad_token"`
}

// chatTemplate is one template, or the one named "default" of several.
type chatTemplate string

// UnmarshalJSON implements json.Unmarshaler.
func (c *chatTemplate) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(string(data), "[") {
		var list []struct{ Name, Template string }
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		var names []string
		for _, t := range list {
			if t.Name == "default" {
				*c = chatTemplate(t.Template)
				return nil
			}
			names = append(names, t.Name)
		}
		if names != nil {
			return fmt.Errorf("chat_template: want one named default, have %s", strings.Join(names, ", "))
		}
		return nil
	}
	return json.Unmarshal(data, (*string)(c))
}

// specialToken is a token's text, given alone or as an object's content.
type specialToken string

// UnmarshalJSON implements json.Unmarshaler.
func (t *specialToken) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(string(data), "{") {
		var object struct{ Content string }
		err := json.Unmarshal(data, &object)
		*t = specialToken(object.Content)
		return err
	}
	return json.Unmarshal(data, (*string)(t))
}

// maxSideFile bounds a checkpoint's tokenizer files; the largest published
// tokenizer.json has about 40 MB.
const maxSideFile = 256 << 20

// readFile reads a file of a checkpoint's folder.
func readFile(dir, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSideFile+1))
	if err == nil && len(data) > maxSideFile {
		err = fmt.Errorf("%s: want at most %d bytes", f.Name(), maxSideFile)
	}
	return data, err
}
