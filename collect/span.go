package collect

import (
	"errors"
	"fmt"
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
	inside := -1
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], concept)
		if at < 0 {
			break
		}
		s := Span{at, at + len(concept)}
		if bounded(text, s) {
			return s, nil
		}
		if inside < 0 {
			inside = at
		}
		end = s.End - 1 // occurrences may overlap
	}
	if inside >= 0 {
		return Span{}, fmt.Errorf("%w: %q is only inside another word, %q at byte %d", ErrAbsent, concept, wordAt(text, inside, len(concept)), inside)
	}
	return Span{}, fmt.Errorf("%w: no %q in %q", ErrAbsent, concept, text)
}

// bounded reports whether s is not part of a longer word on either side.
func bounded(text string, s Span) bool {
	if !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]) {
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
	return r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// wordAt returns the word around n bytes at a place, for a message.
func wordAt(text string, at, n int) string {
	from, to := at, at+n
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
