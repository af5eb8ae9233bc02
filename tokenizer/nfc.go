package tokenizer

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nfc is Unicode's canonical composition. A composed character comes from the
// first character of its source only, which is how the Hugging Face library
// aligns it.
//
// The tables are Unicode 15 but for what that library's older ones lack.
type nfc struct{}

// mark is one character of a text that is rewritten: change is 0 for a character
// of the source, 1 for one that was inserted after it, and -n for one that
// swallowed n characters after it.
type mark struct {
	r      rune
	ccc    uint8
	change int
}

func (nfc) normalize(a aligned) aligned {
	if norm.NFC.IsNormalString(a.s) {
		return a
	}
	return a.rewritten(compose(decompose(a.s)))
}

// rewritten returns the text of marks, aligned as their changes say.
func (a aligned) rewritten(marks []mark) aligned {
	b := newAlignedBuilder(len(a.s))
	source := 0   // byte position of the next character of the source
	var last Span // of the character before it
	for _, m := range marks {
		from := last
		for k := 0; k < 1-m.change && source < len(a.s); k++ {
			_, n := utf8.DecodeRuneInString(a.s[source:])
			last = a.span(source, source+n)
			if source += n; k == 0 {
				from = last
			}
		}
		b.add(string(m.r), int32(from.Start), int32(from.End))
	}
	return b.aligned()
}

// decompose returns the canonical decomposition of s in canonical order.
func decompose(s string) []mark {
	marks := make([]mark, 0, len(s))
	for _, r := range s {
		if r == newComposite {
			marks = append(marks, mark{r: r})
			continue
		}
		change := 0
		for _, d := range norm.NFD.String(string(r)) {
			marks = append(marks, mark{d, combiningClass(d), change})
			change = 1
		}
	}
	for i := 0; i < len(marks); {
		j := i
		for j < len(marks) && marks[j].ccc != 0 {
			j++
		}
		slices.SortStableFunc(marks[i:j], func(x, y mark) int { return int(x.ccc) - int(y.ccc) })
		i = j + 1
	}
	return marks
}

// compose composes decomposed marks (UAX 15, D117). It works in place.
func compose(marks []mark) []mark {
	starter, out := -1, 0
	lastClass := uint8(0)
	for _, m := range marks {
		if starter >= 0 {
			blocked := out-starter > 1 && (lastClass >= m.ccc)
			if !blocked {
				if r, ok := composite(marks[starter].r, m.r); ok {
					marks[starter].r = r
					marks[starter].change += m.change - 1
					continue
				}
			}
		}
		if m.ccc == 0 {
			starter = out
		}
		lastClass = m.ccc
		marks[out] = m
		out++
	}
	return marks[:out]
}

// composite returns the primary composite of a and b.
func composite(a, b rune) (rune, bool) {
	pair := string([]rune{a, b})
	composed := norm.NFC.String(pair)
	r, n := utf8.DecodeRuneInString(composed)
	if n != len(composed) || composed == pair || r == newComposite {
		return 0, false
	}
	return r, true
}
