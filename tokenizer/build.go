package tokenizer

import (
	"fmt"
	"strings"
)

// build makes the tokenizer that a definition describes.
func build(d *definition) (*Tokenizer, error) {
	t, err := buildPipeline(d)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func buildPipeline(d *definition) (t *Tokenizer, err error) {
	t = new(Tokenizer)
	if t.normalizers, err = buildNormalizers(d.Normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	var spelled bool
	if t.pretokenizers, spelled, err = buildPretokenizers(d.PreTokenizer); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if t.model, err = buildBPE(&d.Model, spelled); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if err = t.buildTokens(d); err != nil {
		return nil, err
	}
	if t.post, err = buildPost(d.PostProcessor, t); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	if t.decoders, err = buildDecoders(d.Decoder); err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	t.digest, err = d.digest()
	return t, err
}

// buildTokens fills the table of tokens and the finders of added tokens.
func (t *Tokenizer) buildTokens(d *definition) error {
	size := len(d.Model.Vocabulary) + len(d.Added)
	// Ids may have gaps, but not so many that a small file takes much memory.
	limit := int32(2*size + 1<<16)
	t.vocabulary, t.addedIDs = d.Model.Vocabulary, make(map[string]int32, len(d.Added))
	t.tokens = make([]token, 0, size)
	put := func(where string, id int32, content string) error {
		if id < 0 || id >= limit {
			return fmt.Errorf("%s: %q: id: want 0 to %d, have %d", where, content, limit-1, id)
		}
		for int(id) >= len(t.tokens) {
			t.tokens = append(t.tokens, token{})
			t.special = append(t.special, false)
		}
		if old := t.tokens[id]; old.known && old.text != content {
			return fmt.Errorf("%s: id %d: want one token, have %q and %q", where, id, old.text, content)
		}
		t.tokens[id].text, t.tokens[id].known = content, true
		return nil
	}
	for content, id := range d.Model.Vocabulary {
		if err := put("vocabulary", id, content); err != nil {
			return err
		}
	}
	for _, a := range d.Added {
		if id, ok := t.ID(a.Content); ok && id != a.ID {
			return fmt.Errorf("added token %q: id: want %d, have %d", a.Content, id, a.ID)
		}
		if err := put("added tokens", a.ID, a.Content); err != nil {
			return err
		}
		t.addedIDs[a.Content] = a.ID
		t.special[a.ID] = t.special[a.ID] || a.Special
	}
	t.added = buildAdded(d.Added, t.normalizers)
	return nil
}

func buildBPE(d *modelDefinition, byteLevel bool) (*bpe, error) {
	if d.Dropout != nil && *d.Dropout != 0 {
		return nil, fmt.Errorf("dropout: want none, have %g", *d.Dropout)
	}
	if d.Prefix != nil && *d.Prefix != "" {
		return nil, fmt.Errorf("continuing_subword_prefix: want none, have %q", *d.Prefix)
	}
	if d.Suffix != nil && *d.Suffix != "" {
		return nil, fmt.Errorf("end_of_word_suffix: want none, have %q", *d.Suffix)
	}
	if byteLevel && d.ByteFallback {
		return nil, fmt.Errorf("byte_fallback: want false with byte-level words, have true")
	}
	m := &bpe{byteLevel: byteLevel, unknown: -1, fuse: d.FuseUnknown, fallback: d.ByteFallback, cache: newWordCache()}
	if d.Unknown != nil && *d.Unknown != "" {
		id, ok := d.Vocabulary[*d.Unknown]
		if !ok {
			return nil, fmt.Errorf("unk_token: want a token of the vocabulary, have %q", *d.Unknown)
		}
		m.unknown = id
	}
	for b := range m.bytes {
		name := fmt.Sprintf("<0x%02X>", b)
		if byteLevel {
			name = string(byteRunes[b])
		}
		m.bytes[b] = -1
		if id, ok := d.Vocabulary[name]; ok {
			m.bytes[b] = id
		}
	}
	if !byteLevel {
		m.chars = d.Vocabulary
	}
	if d.IgnoreMerges {
		m.whole = wholeWords(d.Vocabulary, byteLevel)
	}
	if err := m.addMerges(d); err != nil {
		return nil, err
	}
	if !byteLevel && !d.IgnoreMerges {
		m.cuts = newWordCuts(d)
	}
	return m, nil
}

// wholeWords returns the vocabulary by the text that the words hold.
func wholeWords(vocabulary map[string]int32, byteLevel bool) map[string]int32 {
	if !byteLevel {
		return vocabulary
	}
	words := make(map[string]int32, len(vocabulary))
	for token, id := range vocabulary {
		if raw, ok := fromByteAlphabet(token); ok {
			words[raw] = id
		}
	}
	return words
}

// addMerges enters the merges. A pair that is listed twice has the rank of the
// last, as in the Hugging Face library.
func (m *bpe) addMerges(d *modelDefinition) error {
	m.merges = newMergeTable(len(d.Merges))
	var name []byte
	for rank, tokens := range d.Merges {
		left, okLeft := d.Vocabulary[tokens[0]]
		right, okRight := d.Vocabulary[tokens[1]]
		name = append(append(name[:0], tokens[0]...), tokens[1]...)
		id, ok := d.Vocabulary[string(name)]
		if !okLeft || !okRight || !ok {
			return fmt.Errorf("merge %d: want two tokens that make a token, have %q and %q", rank, strings.ToValidUTF8(tokens[0], replacement), strings.ToValidUTF8(tokens[1], replacement))
		}
		m.merges.put(makePair(left, right), int32(rank), id)
	}
	return nil
}
