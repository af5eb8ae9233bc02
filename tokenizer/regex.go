package tokenizer

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// regexTimeout bounds one search of a text: patterns come with models, and
// some take exponential time.
const regexTimeout = 10 * time.Second

// regex is a regular expression without a hand-written matcher. Its classes
// are those of Go's Unicode tables, which are a version older than those of
// the known patterns.
type regex struct{ re *regexp2.Regexp }

// compileRegex accepts the part of the syntax that means the same to
// Oniguruma, for which tokenizer.json patterns are written, and to regexp2.
func compileRegex(pattern string) (*regex, error) {
	if what := foreignSyntax(pattern); what != "" {
		return nil, fmt.Errorf("pattern %q: %s: want a known pattern or syntax that all engines read alike", pattern, what)
	}
	re, err := regexp2.Compile(pattern, regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	re.MatchTimeout = regexTimeout
	return &regex{re}, nil
}

// foreignSyntax names the first construct that the two engines may read
// differently, or returns "".
func foreignSyntax(pattern string) string {
	inClass := false
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch c := pattern[i]; {
		case c == '\\':
			if i+1 == len(pattern) {
				return "a backslash at the end"
			}
			i++
			if e := pattern[i]; (isASCIILetter(e) || e >= '0' && e <= '9') && !strings.ContainsRune("rntsSpP", rune(e)) {
				return "the escape \\" + string(e)
			}
			if strings.ContainsRune("pP", rune(pattern[i])) { // the braces of \p{L} are no quantifier
				i += max(0, strings.IndexByte(pattern[i:], '}'))
			}
		case inClass && c == '[':
			return "a class within a class"
		case inClass && strings.HasPrefix(rest, "&&"):
			return "an intersection of classes"
		case inClass:
			inClass = c != ']'
		case c == '[':
			inClass = true
			if strings.HasPrefix(rest, "[^]") || strings.HasPrefix(rest, "[]") {
				return "a bracket at the start of a class"
			}
		case c == '^' || c == '$' || c == '.':
			return "the sign " + string(c)
		case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") && !strings.HasPrefix(rest, "(?=") && !strings.HasPrefix(rest, "(?!"):
			return "a group with options"
		case strings.HasPrefix(rest, "++"), strings.HasPrefix(rest, "*+"), strings.HasPrefix(rest, "?+"), strings.HasPrefix(rest, "}+"), strings.HasPrefix(rest, "{,"):
			return "a possessive or open quantifier"
		}
	}
	return ""
}

// matches returns the byte positions of all non-empty matches in s.
func (r *regex) matches(s string) ([]piece, error) {
	var found []piece
	m, err := r.re.FindStringMatch(s)
	at, runes := 0, 0 // a byte position and the same in characters
	for ; err == nil && m != nil; m, err = r.re.FindNextMatch(m) {
		start := advance(s, at, m.Index-runes)
		end := advance(s, start, m.Length)
		at, runes = end, m.Index+m.Length
		if end > start {
			found = append(found, piece{int32(start), int32(end)})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return found, nil
}

// advance returns the byte position n characters after s[i], at most len(s).
func advance(s string, i, n int) int {
	for ; n > 0 && i < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}
