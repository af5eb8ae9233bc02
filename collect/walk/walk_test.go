package walk

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for line, want := range map[string]string{
		"":                               "",
		"  # remark":                     "",
		"show mlp_in.3  tokens 2:":       "show|mlp_in.3|tokens|2:",
		`reference prompt "a \"b\"" # c`: `reference|prompt|a "b"`,
	} {
		words, err := split(line)
		if err != nil || strings.Join(words, "|") != want {
			t.Errorf("%s: want %s, have %q, %v", line, want, words, err)
		}
	}
	if _, err := split(`show "a`); err == nil {
		t.Error("want an error about the quote")
	}
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]span{
		"3": {3, 4}, "3:7": {3, 7}, "3:": {3, 10}, ":7": {0, 7}, ":": {0, 10}, "-1": {9, 10}, "-3:": {7, 10}, ":-3": {0, 7},
	} {
		if have, err := parseSpan("tokens", text, 10); err != nil || have != want {
			t.Errorf("%s: want %v, have %v, %v", text, want, have, err)
		}
	}
	for _, text := range []string{"", "10", "-11", "3:3", "5:2", "0:11", "a", "1:b", "1:2:3", "99999999999999999999"} {
		if have, err := parseSpan("tokens", text, 10); err == nil {
			t.Errorf("%s: want an error, have %v", text, have)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"resid_pre", "resid_post", "mlp_in", "mlp_out", "attention"}
	for name, want := range map[string]string{
		"mlp_ni": "mlp_in", "residpost": "resid_post", "att": "attention", "MLP_OUT": "mlp_out", "resid": "resid_pre",
	} {
		if have := Nearest(name, names, 2); have[0] != want || len(have) != 2 {
			t.Errorf("%s: want %s first, have %v", name, want, have)
		}
	}
	if have := Nearest("x", names[:1], 3); !slices.Equal(have, names[:1]) {
		t.Errorf("have %v", have)
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"ab", "ba", 2}, {"same", "same", 0}} {
		if have := distance(c.a, c.b); have != c.want {
			t.Errorf("%q to %q: want %d, have %d", c.a, c.b, c.want, have)
		}
	}
}

// Norms far above the others do not make the others look alike.
func TestLevels(t *testing.T) {
	for _, c := range []struct {
		norms []number
		want  string
	}{
		{[]number{1, 2, 4, 8}, "▁▃▆█"},
		{[]number{1000, 1, 2, 4, 8, 3}, "^▁▃▆█▅"},
		{[]number{1, 1.01, 1.02, 1.01, 1.2}, "▁▁▂▁█"}, // not twice the others
		{[]number{3, 3, 3}, "▁▁▁"},
		{[]number{0, 1, 2}, " ▁█"},
		{[]number{number(math.NaN()), 1, number(math.Inf(1)), 2}, "!▁!█"},
		{[]number{0, 0}, "  "},
	} {
		h := &Heat{Norms: [][]number{c.norms}}
		if have := h.Strip(0); have != c.want {
			t.Errorf("%v: want %q, have %q", c.norms, c.want, have)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{`a "b\n" c`, "#", `"`, "a\tb", `"\xff"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := split(line)
		if err == nil && strings.TrimSpace(line) == "" && len(words) > 0 {
			t.Fatalf("%q: have %q", line, words)
		}
	})
}
