package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// aligned is a text together with where each of its bytes comes from in the
// original text. Without start and end the text is a part of the original that
// begins at base; then each byte of a character comes from the whole character.
// Otherwise byte i comes from original bytes [start[i], end[i]).
type aligned struct {
	s          string
	base       int
	start, end []int32
}

// replacement is what invalid UTF-8 is read as.
const replacement = "\uFFFD"

// align prepares the original text. Each maximal part of an ill-formed UTF-8
// sequence becomes one U+FFFD that comes from exactly those bytes, as Python's
// bytes.decode(errors="replace") and the Unicode standard (section 3.9) have it.
func align(text string) aligned {
	if utf8.ValidString(text) {
		return aligned{s: text}
	}
	b := newAlignedBuilder(len(text) + 16)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			n = illFormed(text[i:])
			b.add(replacement, int32(i), int32(i+n))
		} else {
			b.add(text[i:i+n], int32(i), int32(i+n))
		}
		i += n
	}
	return b.aligned()
}

// slice returns the part [from, to) of the text.
func (a aligned) slice(from, to int) aligned {
	if a.start == nil {
		return aligned{s: a.s[from:to], base: a.base + from}
	}
	return aligned{s: a.s[from:to], start: a.start[from:to], end: a.end[from:to]}
}

// span returns where bytes [from, to) of the text come from; from < to.
func (a aligned) span(from, to int) Span {
	if a.start != nil {
		return Span{int(a.start[from]), int(a.end[to-1])}
	}
	for from > 0 && !utf8.RuneStart(a.s[from]) {
		from--
	}
	for to < len(a.s) && !utf8.RuneStart(a.s[to]) {
		to++
	}
	return Span{a.base + from, a.base + to}
}

// alignedBuilder writes an aligned text piece by piece.
type alignedBuilder struct {
	s          strings.Builder
	start, end []int32
}

// newAlignedBuilder returns a builder with room for n bytes.
func newAlignedBuilder(n int) *alignedBuilder {
	b := &alignedBuilder{start: make([]int32, 0, n), end: make([]int32, 0, n)}
	b.s.Grow(n)
	return b
}

// add appends text, all of whose bytes come from [start, end).
func (b *alignedBuilder) add(text string, start, end int32) {
	b.s.WriteString(text)
	for range len(text) {
		b.start = append(b.start, start)
		b.end = append(b.end, end)
	}
}

// copy appends the part [from, to) of a with its own alignment.
func (b *alignedBuilder) copy(a aligned, from, to int) {
	for i := from; i < to; {
		_, n := utf8.DecodeRuneInString(a.s[i:to])
		span := a.span(i, i+n)
		if a.start != nil {
			b.s.WriteString(a.s[i : i+n])
			b.start = append(b.start, a.start[i:i+n]...)
			b.end = append(b.end, a.end[i:i+n]...)
		} else {
			b.add(a.s[i:i+n], int32(span.Start), int32(span.End))
		}
		i += n
	}
}

func (b *alignedBuilder) aligned() aligned {
	return aligned{s: b.s.String(), start: b.start, end: b.end}
}
