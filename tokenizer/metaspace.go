package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// metaspace writes spaces as a visible character, puts one before the text and
// cuts before each. It is a pre-tokenizer of SentencePiece vocabularies.
type metaspace struct {
	space  string
	scheme string // "always", "first" or "never" puts one before a piece
	cut    *splitter
}

func buildMetaspace(c component) (*metaspace, error) {
	m := &metaspace{space: c.Replacement, scheme: c.PrependScheme}
	if utf8.RuneCountInString(m.space) != 1 {
		return nil, fmt.Errorf("replacement: want one character, have %q", m.space)
	}
	switch {
	case m.scheme == "" && orTrue(c.AddPrefixSpace):
		m.scheme = "always"
	case m.scheme == "":
		m.scheme = "never"
	}
	switch m.scheme {
	case "always", "first", "never":
	default:
		return nil, fmt.Errorf("prepend_scheme: want always, first or never, have %q", m.scheme)
	}
	if orTrue(c.Split) {
		m.cut = &splitter{match: literal(m.space), behavior: mergedWithNext}
	}
	return m, nil
}

func (m *metaspace) pretokenize(w *words) error {
	err := w.rewrite(func(a aligned) aligned {
		first := a.s != "" && a.span(0, 1).Start == 0
		a = replace{" ", m.space}.normalize(a)
		if strings.HasPrefix(a.s, m.space) || m.scheme == "never" || m.scheme == "first" && !first {
			return a
		}
		return prepend(m.space).normalize(a)
	})
	if err != nil || m.cut == nil {
		return err
	}
	return m.cut.pretokenize(w)
}
