package collect

import (
	"reflect"
	"strings"
	"testing"
)

func TestReadQuestions(t *testing.T) {
	const one = `{"text": "Is Bonn in Germany?", "concept": "Germany", "set": "control"}`
	for _, c := range []struct {
		name, text string
		want       []OwnQuestion
		err        string
	}{
		{"two", one + "\n\n" + `{"type": "capital", "set": "target", "concept": "France", "text": "Is Paris in France?"}`,
			[]OwnQuestion{
				{Text: "Is Bonn in Germany?", Concept: "Germany", Set: "control"},
				{Text: "Is Paris in France?", Concept: "France", Set: "target", Type: "capital"},
			}, ""},
		{"CRLF and byte order mark", "\ufeff" + one + "\r\n", []OwnQuestion{{Text: "Is Bonn in Germany?", Concept: "Germany", Set: "control"}}, ""},
		{"other set", strings.Replace(one, "control", "controls", 1), nil, `line 1: set: want target or control, have "controls"`},
		{"no concept", "\n" + strings.Replace(one, `"Germany"`, `""`, 1), nil, "line 2: want a text and a concept"},
		{"unknown key", strings.Replace(one, "{", `{"tpye": "", `, 1), nil, "line 1: json: unknown field"},
		{"two on a line", one + one, nil, "line 1: want one question a line"},
		{"bracket behind", one + "]", nil, "line 1: want one question a line"},
		{"twice", one + "\n" + one, nil, `line 2: the question of line 1 again: "Is Bonn in Germany?"`},
		{"not UTF-8", strings.Replace(one, "Bonn", "B\xffn", 1), nil, "line 1: want UTF-8"},
		{"not JSON", "Is Paris in France?", nil, "line 1: invalid character"},
		{"null", "null", nil, "line 1: want a text"},
		{"cut", one[:20], nil, "line 1: unexpected EOF"},
		{"empty", "\n \n", nil, "have none"},
		{"all problems", "x\n" + one + "\ny", nil, "line 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeText(t, c.text)
			have, err := ReadQuestions(path)
			if c.err == "" {
				if err != nil || !reflect.DeepEqual(have, c.want) {
					t.Fatalf("want %v, have %v, %v", c.want, have, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), path+": ") {
				t.Fatalf("want an error of the file with %q, have %v", c.err, err)
			}
		})
	}
}
