package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// illFormed returns the length of the maximal part of an ill-formed sequence at
// the start of s: a prefix of some well-formed sequence if there is one, else
// one byte (Unicode 16, section 3.9, table 3-7).
func illFormed(s string) int {
	low, high, more := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case c >= 0xC2 && c <= 0xDF:
		more = 1
	case c == 0xE0:
		low, more = 0xA0, 2
	case c == 0xED:
		high, more = 0x9F, 2
	case c >= 0xE1 && c <= 0xEF:
		more = 2
	case c == 0xF0:
		low, more = 0x90, 3
	case c == 0xF4:
		high, more = 0x8F, 3
	case c >= 0xF1 && c <= 0xF3:
		more = 3
	}
	n := 1
	for ; n <= more && n < len(s) && s[n] >= low && s[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}

// wellFormed returns s with every maximal part of an ill-formed sequence
// replaced by U+FFFD.
func wellFormed(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b.WriteString(replacement)
			i += illFormed(s[i:])
			continue
		}
		b.WriteString(s[i : i+n])
		i += n
	}
	return b.String()
}
