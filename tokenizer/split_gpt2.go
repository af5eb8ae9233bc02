package tokenizer

import "strings"

// A matcher finds the match of one regular expression that starts at s[i]
// exactly, i < len(s). It returns the match's end, or -1 for none; matches are
// never empty.
type matcher func(s string, i int) int

const gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// gpt2 matches gpt2Pattern.
func (t *classTable) gpt2(s string, i int) int {
	if s[i] == '\'' {
		if end := contraction(s, i); end > 0 {
			return end
		}
	}
	j := i
	if s[i] == ' ' && i+1 < len(s) {
		j++
	}
	c, n := t.at(s, j)
	switch {
	case c&isLetter != 0:
		return t.run(s, j+n, isLetter)
	case c&isNumber != 0:
		return t.run(s, j+n, isNumber)
	case c&isSpace == 0:
		return t.runNot(s, j+n, isSpace|isLetter|isNumber)
	}
	return t.spaces(s, i)
}

// spaces matches \s+(?!\S)|\s+ at white space: all of the run at the end of
// the text, else all but its last character, which the next match may want.
func (t *classTable) spaces(s string, i int) int {
	end, last := i, i
	for {
		c, n := t.at(s, end)
		if n == 0 {
			return end
		}
		if c&isSpace == 0 {
			break
		}
		last = end
		end += n
	}
	if last > i {
		return last
	}
	return end
}

// contraction matches 's|'t|'re|'ve|'m|'ll|'d after the apostrophe at s[i],
// or returns -1.
func contraction(s string, i int) int {
	if i+1 >= len(s) {
		return -1
	}
	switch s[i+1] {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v', 'l':
		switch rest := s[i+1:]; {
		case strings.HasPrefix(rest, "re"), strings.HasPrefix(rest, "ve"), strings.HasPrefix(rest, "ll"):
			return i + 3
		}
	}
	return -1
}

// foldedContraction is contraction under (?i:...). The long s U+017F folds to
// s; no other character outside ASCII folds to a letter of these.
func foldedContraction(s string, i int) int {
	if i+1 >= len(s) || s[i] != '\'' {
		return -1
	}
	if strings.HasPrefix(s[i+1:], "\u017F") {
		return i + 1 + len("\u017F")
	}
	first := s[i+1] | 0x20
	switch first {
	case 's', 't', 'm', 'd':
		return i + 2
	}
	if i+2 >= len(s) {
		return -1
	}
	switch string([]byte{first, s[i+2] | 0x20}) {
	case "re", "ve", "ll":
		return i + 3
	}
	return -1
}
