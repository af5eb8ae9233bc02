package tokenizer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// definition returns the tokenizer that the file describes.
func (p *sentencePiece) definition(o SentencePieceOptions) (*definition, error) {
	if p.Model != spmBPE && p.Model != spmUnigram {
		return nil, fmt.Errorf("trainer_spec: model_type: want Unigram or BPE, have %s (%d)", cmp.Or(spmModelNames[p.Model], "none that is known"), p.Model)
	}
	d := &definition{SentencePiece: p, Model: modelDefinition{
		Type: spmModelNames[p.Model], Vocabulary: make(tokenIDs, len(p.pieces)), Scores: make([]float64, len(p.pieces)), ByteFallback: p.ByteFallback,
	}}
	unknown, bytes := -1, 0
	for i, piece := range p.pieces {
		if old, ok := d.Model.Vocabulary[piece.text]; ok {
			return nil, fmt.Errorf("piece %d: want a new piece, have %q again, which is piece %d", i, piece.text, old)
		}
		d.Model.Vocabulary[piece.text], d.Model.Scores[i] = int32(i), float64(piece.score)
		switch _, isByte := byteToken(piece.text); {
		case piece.kind == typeUnknown && unknown >= 0:
			return nil, fmt.Errorf("piece %d: want one unknown piece, have %q and %q", i, p.pieces[unknown].text, piece.text)
		case piece.kind == typeUnknown:
			unknown = i
		case piece.kind == typeControl:
			d.Added = append(d.Added, addedToken{ID: int32(i), Content: piece.text, Special: true})
		case piece.kind == typeByte && (!isByte || !p.ByteFallback):
			return nil, fmt.Errorf("piece %d: want a byte <0x00> to <0xFF> in a model with byte_fallback, have %q", i, piece.text)
		case piece.kind == typeByte:
			bytes++
		}
	}
	if unknown < 0 {
		return nil, fmt.Errorf("want an unknown piece, have none of %d", len(p.pieces))
	}
	if p.ByteFallback && bytes != 256 {
		return nil, fmt.Errorf("byte_fallback: want 256 pieces of bytes, have %d", bytes)
	}
	d.Model.UnknownID = new(int32)
	*d.Model.UnknownID = int32(unknown)
	var err error
	d.PostProcessor, err = p.template(d, o)
	return d, err
}

// template is the post-processor that adds tokens around the text.
func (p *sentencePiece) template(d *definition, o SentencePieceOptions) (*component, error) {
	v := Vocabulary{BOS: -1, EOS: -1, Tokens: make([]string, len(p.pieces))}
	if id, ok := d.Model.Vocabulary[p.BOS]; ok {
		v.BOS = id
	}
	if id, ok := d.Model.Vocabulary[p.EOS]; ok {
		v.EOS = id
	}
	return v.template(o.AddBOS, o.AddEOS)
}

// buildSentencePiece makes the stages of a tokenizer.model.
func (t *Tokenizer) buildSentencePiece(d *definition) error {
	p := d.SentencePiece
	rules, err := parseCharsmap(string(p.Charsmap))
	if err != nil {
		return fmt.Errorf("normalizer_spec: %w", err)
	}
	own := new(trie) // user-defined pieces
	for i, piece := range p.pieces {
		if piece.kind == typeUserDefined {
			own.add(piece.text, int32(i))
		}
	}
	t.normalizers = []normalizer{&spmNormalizer{rules: rules, own: own, sentencePiece: p}}
	t.decodeIDs = t.decodeSentencePiece(p)
	if p.Model == spmUnigram {
		t.model = p.unigram(d)
		return nil
	}
	t.model, err = p.bpe(d, own)
	return err
}

// ownBonus makes a user-defined piece better than any others in its place: its
// score, whatever the file says, is this for each byte after the first (measured
// with SentencePiece 0.2.3; it has changed between versions).
const ownBonus = float32(0.1)

// unigram makes the model of independent pieces.
func (p *sentencePiece) unigram(d *definition) *unigram {
	m := &unigram{
		scores: slices.Clone(d.Model.Scores), never: make([]bool, len(p.pieces)), unknown: *d.Model.UnknownID,
		narrow: true, fuse: !p.ByteFallback, cache: newWordCache(),
	}
	m.pieces.nodes = make([]trieNode, 1)
	lowest := float32(math.MaxFloat32)
	for _, piece := range p.pieces {
		if piece.kind == typeNormal {
			lowest = min(lowest, piece.score)
		}
	}
	m.lowest = float64(lowest - unknownPenalty)
	for i, piece := range p.pieces {
		switch piece.kind {
		case typeUserDefined:
			m.scores[i] = float64(float32(len(piece.text))*ownBonus - ownBonus)
		case typeUnused:
			m.never[i] = true
		case typeNormal:
		default:
			continue
		}
		m.pieces.add(piece.text, int32(i))
	}
	if p.ByteFallback {
		tokens := byteTokens(d.Model.Vocabulary, false)
		m.bytes = &tokens
	}
	return m
}

// bpe makes the model of merges: any two pieces that make a piece, that of the
// greatest score first.
func (p *sentencePiece) bpe(d *definition, own *trie) (model, error) {
	m := &bpe{unknown: *d.Model.UnknownID, fuse: !p.ByteFallback, fallback: p.ByteFallback, bytes: byteTokens(d.Model.Vocabulary, false), cache: newWordCache()}
	m.chars = make(map[string]int32, len(p.pieces))
	for i, piece := range p.pieces {
		if piece.kind == typeNormal || piece.kind == typeUnused {
			m.chars[piece.text] = int32(i)
		}
	}
	order := make([]int32, 0, len(m.chars))
	for i, piece := range p.pieces {
		if piece.kind == typeNormal || piece.kind == typeUnused {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(p.pieces[b].score, p.pieces[a].score) })
	cuts := modelDefinition{Vocabulary: m.chars}
	m.merges = newMergeTable(len(order))
	rank := int32(0)
	for k, id := range order {
		piece := p.pieces[id]
		if k > 0 && piece.score != p.pieces[order[k-1]].score {
			rank++ // equal scores merge from left to right
		}
		made := false
		for at := range piece.text {
			left, okLeft := m.chars[piece.text[:at]]
			right, okRight := m.chars[piece.text[at:]]
			if at > 0 && okLeft && okRight {
				made = true
				m.merges.put(makePair(left, right), rank, id)
				cuts.Merges = append(cuts.Merges, [2]string{piece.text[:at], piece.text[at:]})
			}
		}
		if made && piece.kind == typeUnused {
			return nil, fmt.Errorf("piece %d: want no unused piece that merges make, have %q", id, piece.text)
		}
		if err := p.charsKnown(piece.text, m.chars); err != nil {
			return nil, fmt.Errorf("piece %d: %w", id, err)
		}
	}
	m.newFirst()
	m.cuts = newWordCuts(&cuts)
	if own.nodes == nil {
		return m, nil
	}
	return &ownPieces{bpe: m, own: own}, nil
}

// charsKnown asks that the characters of a piece are pieces, as they are after
// training: only then are all merges between pieces.
func (p *sentencePiece) charsKnown(text string, chars map[string]int32) error {
	for i, r := range text {
		char := text[i : i+max(1, utf8.RuneLen(r))]
		if _, ok := chars[char]; !ok && len(char) < len(text) {
			return fmt.Errorf("want pieces for the characters of %q, have none for %q", text, char)
		}
	}
	return nil
}

// ownPieces is a model with user-defined pieces: they are found first, from
// left to right, the longest of those that start at one place, and never merged.
type ownPieces struct {
	*bpe
	own *trie
}

func (m *ownPieces) encode(dst []symbol, word string, s *scratch) []symbol {
	start := 0
	plain := func(end int) {
		if start == end {
			return
		}
		first := len(dst)
		dst = m.bpe.encode(dst, word[start:end], s)
		for k := first; k < len(dst); k++ {
			dst[k].start += int32(start)
			dst[k].end += int32(start)
		}
	}
	for i := 0; i < len(word); {
		id, end := m.own.longest(word, i)
		if id < 0 {
			i += runeLen(word[i])
			continue
		}
		plain(i)
		dst = append(dst, symbol{id, int32(i), int32(end)})
		i, start = end, end
	}
	plain(len(word))
	return dst
}

func (m *ownPieces) appendIDs(dst []int32, word string, s *scratch) []int32 {
	return encodedIDs(m, dst, word, s)
}
