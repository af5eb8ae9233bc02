package tokenizer

import "unicode/utf8"

// bpe is a byte-pair encoding model (Sennrich et al. 2016): a word starts as
// its characters, and of all adjacent pairs the one that was learned first is
// merged, the leftmost of equal ones, until no pair is known.
//
// A byte-level model holds its vocabulary as bytes, not in the byte alphabet.
type bpe struct {
	byteLevel bool
	bytes     [256]int32       // byte-level: each byte's token; else the byte fallbacks; -1 for none
	chars     map[string]int32 // tokens by text; nil where byteLevel
	whole     map[string]int32 // words that are tokens as they are (ignore_merges), or nil
	forms     *wordForms       // of the words of whole
	merges    *mergeTable
	first     *[1 << 16]firstMerge // merges of two bytes, where each part of a word is a byte
	unknown   int32                // -1 for none
	fuse      bool                 // unknown characters that touch are one token
	fallback  bool                 // unknown characters become tokens of their bytes
	cache     *wordCache
	cuts      *wordCuts // nil where words are not to be cut
}

// symbol is one token of a word and the bytes of the word it stands for.
type symbol struct{ id, start, end int32 }

// encode appends the tokens of word, which is not empty, to dst.
func (m *bpe) encode(dst []symbol, word string, s *scratch) []symbol {
	if m.cuts != nil {
		return m.encodeCut(dst, word, s)
	}
	return m.encodeWord(dst, word, s)
}

// encodeWord is encode for a word that is to be merged whole.
func (m *bpe) encodeWord(dst []symbol, word string, s *scratch) []symbol {
	if len(word) <= maxShortWord {
		if e := m.cache.getShort(word); e != nil {
			return e.symbols(dst)
		}
	}
	return m.encodeLong(dst, word, s)
}

// encodeLong is encodeWord for a word that the short part of the cache has not.
func (m *bpe) encodeLong(dst []symbol, word string, s *scratch) []symbol {
	if len(word) > maxCachedWord {
		return m.encodeNew(dst, word, s)
	}
	if symbols, ok := m.cache.get(word); ok {
		return append(dst, symbols...)
	}
	first := len(dst)
	dst = m.encodeNew(dst, word, s)
	m.cache.put(word, dst[first:])
	return dst
}

// encodeNew is encodeWord without the cache.
func (m *bpe) encodeNew(dst []symbol, word string, s *scratch) []symbol {
	if m.whole != nil && m.forms.may(word) {
		s.spelling = append(s.spelling[:0], word...)
		if m.byteLevel {
			s.spelling = appendSpelled(s.spelling[:0], word)
		}
		if id, ok := m.whole[string(s.spelling)]; ok {
			return append(dst, symbol{id, 0, int32(len(word))})
		}
	}
	return m.merge(dst, word, s)
}

// appendIDs is encode for ids only.
func (m *bpe) appendIDs(dst []int32, word string, s *scratch) []int32 {
	if m.cuts != nil {
		return m.appendCut(dst, word, s)
	}
	return m.appendWord(dst, word, s)
}

// appendWord is encodeWord for ids only.
func (m *bpe) appendWord(dst []int32, word string, s *scratch) []int32 {
	if len(word) <= maxShortWord {
		if e := m.cache.getShort(word); e != nil {
			return append(dst, e.ids[:e.count]...)
		}
	}
	s.symbols = m.encodeLong(s.symbols[:0], word, s)
	for _, y := range s.symbols {
		dst = append(dst, y.id)
	}
	return dst
}

// merge is encode without the shortcuts.
func (m *bpe) merge(dst []symbol, word string, s *scratch) []symbol {
	s.parts = s.parts[:0]
	dropped := false
	if m.byteLevel {
		dropped = m.splitBytes(word, s)
	} else {
		m.splitChars(word, s)
	}
	if len(s.parts) == len(word) && m.first != nil {
		m.rankBytes(word, s)
	} else {
		s.rank(m.merges)
	}
	if len(s.parts) <= fewParts {
		s.mergeShort(m.merges)
	} else {
		s.mergeLong(m.merges)
	}
	first, at := len(dst), int32(0)
	for i := range s.parts {
		if p := &s.parts[i]; p.length > 0 {
			dst = append(dst, symbol{p.id, at, at + p.length})
			at += p.length
		}
	}
	if dropped {
		m.shift(dst[first:], word)
	}
	return dst
}

// firstMerge is a merge of two bytes; most lookups are of those.
type firstMerge struct{ rank, id int32 }

// rankBytes is rank for a word of which each byte is a part.
func (m *bpe) rankBytes(word string, s *scratch) {
	last := len(word) - 1
	for i := range last {
		f := m.first[int(word[i])<<8|int(word[i+1])]
		s.parts[i].rank, s.parts[i].into = f.rank, f.id
	}
	s.parts[last].rank = noMerge
}

// newFirst fills the table of the merges of two bytes. A part may also be the
// unknown token or that of a byte of an unknown character: no merge must know
// those.
func (m *bpe) newFirst() {
	m.first = new([1 << 16]firstMerge)
	for i := range m.first {
		left, right := m.startOf(byte(i>>8)), m.startOf(byte(i))
		m.first[i] = firstMerge{rank: noMerge}
		if left >= 0 && right >= 0 {
			m.first[i].rank, m.first[i].id = m.merges.look(left, right)
		}
	}
}

// startOf is the token that a byte starts as, -1 for none.
func (m *bpe) startOf(b byte) int32 {
	if m.byteLevel {
		return m.bytes[b]
	}
	if id, ok := m.chars[string(rune(b))]; ok && b < utf8.RuneSelf {
		return id
	}
	return -1
}

// wordForms is which first bytes words of a length in bytes have; the last
// length stands for all that are longer.
type wordForms [64][256]bool

func (f *wordForms) add(length int, first byte) { f[min(length, len(f)-1)][first] = true }

// may reports whether a word may be among those that were added.
func (f *wordForms) may(word string) bool { return f[min(len(word), len(f)-1)][word[0]] }

// newForms enters the words of whole.
func (m *bpe) newForms() {
	m.forms = new(wordForms)
	for token := range m.whole {
		first, _ := utf8.DecodeRuneInString(token)
		switch {
		case token == "":
		case !m.byteLevel:
			m.forms.add(len(token), token[0])
		case first < rune(len(runeBytes)) && runeBytes[first] >= 0:
			m.forms.add(utf8.RuneCountInString(token), byte(runeBytes[first])) // a character of the alphabet is a byte
		}
	}
}

// splitBytes starts a byte-level word. It reports whether bytes without a
// token were dropped, as the Hugging Face library does where the vocabulary
// has no unknown token either.
func (m *bpe) splitBytes(word string, s *scratch) (dropped bool) {
	for i := range len(word) {
		if id := m.bytes[word[i]]; id >= 0 {
			s.parts = append(s.parts, part{id: id, length: 1})
		} else if m.unknown >= 0 {
			s.addUnknown(m.unknown, 1, m.fuse)
		} else {
			dropped = true
		}
	}
	return dropped
}

// splitChars starts a word of characters.
func (m *bpe) splitChars(word string, s *scratch) {
	for i := 0; i < len(word); {
		n := runeLen(word[i])
		if id, ok := m.chars[word[i:i+n]]; ok {
			s.parts = append(s.parts, part{id: id, length: int32(n)})
		} else if m.fallback && hasBytes(&m.bytes, word[i:i+n]) {
			for _, b := range []byte(word[i : i+n]) {
				s.parts = append(s.parts, part{id: m.bytes[b], length: 1})
			}
		} else if m.unknown >= 0 {
			s.addUnknown(m.unknown, int32(n), m.fuse)
		}
		i += n
	}
}

// hasBytes reports whether all bytes of a text have tokens.
func hasBytes(tokens *[256]int32, text string) bool {
	for i := range len(text) {
		if tokens[text[i]] < 0 {
			return false
		}
	}
	return true
}

// runeLen is the length of the character that starts with byte c.
func runeLen(c byte) int {
	switch {
	case c < 0x80:
		return 1
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 3
	}
	return 4
}

// shift gives the tokens of a word with dropped bytes the spans that the
// Hugging Face library reports: it adds up the lengths of what it kept, in
// the byte alphabet, so that each token stands as many of those characters
// too early as were dropped before it.
func (m *bpe) shift(symbols []symbol, word string) {
	var at []int32 // for each position in the spelling of word, its byte
	var kept []int32
	for i := range len(word) {
		n := spelledLen(word[i])
		for range n {
			at = append(at, int32(i))
		}
		if m.bytes[word[i]] >= 0 {
			kept = append(kept, int32(n))
		}
	}
	position, next := int32(0), 0
	for i, s := range symbols {
		length := int32(0)
		for range s.end - s.start {
			length += kept[next]
			next++
		}
		symbols[i].start = at[position]
		symbols[i].end = at[position+length-1] + 1
		position += length
	}
}
