package tokenizer

import (
	"fmt"
	"math"
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

func buildPipeline(d *definition) (*Tokenizer, error) {
	t := new(Tokenizer)
	digested := make(chan error, 1)
	go func() { // beside the rest: it takes a third of the time
		var err error
		t.digest, err = d.digest()
		digested <- err
	}()
	if err := t.buildStages(d); err != nil {
		return nil, err
	}
	return t, <-digested
}

// buildStages makes the stages of the pipeline, in order.
func (t *Tokenizer) buildStages(d *definition) (err error) {
	if t.normalizers, err = buildNormalizers(d.Normalizer); err != nil {
		return fmt.Errorf("normalizer: %w", err)
	}
	var spelled bool
	if t.pretokenizers, spelled, err = buildPretokenizers(d.PreTokenizer); err != nil {
		return fmt.Errorf("pre_tokenizer: %w", err)
	}
	if err = t.buildTokens(d); err != nil {
		return err
	}
	switch {
	case d.SentencePiece != nil:
		err = t.buildSentencePiece(d)
	case d.Model.Type == "Unigram":
		t.model, err = buildUnigram(&d.Model)
	default:
		t.model, err = buildBPE(&d.Model, t.tokens, spelled)
	}
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if t.post, err = buildPost(d.PostProcessor, t); err != nil {
		return fmt.Errorf("post_processor: %w", err)
	}
	if t.decoders, err = buildDecoders(d.Decoder); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	t.added = buildAdded(d.Added, t.normalizers)
	return nil
}

// buildTokens fills the table of tokens.
func (t *Tokenizer) buildTokens(d *definition) error {
	size := len(d.Model.Vocabulary) + len(d.Added)
	limit := int32(d.maxID())
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
	return nil
}

func buildBPE(d *modelDefinition, tokens []token, byteLevel bool) (*bpe, error) {
	if d.UnknownID != nil {
		return nil, fmt.Errorf("unk_id: want none for BPE, have %d", *d.UnknownID)
	}
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
	m.bytes = byteTokens(d.Vocabulary, byteLevel)
	if !byteLevel {
		m.chars = d.Vocabulary
	}
	if d.IgnoreMerges {
		m.whole = d.Vocabulary
		m.newForms()
	}
	if err := m.addMerges(d, tokens); err != nil {
		return nil, err
	}
	if !byteLevel && !d.IgnoreMerges {
		m.cuts = newWordCuts(d)
	}
	return m, nil
}

// byteTokens returns each byte's token, -1 for none.
func byteTokens(vocabulary map[string]int32, byteLevel bool) (tokens [256]int32) {
	for b := range tokens {
		name := fmt.Sprintf("<0x%02X>", b)
		if byteLevel {
			name = string(byteRunes[b])
		}
		tokens[b] = -1
		if id, ok := vocabulary[name]; ok {
			tokens[b] = id
		}
	}
	return tokens
}

// addMerges enters the merges. A pair that is listed twice has the rank of the
// last, as in the Hugging Face library.
func (m *bpe) addMerges(d *modelDefinition, tokens []token) error {
	m.merges = newMergeTable(len(d.Merges))
	plain := true // no merge knows the unknown token or a byte of an unknown character
	var name []byte
	next := int32(0) // merges mostly make one token after the other
	for rank, merge := range d.Merges {
		left, okLeft := d.Vocabulary[merge[0]]
		right, okRight := d.Vocabulary[merge[1]]
		id, ok := next, int(next) < len(tokens) && tokens[next].known && isPair(tokens[next].text, merge)
		if !ok {
			name = append(append(name[:0], merge[0]...), merge[1]...)
			id, ok = d.Vocabulary[string(name)]
		}
		if !okLeft || !okRight || !ok {
			return fmt.Errorf("merge %d: want two tokens that make a token, have %q and %q", rank, strings.ToValidUTF8(merge[0], replacement), strings.ToValidUTF8(merge[1], replacement))
		}
		m.merges.put(makePair(left, right), int32(rank), id)
		next = id + 1
		plain = plain && left != m.unknown && right != m.unknown && (m.byteLevel || !isByteMerge(merge))
	}
	if plain {
		m.newFirst()
	}
	return nil
}

// isPair reports whether a token is the two of a merge.
func isPair(token string, merge [2]string) bool {
	return len(token) == len(merge[0])+len(merge[1]) && strings.HasPrefix(token, merge[0]) && strings.HasSuffix(token, merge[1])
}

func buildUnigram(d *modelDefinition) (*unigram, error) {
	if d.Unknown != nil || d.Merges != nil || d.Dropout != nil || d.Prefix != nil || d.Suffix != nil || d.FuseUnknown || d.IgnoreMerges {
		return nil, fmt.Errorf("want the settings of a Unigram model, have some of a BPE model")
	}
	if d.UnknownID == nil || *d.UnknownID < 0 || int(*d.UnknownID) >= len(d.Scores) {
		return nil, fmt.Errorf("unk_id: want the id of one of %d tokens", len(d.Scores))
	}
	if len(d.Vocabulary) != len(d.Scores) {
		return nil, fmt.Errorf("vocab: want %d different tokens, have %d", len(d.Scores), len(d.Vocabulary))
	}
	m := &unigram{scores: d.Scores, unknown: *d.UnknownID, fuse: true, lowest: math.Inf(1), cache: newWordCache()}
	m.pieces.nodes = make([]trieNode, 1)
	for token, id := range d.Vocabulary {
		if len(token) > maxPieceLen {
			return nil, fmt.Errorf("vocab: token %d: want at most %d bytes, have %d", id, maxPieceLen, len(token))
		}
		if token != "" {
			m.pieces.add(token, id)
		}
		m.lowest = min(m.lowest, d.Scores[id])
	}
	m.lowest -= unknownPenalty
	if d.ByteFallback {
		tokens := byteTokens(d.Vocabulary, false)
		m.bytes = &tokens
	}
	return m, nil
}
