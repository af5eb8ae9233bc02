package collect

import (
	"errors"
	"strings"
	"testing"
)

func TestLastOccurrence(t *testing.T) {
	for _, c := range []struct {
		text, concept string
		want          int // first byte; -1: not found
	}{
		{"What is the capital of France?", "France", 23},
		{"France is in Europe; I love France dearly.", "France", 28},
		{"What is France's capital?", "France", 8},
		{"What is France\u2019s capital?", "France", 8},
		{"\"France\"", "France", 1},
		{"Île-de-France", "France", 8},
		{"Nigeria", "Niger", -1},
		{"Romania", "Oman", -1},
		{"Romania", "oman", -1},
		{"Niger, not Nigeria", "Niger", 0},
		{"france", "France", -1},
		{"France2", "France", -1},
		{"2France", "France", -1},
		{"France_2", "France", -1},
		{"France\u0301", "France", -1},
		{"été", "t", -1},
		{"Côte d'Ivoire.", "Côte d'Ivoire", 0},
		{"Cote d'Ivoire", "Ivoire", 7},
		{"新しい東京の地図", "東京", 9},
		{"東京2020", "東京", 0},
		{"これはFranceです", "France", 9},
		{"これはFrancesです", "France", -1},
		{"ประเทศไทยสวย", "ไทย", 18},
		{"the スペイン語", "スペイン", 4},
		{"aaa", "aa", -1},
		{"aa aaa", "aa", 0},
		{"", "France", -1},
		{"France", "", -1},
		{"New  Zealand", "New Zealand", -1},
		{"\xffFrance\xff", "France", 1},
	} {
		s, err := LastOccurrence(c.text, c.concept)
		switch {
		case c.want < 0 && !errors.Is(err, ErrAbsent):
			t.Errorf("%q in %q: want ErrAbsent, have %v, %v", c.concept, c.text, s, err)
		case c.want >= 0 && (err != nil || s.Start != c.want || c.text[s.Start:s.End] != c.concept):
			t.Errorf("%q in %q: want byte %d, have %v, %v", c.concept, c.text, c.want, s, err)
		}
	}
}

func TestConceptInsideAWordIsNamed(t *testing.T) {
	_, err := LastOccurrence("People of Nigeria", "Niger")
	if err == nil || !strings.Contains(err.Error(), `only inside another word, "Nigeria" at byte 10`) {
		t.Errorf("want the word named, have %v", err)
	}
}

func TestTokensOf(t *testing.T) {
	spans := [][2]int{{0, 0}, {0, 3}, {3, 3}, {3, 8}, {8, 9}, {8, 9}, {9, 12}, {0, 0}}
	for _, c := range []struct {
		span       Span
		first, end int
		ok         bool
	}{
		{Span{0, 3}, 1, 2, true},
		{Span{4, 5}, 3, 4, true},
		{Span{2, 4}, 1, 4, true},
		{Span{8, 9}, 4, 6, true},
		{Span{12, 13}, 0, 0, false},
	} {
		if first, end, ok := tokensOf(spans, c.span); first != c.first || end != c.end || ok != c.ok {
			t.Errorf("%v: want [%d, %d) %v, have [%d, %d) %v", c.span, c.first, c.end, c.ok, first, end, ok)
		}
	}
}

func FuzzLastOccurrence(f *testing.F) {
	for _, s := range []string{"France is France", "Niger Nigeria", "東京", "a\u0301", "\xff\xfe", ""} {
		f.Add(s, "France")
		f.Add(s, "東")
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, text, concept string) {
		s, err := LastOccurrence(text, concept)
		if err != nil {
			return
		}
		if s.Start < 0 || s.End > len(text) || text[s.Start:s.End] != concept {
			t.Fatalf("%q in %q: not an occurrence: %v", concept, text, s)
		}
		if !bounded(text, s) {
			t.Fatalf("%q in %q: not bounded: %v", concept, text, s)
		}
		for at := s.Start + 1; at+len(concept) <= len(text); at++ {
			if text[at:at+len(concept)] == concept && bounded(text, Span{at, at + len(concept)}) {
				t.Fatalf("%q in %q: %v is not the last", concept, text, s)
			}
		}
	})
}
