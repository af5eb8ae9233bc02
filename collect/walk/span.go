package walk

import (
	"fmt"
	"strconv"
	"strings"
)

// span is a range [from, to) of tokens or coordinates.
type span struct{ from, to int }

// text names what is in the range: "token 3" or "tokens 3 to 5".
func (s span) text(what string) string {
	if s.to == s.from+1 {
		return fmt.Sprintf("%s %d", what, s.from)
	}
	return fmt.Sprintf("%ss %d to %d", what, s.from, s.to-1)
}

// parseSpan reads "3", "3:7", "3:", ":7" or "-2:", counted from 0 or, below 0, from
// the end, of n things.
func parseSpan(what, text string, n int) (span, error) {
	bad := fmt.Errorf("%s: want one of 0 to %d, a range as 2:5, or from the end as -3:, have %q", what, n-1, text)
	number := func(s string, otherwise int) (int, error) {
		if s == "" {
			return otherwise, nil
		}
		i, err := strconv.Atoi(s)
		if i < 0 {
			i += n
		}
		return i, err
	}
	first, second, ranged := strings.Cut(text, ":")
	from, err := number(first, 0)
	to := from + 1
	if ranged && err == nil {
		to, err = number(second, n)
	}
	if err != nil || text == "" || from < 0 || to > n || from >= to {
		return span{}, bad
	}
	return span{from, to}, nil
}

// options are the words of a command that name a range: "tokens 2:5".
type options struct {
	rest   []string // the other words
	tokens *string
	coords *string
	layers *string
	count  *string
}

// parseOptions takes ranges out of a command's words.
func parseOptions(words []string) (options, error) {
	var o options
	for i := 0; i < len(words); i++ {
		at, named := map[string]**string{"tokens": &o.tokens, "token": &o.tokens, "coords": &o.coords, "layers": &o.layers, "layer": &o.layers, "top": &o.count}[words[i]]
		switch {
		case !named:
			o.rest = append(o.rest, words[i])
		case i+1 == len(words):
			return o, fmt.Errorf("%s: want a range behind it, have the end of the line", words[i])
		default:
			*at = &words[i+1]
			i++
		}
	}
	return o, nil
}

// span returns the range of an option, or all of n where it is not given.
func (o options) span(what string, given *string, n int) (span, error) {
	if given == nil {
		return span{0, n}, nil
	}
	return parseSpan(what, *given, n)
}
