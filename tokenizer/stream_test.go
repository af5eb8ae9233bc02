package tokenizer

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// streamed returns what a stream behind before gives for ids.
func streamed(t *testing.T, tok *Tokenizer, before, ids []int32) string {
	t.Helper()
	s, err := tok.Stream(before)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, id := range ids {
		text, err := s.Add(id)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(text) || strings.HasSuffix(text, replacement) {
			t.Fatalf("want whole characters, have %q", text)
		}
		b.WriteString(text)
	}
	text, err := s.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return b.String() + text
}

// TestStreamEqualsDecode cuts golden texts of every family in two: what a stream
// gives for the second part is what it adds to the first.
func TestStreamEqualsDecode(t *testing.T) {
	files, err := filepath.Glob("testdata/mini/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tokenizers: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			tok := mini(t, name)
			_, lines := readGolden(t, "testdata/mini-golden/"+name+".jsonl")
			compared := 0
			for _, line := range lines {
				ids := encode(t, tok, line.S).IDs
				whole := decode(t, tok, ids)
				if have := streamed(t, tok, nil, ids); have != whole {
					t.Errorf("%q: want %q, have %q", line.S, whole, have)
				}
				for _, cut := range []int{len(ids) / 3, len(ids) / 2} {
					// Where the cut goes through a character, there is no text before it.
					rest, ok := strings.CutPrefix(whole, decode(t, tok, ids[:cut]))
					if !ok || cut == 0 {
						continue
					}
					compared++
					if have := streamed(t, tok, ids[:cut], ids[cut:]); have != rest {
						t.Errorf("%q, cut at %d: want %q, have %q", line.S, cut, rest, have)
					}
				}
			}
			if compared == 0 {
				t.Error("no text could be cut")
			}
		})
	}
}

// decode decodes without special tokens.
func decode(t *testing.T, tok *Tokenizer, ids []int32) string {
	t.Helper()
	text, err := tok.Decode(ids, true)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestStreamRefusesUnknownIDs(t *testing.T) {
	tok := mini(t, "smollm2")
	if _, err := tok.Stream([]int32{1 << 30}); err == nil {
		t.Error("before: want an error")
	}
	s, err := tok.Stream(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(-1); err == nil {
		t.Error("added: want an error")
	}
}
