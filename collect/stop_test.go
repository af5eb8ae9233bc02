package collect

import (
	"strings"
	"testing"
)

// TestStopper feeds a text in pieces of every size: what is passed on lies
// before the first stop text.
func TestStopper(t *testing.T) {
	for _, c := range []struct {
		text  string
		stops []string
		want  string
		found bool
	}{
		{"one. two.\n\nthree", []string{"\n\n"}, "one. two.", true},
		{"aaab", []string{"aab"}, "a", true},
		{"abcabd", []string{"abd", "cabx"}, "abc", true},
		{"abcd", []string{"cd", "bc"}, "a", true},
		{"no end\n", []string{"\n\n"}, "no end\n", false},
		{"nothing", nil, "nothing", false},
		{"größer als", []string{"ß"}, "grö", true},
	} {
		for size := 1; size <= len(c.text); size++ {
			s, text, found := stopper{texts: c.stops}, "", false
			for at := 0; at < len(c.text); at += size {
				piece, stop := s.add(c.text[at:min(at+size, len(c.text))])
				text, found = text+piece, found || stop
			}
			if text += s.flush(""); text != c.want || found != c.found {
				t.Errorf("%q in pieces of %d, stops %q: want %q, %v; have %q, %v", c.text, size, c.stops, c.want, c.found, text, found)
			}
		}
	}
}

// TestStopperHoldsBackLittle: text that no stop text can begin in goes on at once.
func TestStopperHoldsBackLittle(t *testing.T) {
	s := stopper{texts: []string{"END"}}
	for _, piece := range []string{"word ", "E", "LSE", "EN", "x"} {
		text, _ := s.add(piece)
		if !strings.HasPrefix("END", s.held) {
			t.Errorf("after %q: held %q", piece, s.held)
		}
		if piece == "word " && text != piece {
			t.Errorf("want %q at once, have %q", piece, text)
		}
	}
	if text := s.flush(""); text != "" {
		t.Errorf("want all passed on, have %q held", text)
	}
}
