package tokenizer

import (
	"sync"
	"unicode/utf8"
)

//go:generate go run ./internal/genclasses internal/genclasses/unicode_classes_hf_0.23.3.json classes_gen.go

// class is a set of character classes, one bit each.
type class uint16

type classRange struct {
	first, last rune
	classes     class
}

// classTable finds the classes of a code point in two steps: the block of 256
// code points, then the code point in it.
type classTable struct {
	ascii  [utf8.RuneSelf]class
	block  [(utf8.MaxRune + 1) / 256]uint16
	blocks [][256]class
}

// classes returns the table built from the generated ranges.
var classes = sync.OnceValue(func() *classTable {
	t := &classTable{blocks: make([][256]class, 1, 512)}
	for _, r := range classRanges {
		for c := r.first; c <= r.last; c++ {
			b := c >> 8
			if t.block[b] == 0 {
				t.block[b] = uint16(len(t.blocks))
				t.blocks = append(t.blocks, [256]class{})
			}
			t.blocks[t.block[b]][c&0xff] = r.classes
		}
	}
	copy(t.ascii[:], t.blocks[t.block[0]][:utf8.RuneSelf])
	return t
})

// of returns the classes of r.
func (t *classTable) of(r rune) class {
	if r < 0 || r > utf8.MaxRune {
		return 0
	}
	return t.blocks[t.block[r>>8]][r&0xff]
}

// at returns the classes of the character at s[i] and its length, 0 at the end.
func (t *classTable) at(s string, i int) (class, int) {
	if i >= len(s) {
		return 0, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return t.ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return t.of(r), n
}

// run returns the end of the longest run from s[i] of characters that are in
// any of the classes.
func (t *classTable) run(s string, i int, any class) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if t.ascii[c]&any == 0 {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if t.of(r)&any == 0 {
			return i
		}
		i += n
	}
	return i
}

// runNot is run for characters that are in none of the classes.
func (t *classTable) runNot(s string, i int, none class) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if t.ascii[c]&none != 0 {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if t.of(r)&none != 0 {
			return i
		}
		i += n
	}
	return i
}
