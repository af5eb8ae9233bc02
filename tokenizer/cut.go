package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// spaceCut says where a word of a SentencePiece vocabulary, which is a whole
// text, can be cut without changing its tokens: before each visible space,
// unless some merge joins the character before it with what starts with one.
type spaceCut struct {
	usable bool
	joined map[rune]bool // characters with such a merge, the space itself among them
}

func newSpaceCut(d *modelDefinition) spaceCut {
	c := spaceCut{joined: map[rune]bool{}}
	// An unknown space could be fused with what is before it.
	_, c.usable = d.Vocabulary[visibleSpace]
	for _, m := range d.Merges {
		if strings.HasPrefix(m[1], visibleSpace) {
			last, _ := utf8.DecodeLastRuneInString(m[0])
			c.joined[last] = true
		}
	}
	return c
}

// encodeCut encodes the parts of a word one by one.
func (m *bpe) encodeCut(dst []symbol, word string, s *scratch) []symbol {
	start := 0
	for i := 1; i <= len(word); {
		next := strings.Index(word[i:], visibleSpace)
		if next < 0 {
			i = len(word)
		} else if i += next; m.joins(word[:i]) {
			i += len(visibleSpace)
			continue
		}
		first := len(dst)
		dst = m.encodeWord(dst, word[start:i], s)
		for k := first; k < len(dst); k++ {
			dst[k].start += int32(start)
			dst[k].end += int32(start)
		}
		start = i
		i++
	}
	return dst
}

// joins reports whether a merge may join the end of before with a space.
func (m *bpe) joins(before string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	return m.cut.joined[last]
}
