package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// wordCuts says where a word of a SentencePiece vocabulary, which is a whole
// text, can be cut without changing its tokens: between two characters that no
// merge joins, that is, of no merge the left token ends with the one and the
// right token starts with the other. It knows this for ASCII and the visible
// space, and for any character before the visible space.
type wordCuts struct {
	free   [cutClasses][cutClasses]bool // whether there is a cut between two characters
	joined map[rune]bool                // other characters that a merge joins with a visible space
}

// Classes of characters: ASCII characters are their own.
const (
	cutSpace   = utf8.RuneSelf + iota // the visible space
	cutOther                          // any other character
	cutClasses                        // their number
)

// newWordCuts returns nil where nothing is known of a vocabulary.
func newWordCuts(d *modelDefinition) *wordCuts {
	c := &wordCuts{joined: map[rune]bool{}}
	var known [cutClasses]bool
	for token := range d.Vocabulary {
		if r, n := utf8.DecodeRuneInString(token); n == len(token) && n > 0 {
			known[cutClass(r)] = true
		}
	}
	if !known[cutSpace] {
		return nil
	}
	known[cutOther] = false
	for a := range cutOther {
		for b := range cutOther {
			// Two unknown characters that touch may be one token.
			c.free[a][b] = known[a] || known[b]
		}
	}
	for _, m := range d.Merges {
		if d.ByteFallback && isByteMerge(m) {
			return nil // what it joins does not show in the characters
		}
		last, _ := utf8.DecodeLastRuneInString(m[0])
		first, _ := utf8.DecodeRuneInString(m[1])
		a, b := cutClass(last), cutClass(first)
		c.free[a][b] = false
		if a == cutOther && b == cutSpace {
			c.joined[last] = true
		}
	}
	return c
}

func isByteMerge(m [2]string) bool {
	_, left := byteToken(m[0])
	_, right := byteToken(m[1])
	return left || right
}

func cutClass(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return int(r)
	case r == visibleRune:
		return cutSpace
	}
	return cutOther
}

// next returns where the part of the word that begins at start ends.
func (c *wordCuts) next(word string, start int) int {
	before := -1
	for i := start; i < len(word); {
		class, n := int(word[i]), 1
		if word[i] >= utf8.RuneSelf {
			n = runeLen(word[i])
			class = cutOther
			if strings.HasPrefix(word[i:], visibleSpace) {
				class = cutSpace
			}
		}
		if i > start {
			if c.free[before][class] {
				return i
			}
			if before == cutOther && class == cutSpace {
				if last, _ := utf8.DecodeLastRuneInString(word[:i]); !c.joined[last] {
					return i
				}
			}
		}
		before = class
		i += n
	}
	return len(word)
}

// encodeCut encodes the parts of a word one by one.
func (m *bpe) encodeCut(dst []symbol, word string, s *scratch) []symbol {
	for start := 0; start < len(word); {
		end := m.cuts.next(word, start)
		first := len(dst)
		dst = m.encodeWord(dst, word[start:end], s)
		for k := first; k < len(dst); k++ {
			dst[k].start += int32(start)
			dst[k].end += int32(start)
		}
		start = end
	}
	return dst
}

// appendCut is encodeCut for ids only.
func (m *bpe) appendCut(dst []int32, word string, s *scratch) []int32 {
	for start := 0; start < len(word); {
		end := m.cuts.next(word, start)
		dst = m.appendWord(dst, word[start:end], s)
		start = end
	}
	return dst
}
