package tokenizer

import (
	"fmt"
	"strings"
)

// Vocabulary is the tokenizer of a GGUF file: its tokenizer.ggml.* values.
type Vocabulary struct {
	Model  string // tokenizer.ggml.model: "gpt2" or "llama"
	Pre    string // tokenizer.ggml.pre, for model gpt2
	Tokens []string
	Scores []float32 // for model llama, one per token
	Types  []int32   // one per token, or none: all normal
	Merges []string  // "left right", for model gpt2

	BOS, EOS, Unknown, Pad int32 // -1 for none

	AddBOS, AddEOS, AddSpacePrefix *bool // nil where the file does not say

	RemoveExtraSpaces bool // refused, as are Rules: no model of these has them
	Rules             bool // whether there is a precompiled_charsmap

	ChatTemplate string // not part of the tokenizer: for ParseChatTemplate
}

// Token types of a GGUF file.
const (
	typeNormal      = 1
	typeUnknown     = 2
	typeControl     = 3
	typeUserDefined = 4
	typeUnused      = 5
	typeByte        = 6
)

// FromVocabulary makes the tokenizer of a GGUF file. The pipeline, which such
// a file only names, is that of the published tokenizer.json; an unknown name
// is an error. Control and unknown tokens become special added tokens,
// user-defined ones added tokens that are not special.
//
// What such a file no longer tells is lost: where a converter wrote the
// visible space of a user-defined token as a space (Gemma), a visible space
// typed in the text is not that token.
func FromVocabulary(v Vocabulary) (*Tokenizer, error) {
	d, err := v.definition()
	if err != nil {
		return nil, fmt.Errorf("tokenizer: vocabulary: %w", err)
	}
	return build(d)
}

func (v *Vocabulary) definition() (*definition, error) {
	if len(v.Types) != 0 && len(v.Types) != len(v.Tokens) {
		return nil, fmt.Errorf("types: want %d, one per token, have %d", len(v.Tokens), len(v.Types))
	}
	d := &definition{Model: modelDefinition{Type: "BPE", Vocabulary: make(tokenIDs, len(v.Tokens))}}
	for i, token := range v.Tokens {
		if old, ok := d.Model.Vocabulary[token]; ok {
			return nil, fmt.Errorf("token %d: want a new token, have %q again, which is token %d", i, token, old)
		}
		d.Model.Vocabulary[token] = int32(i)
		switch kind := v.kind(i); kind {
		case typeControl, typeUnknown, typeUserDefined:
			d.Added = append(d.Added, addedToken{ID: int32(i), Content: token, Special: kind != typeUserDefined})
		case typeNormal, typeUnused, typeByte:
		default:
			return nil, fmt.Errorf("token %d: type: want 1 to 6, have %d", i, kind)
		}
	}
	if v.RemoveExtraSpaces || v.Rules {
		return nil, fmt.Errorf("want no remove_extra_whitespaces and no precompiled_charsmap with model %q, have some", v.Model)
	}
	var err error
	f := family{addBOS: true}
	switch v.Model {
	case "gpt2":
		f, err = v.byteLevel(d)
	case "llama":
		err = v.sentencePiece(d)
	default:
		err = fmt.Errorf(`model: want "gpt2" or "llama", have %q`, v.Model)
	}
	if err != nil {
		return nil, err
	}
	if v.AddBOS != nil {
		f.addBOS = *v.AddBOS
	}
	d.PostProcessor, err = v.template(f.addBOS, v.AddEOS != nil && *v.AddEOS)
	if f.trim {
		trim := component{Type: "ByteLevel", AddPrefixSpace: new(bool)}
		if d.PostProcessor != nil {
			trim = component{Type: "Sequence", Processors: []component{trim, *d.PostProcessor}}
		}
		d.PostProcessor = &trim
	}
	return d, err
}

func (v *Vocabulary) kind(i int) int32 {
	if len(v.Types) == 0 {
		return typeNormal
	}
	return v.Types[i]
}

// byteLevel completes the definition of a gpt2 model and returns its family.
func (v *Vocabulary) byteLevel(d *definition) (family, error) {
	f, err := familyOf(v.Pre)
	if err != nil {
		return f, err
	}
	d.Normalizer, d.PreTokenizer = f.normalizer, f.pretokenizer
	d.Decoder = &component{Type: "ByteLevel"}
	d.Model.IgnoreMerges = f.ignoreMerges
	d.Model.Merges = make(mergeList, len(v.Merges))
	for i, line := range v.Merges {
		// The left token may itself start with a space, and only there.
		split := -1
		if line != "" {
			split = strings.IndexByte(line[1:], ' ') + 1
		}
		if split < 1 || split == len(line)-1 {
			return f, fmt.Errorf("merges: merge %d: want two tokens and a space between them, have %q", i, line)
		}
		d.Model.Merges[i] = [2]string{line[:split], line[split+1:]}
	}
	return f, nil
}

// template is the post-processor that adds tokens around the text.
func (v *Vocabulary) template(bos, eos bool) (*component, error) {
	if !bos && !eos {
		return nil, nil
	}
	c := &component{Type: "TemplateProcessing", SpecialTokens: map[string]templateToken{}}
	add := func(name string, id int32) error {
		if id == -1 {
			return fmt.Errorf("%s: want the id of one of %d tokens, since it is to be added, have none", name, len(v.Tokens))
		}
		if id < 0 || int(id) >= len(v.Tokens) {
			return fmt.Errorf("%s: want the id of one of %d tokens, have %d", name, len(v.Tokens), id)
		}
		c.SpecialTokens[name] = templateToken{ID: name, IDs: []int32{id}}
		c.Single = append(c.Single, templatePart{SpecialToken: &templateReference{ID: name}})
		return nil
	}
	if bos {
		if err := add("bos", v.BOS); err != nil {
			return nil, err
		}
	}
	c.Single = append(c.Single, templatePart{Sequence: &templateReference{ID: "A"}})
	if eos {
		if err := add("eos", v.EOS); err != nil {
			return nil, err
		}
	}
	return c, nil
}
