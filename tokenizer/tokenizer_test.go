package tokenizer

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

func mini(t testing.TB, name string) *Tokenizer {
	t.Helper()
	return loadJSON(t, "testdata/mini/"+name+".json")
}

func encode(t testing.TB, tok *Tokenizer, text string) Encoding {
	t.Helper()
	e, err := tok.Encode(text, false)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestLongS: the folded contractions of Unicode's (?i:'s) hold U+017F.
func TestLongS(t *testing.T) {
	for _, name := range []string{"llama3_1", "qwen3", "gpt4o"} {
		e := encode(t, mini(t, name), "it'ſ ok'S")
		var cuts []int
		for _, s := range e.Spans {
			cuts = append(cuts, s.Start)
		}
		if !slices.Contains(cuts, 2) || !slices.Contains(cuts, 5) {
			t.Errorf("%s: want a piece 'ſ at [2, 5), have tokens at %v", name, e.Spans)
		}
	}
	table := classes()
	for text, want := range map[string]int{"'ſx": 3, "'s": 2, "'S": 2, "'LL": 3, "'lL": 3, "'ve": 3, "'l": -1, "'": -1, "'x": -1, "s": -1} {
		if have := foldedContraction(text, 0); have != want {
			t.Errorf("%q: want %d, have %d", text, want, have)
		}
	}
	if have := table.gpt2("'S", 0); have != 1 {
		t.Errorf("GPT-2's contractions are of small letters: want 1, have %d", have)
	}
}

func TestInvalidUTF8(t *testing.T) {
	tok := mini(t, "smollm2")
	valid := encode(t, tok, "a\uFFFDb\uFFFD\uFFFDc\uFFFD")
	// A lone continuation byte; a cut-off sequence of three bytes, of which
	// two are one part; a surrogate, each byte of which is a part; the end.
	text := "a\x80b\xe2\x82\xffc\xf0\x9f\x98"
	e := encode(t, tok, text)
	if !slices.Equal(e.IDs, valid.IDs) {
		t.Fatalf("want the ids of the replaced text %v, have %v", valid.IDs, e.IDs)
	}
	parts := map[Span]bool{}
	for _, s := range e.Spans {
		parts[s] = true
	}
	for _, want := range []Span{{1, 2}, {3, 5}, {5, 6}, {7, 10}} {
		if !parts[want] {
			t.Errorf("want a token at %v, have %v", want, e.Spans)
		}
	}
	for text, want := range map[string]string{
		"\xed\xa0\x80": "\uFFFD\uFFFD\uFFFD", "\xf0\x90\x80x": "\uFFFDx", "\xc0\x80": "\uFFFD\uFFFD", "\xf4\x90\x80\x80": strings.Repeat("\uFFFD", 4),
		"\xe0\x80": "\uFFFD\uFFFD", "\xe0\xa0": "\uFFFD", "\xc3": "\uFFFD", "\xf5\x80": "\uFFFD\uFFFD", "é\uFFFD": "é\uFFFD",
	} {
		if have := wellFormed(text); have != want {
			t.Errorf("%q: want %q, have %q", text, want, have)
		}
		if have := align(text).s; have != want {
			t.Errorf("align %q: want %q, have %q", text, want, have)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	tok := mini(t, "gpt2")
	for _, id := range []int32{-1, int32(tok.Size()), 1 << 30} {
		if _, err := tok.Decode([]int32{0, id}, false); err == nil || !strings.Contains(err.Error(), "id 1 of 2") {
			t.Errorf("id %d: want an error, have %v", id, err)
		}
	}
	// Half a character decodes to U+FFFD, as does what is left of it.
	e := encode(t, tok, "𓀀")
	if text, err := tok.Decode(e.IDs[:1], false); err != nil || text != "\uFFFD" {
		t.Errorf("want U+FFFD, have %q (%v)", text, err)
	}
}

func TestTokens(t *testing.T) {
	tok := mini(t, "smollm2")
	for id := range int32(tok.Size()) {
		text, ok := tok.Token(id)
		if !ok {
			t.Fatalf("want a token with id %d", id)
		}
		if back, ok := tok.ID(text); !ok || back != id {
			t.Fatalf("%q: want id %d, have %d", text, id, back)
		}
	}
	if _, ok := tok.Token(int32(tok.Size())); ok {
		t.Error("want no token past the last")
	}
	if _, ok := tok.ID("no such token"); ok {
		t.Error("want no id of a text that is no token")
	}
}

// TestDigest: the digest changes with whatever changes ids, and with nothing else.
func TestDigest(t *testing.T) {
	data, err := os.ReadFile("testdata/mini/llama3_1.json")
	if err != nil {
		t.Fatal(err)
	}
	source := string(data)
	base := mini(t, "llama3_1").Digest()
	if len(base) != 64 {
		t.Fatalf("want a SHA-256, have %q", base)
	}
	for _, c := range []struct {
		old, new string
		same     bool
	}{
		{`"version"`, "\n  \"version\"", true},
		{`"ignore_merges": true`, `"ignore_merges": false`, false},
		{`"behavior": "Isolated"`, `"behavior": "Contiguous"`, false},
		{`"special": true`, `"special": false`, false},
		{`"content": "<|eot_id|>"`, `"content": "<|eot|>"`, false},
	} {
		changed := strings.Replace(source, c.old, c.new, 1)
		if changed == source {
			changed = strings.Replace(source, strings.ReplaceAll(c.old, ": ", ":"), strings.ReplaceAll(c.new, ": ", ":"), 1)
		}
		if changed == source {
			t.Fatalf("no %q in the file", c.old)
		}
		tok, err := FromJSON([]byte(changed))
		if err != nil {
			t.Fatalf("%q: %v", c.new, err)
		}
		if (tok.Digest() == base) != c.same {
			t.Errorf("%q for %q: want the same digest %t", c.new, c.old, c.same)
		}
	}
}

// TestConcurrent encodes and decodes the same strings on many goroutines, with
// the caches cold, and compares with the golden values.
func TestConcurrent(t *testing.T) {
	for _, name := range []string{"smollm2", "llama2", "qwen3"} {
		_, lines := readGolden(t, "testdata/mini-golden/"+name+".jsonl")
		concurrently(t, name, mini(t, name), lines)
	}
	for _, m := range spmGolden(t) {
		tok, err := FromSentencePiece(spmModel(t, m.Name, m.NMTNFKC), SentencePieceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		concurrently(t, m.Name, tok, m.Lines)
	}
}

func concurrently(t *testing.T, name string, tok *Tokenizer, lines []goldenLine) {
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for g := range cap(errs) {
		wg.Go(func() {
			var ids []int32
			for i := range lines {
				line := lines[(i+g*37)%len(lines)]
				e, err := tok.Encode(line.S, false)
				if err == nil {
					ids, err = tok.AppendIDs(ids[:0], line.S, false)
				}
				if err == nil {
					_, err = tok.Decode(ids, false)
				}
				if err != nil || !slices.Equal(e.IDs, line.IDs) || !slices.Equal(ids, line.IDs) {
					errs <- fmt.Errorf("%s: %q: want %v, have %v and %v (%v)", name, line.S, line.IDs, e.IDs, ids, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}

// TestLinear: a text of one word, which no cache and no cut shortens, takes
// time in proportion to its length.
func TestLinear(t *testing.T) {
	for _, name := range []string{"gpt2", "llama2"} {
		tok := mini(t, name)
		word := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 20_000)
		e := encode(t, tok, word)
		if last := e.Spans[len(e.Spans)-1]; last.End != len(word) {
			t.Errorf("%s: want tokens to the end %d, have %v", name, len(word), last)
		}
	}
}
