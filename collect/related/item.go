package related

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// cutItem returns an item as a model wrote it, without marks around it and
// without a remark behind it, and whether it ended within the text.
func cutItem(text string) (item string, ended bool) {
	if i := strings.IndexAny(text, "\n\r,;:(["); i >= 0 {
		text, ended = text[:i], true
	}
	for _, dash := range []string{" - ", " – ", " — "} {
		if before, _, found := strings.Cut(text, dash); found {
			text, ended = before, true
		}
	}
	return strings.Join(strings.Fields(strings.Trim(text, " \t.*_\"'`“”‘’-–—•")), " "), ended
}

// fault says why an item cannot be the name of a concept, "" if it may be one.
func fault(item string) string {
	letters := 0
	for _, r := range item {
		switch {
		case r == unicode.ReplacementChar || unicode.IsControl(r) || strings.ContainsRune("<>|{}=@#\\/?!", r):
			return "no name"
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch {
	case letters < 2 && !strings.ContainsFunc(item, spaceless):
		return "no word"
	case len(strings.Fields(item)) > maxWords:
		return "a sentence"
	}
	return ""
}

// spaceless reports whether a letter can be a word of its own.
func spaceless(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hangul) }

// key is what the ways to write one name have in common: its words without
// case, accents, punctuation and article.
func key(name string) string {
	fold := cases.Fold()
	var b strings.Builder
	for _, r := range norm.NFKD.String(fold.String(name)) {
		switch {
		case unicode.IsMark(r) || r == '.':
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	if len(words) > 1 && (words[0] == "the" || words[0] == "a" || words[0] == "an") {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// overlap reports whether one key's words stand within the other's, or their
// first words are a long and a short form and the others the same: Ben and
// Benjamin Franklin.
func overlap(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) > 1 && slices.Equal(x[1:], y[1:]) && min(len(x[0]), len(y[0])) > 2 &&
		(strings.HasPrefix(x[0], y[0]) || strings.HasPrefix(y[0], x[0])) {
		return true
	}
	for from := 0; len(x) > 0 && from+len(x) <= len(y); from++ {
		same := true
		for i := range x {
			same = same && sameWord(x[i], y[from+i])
		}
		if same {
			return true
		}
	}
	return false
}

// sameWord reports whether two words are the same but for a plural's ending.
func sameWord(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) > 2 && (a+"s" == b || a+"es" == b)
}

// acronym reports whether one name is made of the other's first letters: USA of
// United States of America, UK of United Kingdom.
func acronym(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	short := strings.ReplaceAll(a, ".", "")
	words := strings.Fields(key(b))
	if len(short) < 2 || strings.ToUpper(short) != short || len(words) < 2 {
		return false
	}
	var all, main strings.Builder
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		all.WriteRune(first)
		if w != "of" && w != "the" && w != "and" {
			main.WriteRune(first)
		}
	}
	short = strings.ToLower(short)
	more, found := strings.CutPrefix(short, main.String())
	return short == all.String() || found && len(more) <= 1 // United States may be short for what USA is
}
