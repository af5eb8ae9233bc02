package collect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrAbsent says that a text does not hold its concept as a word of its own.
var ErrAbsent = errors.New("concept not found")

// Span is a place in a text: bytes [Start, End).
type Span struct{ Start, End int }

// LastOccurrence finds the last place where concept stands in text as a whole:
// the characters beside it are no letter, mark, digit or '_'. So Niger is not
// found in Nigeria, but France is found in "France's". Where the concept meets a
// character of a script written without spaces between words (Han, Kana, Thai,
// Lao, Khmer, Myanmar), or its own is of one, no bound is asked. The search is
// for the same characters: it ignores neither case nor accents.
func LastOccurrence(text, concept string) (Span, error) {
	if concept == "" {
		return Span{}, fmt.Errorf("%w: it is empty", ErrAbsent)
	}
	var inside []string
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], concept)
		if at < 0 {
			break
		}
		s := Span{at, at + len(concept)}
		if bounded(text, s) {
			return s, nil
		}
		if len(inside) < 3 {
			inside = append(inside, fmt.Sprintf("%q at byte %d", wordAt(text, s), at))
		}
		end = s.End - 1 // occurrences may overlap
	}
	if inside != nil {
		slices.Reverse(inside)
		return Span{}, fmt.Errorf("%w: %q is only inside other words: %s", ErrAbsent, concept, strings.Join(inside, ", "))
	}
	return Span{}, fmt.Errorf("%w: no %q in %q", ErrAbsent, concept, text)
}

// bounded reports whether s is not part of a longer word on either side.
func bounded(text string, s Span) bool {
	if insideRune(text, s.Start) || insideRune(text, s.End) {
		return false
	}
	before, n := utf8.DecodeLastRuneInString(text[:s.Start])
	first, _ := utf8.DecodeRuneInString(text[s.Start:])
	if n > 0 && joins(before, first) {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(text[:s.End])
	after, n := utf8.DecodeRuneInString(text[s.End:])
	return n == 0 || !joins(after, last)
}

// insideRune reports whether byte at continues a character. A byte that is not
// UTF-8 is a character of its own.
func insideRune(text string, at int) bool {
	for back := 1; back < utf8.UTFMax && back <= at; back++ {
		if _, n := utf8.DecodeRuneInString(text[at-back:]); n > back {
			return true
		}
	}
	return false
}

// joins reports whether a neighbour makes the concept's character at that side
// part of a longer word. Beside a character of a script without spaces nothing
// does.
func joins(neighbour, own rune) bool {
	return wordRune(neighbour) && !spaceless(neighbour) && !spaceless(own)
}

// wordRune reports whether r can be part of a word.
func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_'
}

// spaceless reports whether r is of a script written without spaces.
func spaceless(r rune) bool {
	return r == 'ー' || r == 'ｰ' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// wordAt returns the word around a place, for a message.
func wordAt(text string, s Span) string {
	from, to := s.Start, s.End
	for from > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:from])
		if !wordRune(r) {
			break
		}
		from -= size
	}
	for to < len(text) {
		r, size := utf8.DecodeRuneInString(text[to:])
		if !wordRune(r) {
			break
		}
		to += size
	}
	return text[from:to]
}

// tokensOf returns the tokens [first, end) whose spans intersect the bytes s.
// Tokens without bytes (a tokenizer's own prefix and suffix, zero-length
// tokens) intersect nothing.
func tokensOf(spans [][2]int, s Span) (first, end int, ok bool) {
	for i, t := range spans {
		if t[0] < s.End && t[1] > s.Start && t[0] < t[1] {
			if !ok {
				first, ok = i, true
			}
			end = i + 1
		}
	}
	return first, end, ok
}
