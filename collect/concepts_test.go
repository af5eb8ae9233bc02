package collect

import (
	"slices"
	"strings"
	"testing"
)

func TestReadControls(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
		err        string // part of it
	}{
		{"plain", "Germany\nItaly\n", []string{"Germany", "Italy"}, ""},
		{"no last newline", "Germany\nItaly", []string{"Germany", "Italy"}, ""},
		{"CRLF and byte order mark", "\ufeffGermany\r\nItaly\r\n", []string{"Germany", "Italy"}, ""},
		{"blank lines and remarks", "# countries\n\n  \nGermany\n #no\n", []string{"Germany"}, ""},
		{"spaces around", "  South Korea\t\n", []string{"South Korea"}, ""},
		{"kept as written", "Co\u0302te d'Ivoire\nCôte d'Ivoire\n", []string{"Co\u0302te d'Ivoire", "Côte d'Ivoire"}, ""},
		{"other scripts", "日本\nไทย\n", []string{"日本", "ไทย"}, ""},
		{"twice", "Germany\n\nGermany\n", nil, `line 3: "Germany" is given in line 1 already`},
		{"twice in another case", "Germany\nGERMANY\n", nil, `line 2: "GERMANY" is given in line 1 already`},
		{"twice when folded", "Straße\nSTRASSE\n", nil, `line 2: "STRASSE" is given`},
		{"the target", "Germany\nFrance\n", nil, `line 2: "France" is the target`},
		{"the target in another case", "france\n", nil, `line 1: "france" is the target`},
		{"all problems", "France\nItaly\nitaly\n", nil, "line 3"},
		{"not UTF-8", "Germany\n\xff\xfeI\x00\n", nil, "line 2: want UTF-8"},
		{"UTF-16", "\xff\xfeI\x00t\x00", nil, "line 1: want UTF-8"},
		{"control characters", "Ger\tmany\n", nil, `line 1: want one concept, have control characters: "Ger\tmany"`},
		{"only carriage returns", "Germany\rItaly\r", nil, "line 1: want one concept"},
		{"empty", "", nil, "have none"},
		{"only remarks", "#\n\n", nil, "have none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeText(t, c.text)
			have, err := ReadControls(path, "France")
			if c.err == "" {
				if err != nil || !slices.Equal(have, c.want) {
					t.Fatalf("want %q, have %q, %v", c.want, have, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), path+": ") {
				t.Fatalf("want an error of the file with %q, have %v", c.err, err)
			}
		})
	}
}
