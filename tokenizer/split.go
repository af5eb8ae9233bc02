package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// behavior says what becomes of the matches that split a text.
type behavior uint8

const (
	isolated behavior = iota // each match is a piece
	removed
	mergedWithPrevious
	mergedWithNext
	contiguous // matches that touch are one piece
)

func parseBehavior(name string) (behavior, error) {
	switch name {
	case "Isolated":
		return isolated, nil
	case "Removed":
		return removed, nil
	case "MergedWithPrevious":
		return mergedWithPrevious, nil
	case "MergedWithNext":
		return mergedWithNext, nil
	case "Contiguous":
		return contiguous, nil
	}
	return 0, fmt.Errorf("behavior: want Isolated, Removed, MergedWithPrevious, MergedWithNext or Contiguous, have %q", name)
}

// piece is a part of a text.
type piece struct{ start, end int32 }

// splitter cuts texts at the matches of a pattern.
type splitter struct {
	match    matcher
	regex    *regex // used where match is nil
	behavior behavior
	invert   bool // the text between matches is what splits
	starts   *startBytes
}

// startBytes tells where a match may start, so that texts without any are
// passed over fast. nil knows nothing.
type startBytes struct {
	text    [256]bool // by the first byte of a character
	spelled [256]bool // by the byte that a character of the byte alphabet spells
}

// newStartBytes returns the bytes for matches that start with a character of
// which may is true.
func newStartBytes(may func(rune) bool) *startBytes {
	b := new(startBytes)
	for i := range 256 {
		b.text[i] = i >= 0xC0 || i < utf8.RuneSelf && may(rune(i))
		b.spelled[i] = may(byteRunes[i])
	}
	return b
}

// whole reports whether s is surely one piece.
func (p *splitter) whole(s string, spelled bool) bool {
	if p.starts == nil || p.invert {
		return false
	}
	table := &p.starts.text
	if spelled {
		table = &p.starts.spelled
	}
	for i := range len(s) {
		if table[s[i]] {
			return false
		}
	}
	return true
}

// cut appends the pieces of s to dst. Their positions are relative to s.
func (p *splitter) cut(dst []piece, s string) ([]piece, error) {
	if p.match == nil {
		matches, err := p.regex.matches(s)
		if err != nil {
			return nil, err
		}
		next := 0
		return p.cutAt(dst, s, func(from int) (int, int) {
			if next == len(matches) {
				return len(s), len(s)
			}
			m := matches[next]
			next++
			return int(m.start), int(m.end)
		}), nil
	}
	if p.behavior == isolated {
		return p.isolate(dst, s), nil
	}
	return p.cutAt(dst, s, func(from int) (int, int) { return p.find(s, from) }), nil
}

// find returns the first match at or after from, or an empty one at the end.
func (p *splitter) find(s string, from int) (start, end int) {
	for i := from; i < len(s); {
		if p.starts != nil && !p.starts.text[s[i]] {
			i++
			continue
		}
		if end := p.match(s, i); end > 0 {
			return i, end
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return len(s), len(s)
}

// isolate is cut for the behavior of nearly all patterns: matches and the text
// between them are pieces, whichever is inverted.
func (p *splitter) isolate(dst []piece, s string) []piece {
	for i := 0; i < len(s); {
		end := p.match(s, i)
		if end > 0 {
			dst = append(dst, piece{int32(i), int32(end)})
			i = end
			continue
		}
		start, end := p.find(s, i)
		dst = append(dst, piece{int32(i), int32(start)})
		if end > start {
			dst = append(dst, piece{int32(start), int32(end)})
		}
		i = end
	}
	return dst
}

// cutAt walks matches and the gaps between them in order.
func (p *splitter) cutAt(dst []piece, s string, find func(from int) (int, int)) []piece {
	m := merger{dst: dst, first: len(dst), behavior: p.behavior}
	for i := 0; i < len(s); {
		start, end := find(i)
		if start > i {
			m.add(i, start, p.invert)
		}
		if end > start {
			m.add(start, end, !p.invert)
		}
		i = end
	}
	return m.dst
}

// merger collects pieces under a behavior.
type merger struct {
	dst      []piece
	first    int // index of the first piece of this text
	behavior behavior
	before   bool // the part before was a match
}

func (m *merger) add(start, end int, match bool) {
	join := false
	switch m.behavior {
	case removed:
		if match {
			return
		}
	case mergedWithPrevious:
		join = match && !m.before
	case mergedWithNext:
		join = !match && m.before
	case contiguous:
		join = match == m.before
	}
	m.before = match
	if join && len(m.dst) > m.first {
		m.dst[len(m.dst)-1].end = int32(end)
		return
	}
	m.dst = append(m.dst, piece{int32(start), int32(end)})
}
