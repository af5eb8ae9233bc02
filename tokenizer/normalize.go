package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A normalizer rewrites a part of the text between added tokens.
type normalizer interface {
	normalize(aligned) aligned
}

func buildNormalizers(c *component) ([]normalizer, error) {
	var all []normalizer
	for _, n := range c.flatten(func(c *component) []component { return c.Normalizers }) {
		switch n.Type {
		case "NFC":
			all = append(all, nfc{})
		case "Prepend":
			all = append(all, prepend(n.Prepend))
		case "Replace":
			if n.Pattern == nil || n.Pattern.String == nil || *n.Pattern.String == "" {
				return nil, fmt.Errorf("%s: pattern: want a String that is not empty", n.Type)
			}
			all = append(all, replace{*n.Pattern.String, n.Content})
		case "Precompiled":
			rules, err := parseCharsmap(string(n.Charsmap))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", n.Type, err)
			}
			all = append(all, precompiled{rules})
		default:
			return nil, typeError(n.Type, normalizerTypes...)
		}
	}
	return all, nil
}

// prepend puts a text before any text that is not empty. Both it and the first
// character come from that character.
type prepend string

func (p prepend) normalize(a aligned) aligned {
	if a.s == "" || p == "" {
		return a
	}
	_, n := utf8.DecodeRuneInString(a.s)
	first := a.span(0, n)
	b := newAlignedBuilder(len(a.s) + len(p))
	b.add(string(p), int32(first.Start), int32(first.End))
	b.copy(a, 0, len(a.s))
	return b.aligned()
}

// replace replaces a fixed text; what replaces it comes from its last character.
type replace struct{ old, new string }

func (r replace) normalize(a aligned) aligned {
	if !strings.Contains(a.s, r.old) {
		return a
	}
	b := newAlignedBuilder(len(a.s) + max(0, len(r.new)-len(r.old))*strings.Count(a.s, r.old))
	for i := 0; i < len(a.s); {
		j := strings.Index(a.s[i:], r.old)
		if j < 0 {
			b.copy(a, i, len(a.s))
			break
		}
		j += i
		b.copy(a, i, j)
		i = j + len(r.old)
		last := a.span(i-1, i)
		b.add(r.new, int32(last.Start), int32(last.End))
	}
	return b.aligned()
}
