package walk

import (
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
