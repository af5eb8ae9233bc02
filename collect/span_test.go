package collect

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
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
		{"データー", "データ", 0},
		{"ﾃﾞｰﾀｰ", "ﾃﾞｰﾀ", 0},
		{"ລາວ ກັບ ລາວ", "ລາວ", 20},
		{"ប្រទេសខ្មែរ", "ខ្មែរ", 18},
		{"မြန်မာ", "မြန်မာ", 0},
		{"한국어", "한국", -1},
		{"한국 사람", "한국", 0},
		{"Россиянин", "Россия", -1},
		{"¿España?", "España", 2},
		{"x\u00adFrance", "France", 3},
		{"é", "\xc3", -1},
		{"é", "\xa9", -1},
		{"aaa", "aa", -1},
		{"aa aaa", "aa", 0},
		{"a b a b ab", "a b a", 0}, // an occurrence that overlaps one inside a word
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
	for text, want := range map[string]string{
		"People of Nigeria":            `concept not found: "Niger" is only inside other words: "Nigeria" at byte 10`,
		"Nigeria, Nigerien and Niger2": `"Nigeria" at byte 0, "Nigerien" at byte 9, "Niger2" at byte 22`,
		"People of Chad":               `concept not found: no "Niger" in "People of Chad"`,
	} {
		if _, err := LastOccurrence(text, "Niger"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: want %q, have %v", text, want, err)
		}
	}
}

func TestTokensOf(t *testing.T) {
	spans := [][2]int{{0, 0}, {0, 3}, {3, 3}, {3, 8}, {8, 9}, {8, 9}, {9, 12}, {11, 11}, {0, 0}}
	for _, c := range []struct {
		span       Span
		first, end int
		ok         bool
	}{
		{Span{0, 3}, 1, 2, true},
		{Span{4, 5}, 3, 4, true},
		{Span{2, 4}, 1, 4, true},
		{Span{8, 9}, 4, 6, true},
		{Span{10, 12}, 6, 7, true},
		{Span{12, 13}, 0, 0, false},
	} {
		if first, end, ok := tokensOf(spans, c.span); first != c.first || end != c.end || ok != c.ok {
			t.Errorf("%v: want [%d, %d) %v, have [%d, %d) %v", c.span, c.first, c.end, c.ok, first, end, ok)
		}
	}
}

// TestGoldenSpans finds the concepts of the reference's prompts in its own byte
// offsets, which needs no model.
func TestGoldenSpans(t *testing.T) {
	compared := 0
	for i, p := range readGolden(t).Prompts {
		if p.Concept == nil {
			continue
		}
		compared++
		s, err := LastOccurrence(p.Text, *p.Concept)
		if err != nil || [2]int{s.Start, s.End} != p.SpanBytes {
			t.Errorf("prompt %d: want bytes %v, have %v, %v", i, p.SpanBytes, s, err)
		}
		first, end, ok := tokensOf(p.Offsets, s)
		if !ok || [2]int{first, end} != p.SpanTokens || len(p.Offsets)-end != len(p.After) || int(p.After[0]) != end {
			t.Errorf("prompt %d: want tokens %v and %v after, have [%d, %d)", i, p.SpanTokens, p.After, first, end)
		}
	}
	if compared != 8 {
		t.Errorf("want 8 prompts with a concept, have %d", compared)
	}
}

// FuzzSpan compares with a slow search that tries every place.
func FuzzSpan(f *testing.F) {
	for _, text := range []string{
		"What is the capital of France?", "France is France's", "Niger, Nigeria", "Île-de-France_", "新しい東京の地図", "ประเทศไทย2",
		"aaa aa aaaa", "a\u0301a", "か\u3099か", "ｸﾞｰｸﾞ", "\xff\xfea\x80", "",
	} {
		for _, concept := range []string{"France", "Niger", "東京", "ไทย", "aa", "a", "か", "\xff", "\x80", ""} {
			f.Add(text, concept)
		}
	}
	f.Fuzz(func(t *testing.T, text, concept string) {
		want := -1
		for at := 0; concept != "" && at+len(concept) <= len(text); at++ {
			if text[at:at+len(concept)] == concept && standsAlone(text, at, at+len(concept)) {
				want = at
			}
		}
		switch s, err := LastOccurrence(text, concept); {
		case want < 0:
			if !errors.Is(err, ErrAbsent) {
				t.Fatalf("%q in %q: want ErrAbsent, have %v, %v", concept, text, s, err)
			}
		case err != nil || s != Span{want, want + len(concept)}:
			t.Fatalf("%q in %q: want byte %d, have %v, %v", concept, text, want, s, err)
		}
	})
}

var (
	word  = regexp.MustCompile(`^[\pL\pM\p{Nd}_]$`)
	dense = regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ーｰ]`)
)

// standsAlone is the rule in other words: no character is cut, and no word goes
// on over either end.
func standsAlone(text string, from, to int) bool {
	runes, starts := []rune{}, map[int]int{len(text): utf8.RuneCountInString(text)}
	for i, r := range text { // a byte that is not UTF-8 is a character
		starts[i] = len(runes)
		runes = append(runes, r)
	}
	first, ok := starts[from]
	end, ok2 := starts[to]
	if !ok || !ok2 {
		return false
	}
	goesOn := func(i int) bool { // from character i-1 to i, the neighbour being one of a word
		if i == 0 || i == len(runes) {
			return false
		}
		neighbour := runes[i-1]
		if i == end {
			neighbour = runes[i]
		}
		both := string([]rune{runes[i-1], runes[i]})
		return word.MatchString(string(neighbour)) && !dense.MatchString(both)
	}
	return !goesOn(first) && !goesOn(end)
}
