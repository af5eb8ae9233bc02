package tokenizer

// unigram is a model of independent tokens (Kudo 2018): of all ways to write a
// word as tokens it takes the one with the greatest sum of scores. A character
// that is no token is an unknown one, at a score below that of all tokens.
//
// Sums are taken as the two reference implementations take them, which decides
// between ways that are equal but for rounding: from the left, in float64, and
// with narrow rounded to float32 at every character.
type unigram struct {
	pieces  trie // values are ids
	scores  []float64
	never   []bool // tokens that are not used, or nil
	unknown int32
	lowest  float64 // the score of an unknown character
	narrow  bool
	fuse    bool        // unknown characters that touch are one token
	bytes   *[256]int32 // unknown ones become the tokens of their bytes; nil for none
	cache   *wordCache
}

// unknownPenalty is how far the score of an unknown character is below the
// lowest of all tokens' (kUnkPenalty of SentencePiece).
const unknownPenalty = 10

// step is the best way to write a word up to one place: its last token.
type step struct {
	score float64
	start int32 // of the token; -1 for no way
	id    int32
}

func (m *unigram) encode(dst []symbol, word string, s *scratch) []symbol {
	if len(word) > maxCachedWord {
		return m.best(dst, word, s)
	}
	if len(word) <= maxShortWord {
		if e := m.cache.getShort(word); e != nil {
			return e.symbols(dst)
		}
	}
	if symbols, ok := m.cache.get(word); ok {
		return append(dst, symbols...)
	}
	first := len(dst)
	dst = m.best(dst, word, s)
	m.cache.put(word, dst[first:])
	return dst
}

func (m *unigram) appendIDs(dst []int32, word string, s *scratch) []int32 {
	return encodedIDs(m, dst, word, s)
}

// best is encode without the cache.
func (m *unigram) best(dst []symbol, word string, s *scratch) []symbol {
	s.steps = s.steps[:0]
	for range len(word) + 1 {
		s.steps = append(s.steps, step{start: -1})
	}
	for i := 0; i < len(word); i += runeLen(word[i]) {
		m.extend(s.steps, word, i)
	}
	s.path = s.path[:0]
	for end := int32(len(word)); end > 0; end = s.steps[end].start {
		s.path = append(s.path, end)
	}
	for k := len(s.path) - 1; k >= 0; k-- {
		end := s.path[k]
		start, id := s.steps[end].start, s.steps[end].id
		for m.fuse && id == m.unknown && k > 0 && s.steps[s.path[k-1]].id == id {
			k--
			end = s.path[k]
		}
		dst = m.add(dst, word, symbol{id, start, end})
	}
	return dst
}

// extend goes on with the tokens that start at word[i].
func (m *unigram) extend(steps []step, word string, i int) {
	base := steps[i].score
	length := runeLen(word[i])
	alone := false // the character is a token
	at := int32(0)
	for j := i; j < len(word); j++ {
		next, ok := m.pieces.child(at, word[j])
		if !ok {
			break
		}
		at = next
		id := m.pieces.nodes[at].value - 1
		if id < 0 || m.never != nil && m.never[id] {
			continue
		}
		m.offer(&steps[j+1], base+m.scores[id], i, id)
		alone = alone || j+1-i == length
	}
	if !alone {
		sum := base + m.lowest
		if m.narrow {
			sum = float64(float32(sum))
		}
		m.offer(&steps[i+length], sum, i, m.unknown)
	}
}

// offer takes a way to a place if it is better than the one known.
func (m *unigram) offer(to *step, sum float64, start int, id int32) {
	if m.narrow {
		sum = float64(float32(sum))
	}
	if to.start >= 0 && sum <= to.score {
		return
	}
	if m.narrow {
		sum = float64(float32(sum))
	}
	*to = step{sum, int32(start), id}
}

// add appends a token, or what becomes of an unknown one.
func (m *unigram) add(dst []symbol, word string, y symbol) []symbol {
	if y.id != m.unknown || m.bytes == nil || !hasBytes(m.bytes, word[y.start:y.end]) {
		return append(dst, y)
	}
	for i := y.start; i < y.end; i++ {
		dst = append(dst, symbol{m.bytes[word[i]], y.start, y.end})
	}
	return dst
}
