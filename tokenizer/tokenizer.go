package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// Tokenizer turns text into token ids and back. It is safe for concurrent use.
type Tokenizer struct {
	tokens        []token
	special       []bool // by id
	vocabulary    map[string]int32
	addedIDs      map[string]int32
	added         addedTokens
	normalizers   []normalizer
	pretokenizers []pretokenizer
	model         model
	post          postProcessor
	decoders      []decoder
	decodeIDs     func(ids []int32, skipSpecial bool) string // in place of decoders, or nil
	digest        string
	scratch       sync.Pool // of *scratch
}

// token is what is known of one id.
type token struct {
	text  string
	known bool
}

// model turns the words of a text into tokens. Words are not empty.
type model interface {
	// encode appends the tokens of word to dst.
	encode(dst []symbol, word string, s *scratch) []symbol
	// appendIDs is encode for ids only.
	appendIDs(dst []int32, word string, s *scratch) []int32
}

// encodedIDs is appendIDs of models that have nothing faster than encode.
func encodedIDs(m model, dst []int32, word string, s *scratch) []int32 {
	s.symbols = m.encode(s.symbols[:0], word, s)
	for _, y := range s.symbols {
		dst = append(dst, y.id)
	}
	return dst
}

// Span is the bytes [Start, End) of the original text.
type Span struct{ Start, End int }

// Encoding is a tokenized text; the three slices have the same length.
//
// A span is where its token comes from: spans do not always touch. The tokens
// of one character's bytes each have the whole character's span; tokens that
// stand for nothing in the text have (0, 0) (a tokenizer's own prefix and
// suffix) or an empty span; with some families neighbours overlap or leave out
// spaces, and a token's leading space belongs to it in most families and not
// in others. So find the tokens of a part of the text by intersection.
type Encoding struct {
	IDs     []int32
	Spans   []Span
	Special []bool // whether the token is one of the special tokens
}

// maxText keeps positions within int32, also where normalization makes a text
// longer.
const maxText = math.MaxInt32 / 8

// Encode returns the tokens of text. With special it adds the tokenizer's own
// prefix and suffix; special tokens written out in the text are recognised in
// any case.
//
// A text that is not valid UTF-8 is read as Python's decode with
// errors="replace" reads it: each maximal part of an ill-formed sequence
// becomes one U+FFFD, whose tokens have the span of exactly those bytes.
func (t *Tokenizer) Encode(text string, special bool) (Encoding, error) {
	var out Encoding
	out.grow(len(text)/4 + 4)
	if err := t.encode(&out, text, false); err != nil {
		return Encoding{}, err
	}
	if special {
		out.surround(t.post.prefix, t.post.suffix)
	}
	return out, nil
}

// AppendIDs appends the ids that Encode gives to dst. It is faster than Encode.
func (t *Tokenizer) AppendIDs(dst []int32, text string, special bool) ([]int32, error) {
	out := Encoding{IDs: dst}
	if special {
		out.IDs = append(out.IDs, t.post.prefix...)
	}
	if err := t.encode(&out, text, true); err != nil {
		return dst, err
	}
	if special {
		out.IDs = append(out.IDs, t.post.suffix...)
	}
	return out.IDs, nil
}

// encode appends the tokens of text to out.
func (t *Tokenizer) encode(out *Encoding, text string, idsOnly bool) error {
	if len(text) > maxText {
		return fmt.Errorf("tokenizer: encode: want a text of at most %d bytes, have %d", maxText, len(text))
	}
	s, _ := t.scratch.Get().(*scratch)
	if s == nil {
		s = new(scratch)
	}
	defer t.scratch.Put(s)
	e := encoder{t: t, text: text, s: s, out: out, idsOnly: idsOnly}
	if err := e.encode(align(text)); err != nil {
		return fmt.Errorf("tokenizer: encode: %w", err)
	}
	return nil
}

// encoder encodes one text.
type encoder struct {
	t       *Tokenizer
	text    string
	s       *scratch
	out     *Encoding
	idsOnly bool
}

// encode finds the added tokens and encodes the parts between them.
func (e *encoder) encode(source aligned) error {
	return e.t.added.raw.find(source.s, func(start, end int) error {
		part := source.slice(start, end)
		for _, n := range e.t.normalizers {
			if part = n.normalize(part); len(part.s) > math.MaxInt32/2 {
				return fmt.Errorf("want a normalized text of at most %d bytes, have %d", math.MaxInt32/2, len(part.s))
			}
		}
		return e.t.added.normalized.find(part.s, func(start, end int) error {
			return e.encodePart(part.slice(start, end))
		}, e.addFound(part))
	}, e.addFound(source))
}

// addFound returns what adds an added token that was found in a text.
func (e *encoder) addFound(in aligned) func(*addedToken, int, int) {
	return func(a *addedToken, start, end int) {
		if e.idsOnly {
			e.out.IDs = append(e.out.IDs, a.ID)
			return
		}
		span := in.span(start, end)
		if e.t.post.trim {
			span = e.trim(span, in.s[start:end])
		}
		e.out.add(a.ID, span, a.Special)
	}
}

// encodePart encodes a normalized part without added tokens.
func (e *encoder) encodePart(part aligned) error {
	w := &e.s.words
	w.text, w.spelled = part, false
	w.pieces = append(w.pieces[:0], piece{0, int32(len(part.s))})
	for _, p := range e.t.pretokenizers {
		if err := p.pretokenize(w); err != nil {
			return err
		}
	}
	for _, p := range w.pieces {
		word := w.text.s[p.start:p.end]
		if e.idsOnly {
			e.out.IDs = e.t.model.appendIDs(e.out.IDs, word, e.s)
			continue
		}
		e.s.symbols = e.t.model.encode(e.s.symbols[:0], word, e.s)
		for _, y := range e.s.symbols {
			span := w.text.span(int(p.start+y.start), int(p.start+y.end))
			if e.t.post.trim {
				span = e.trim(span, e.t.tokens[y.id].text)
			}
			e.out.add(y.id, span, e.t.special[y.id])
		}
	}
	w.text = aligned{} // the scratch must not keep the caller's text
	return nil
}

// trim trims the span of the next token; text is what the token spells, for an
// added token as found.
func (e *encoder) trim(span Span, text string) Span {
	return e.t.post.trimSpan(e.text, span, text, len(e.out.IDs) == 0)
}

// Decode returns the text of ids. With skipSpecial special tokens are left
// out. Bytes that are not UTF-8 become U+FFFD.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) (string, error) {
	texts := make([]string, 0, len(ids))
	for i, id := range ids {
		text, ok := t.Token(id)
		if !ok {
			return "", fmt.Errorf("tokenizer: decode: id %d of %d: want a token below %d, have %d", i, len(ids), len(t.tokens), id)
		}
		if !skipSpecial || !t.special[id] {
			texts = append(texts, text)
		}
	}
	if t.decodeIDs != nil {
		return t.decodeIDs(ids, skipSpecial), nil
	}
	if t.decoders == nil {
		return strings.Join(texts, " "), nil
	}
	for _, decode := range t.decoders {
		texts = decode(texts)
	}
	return strings.Join(texts, ""), nil
}

// Token returns the token of id as the vocabulary spells it: byte-level
// vocabularies write a space as Ġ.
func (t *Tokenizer) Token(id int32) (string, bool) {
	if id < 0 || int(id) >= len(t.tokens) || !t.tokens[id].known {
		return "", false
	}
	return t.tokens[id].text, true
}

// ID returns the id of a token as the vocabulary spells it.
func (t *Tokenizer) ID(token string) (int32, bool) {
	if id, ok := t.addedIDs[token]; ok {
		return id, true
	}
	id, ok := t.vocabulary[token]
	return id, ok
}

// Size returns the number of ids: one more than the greatest.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// Digest returns the SHA-256, in hexadecimal, of everything that determines
// ids: vocabulary, merges, added tokens and pipeline.
func (t *Tokenizer) Digest() string { return t.digest }

func (e *Encoding) grow(n int) {
	e.IDs = slices.Grow(e.IDs, n)
	e.Spans = slices.Grow(e.Spans, n)
	e.Special = slices.Grow(e.Special, n)
}

func (e *Encoding) add(id int32, span Span, special bool) {
	e.IDs = append(e.IDs, id)
	e.Spans = append(e.Spans, span)
	e.Special = append(e.Special, special)
}

// surround puts the template's tokens around the text's.
func (e *Encoding) surround(prefix, suffix []int32) {
	if len(prefix)+len(suffix) == 0 {
		return
	}
	var all Encoding
	all.grow(len(prefix) + len(e.IDs) + len(suffix))
	for _, id := range prefix {
		all.add(id, Span{}, true)
	}
	all.IDs = append(all.IDs, e.IDs...)
	all.Spans = append(all.Spans, e.Spans...)
	all.Special = append(all.Special, e.Special...)
	for _, id := range suffix {
		all.add(id, Span{}, true)
	}
	*e = all
}
