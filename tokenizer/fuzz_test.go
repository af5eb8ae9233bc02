package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzTokenizerJSON: a hostile file is refused, or makes a tokenizer that
// works on any text.
func FuzzTokenizerJSON(f *testing.F) {
	small := `{"added_tokens":[{"id":3,"content":"<s>","special":true,"normalized":true,"lstrip":true}],"normalizer":{"type":"NFC"},` +
		`"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-c]+"},"behavior":"Isolated"},{"type":"ByteLevel"},{"type":"Digits"}]},` +
		`"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[3],"tokens":["<s>"]}}},` +
		`"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","unk_token":"a","fuse_unk":true,"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}`
	f.Add([]byte(small), "ab <s> a1\xff")
	f.Add([]byte(strings.Replace(small, `"ByteLevel"},{"type":"Digits"}`, `"Metaspace","replacement":"▁"}`, 1)), "ab ab")
	f.Add([]byte(strings.Replace(small, `["a b"]`, `[["a","b"]]`, 1)), "")
	f.Add([]byte(`{"model":{"vocab":{"\u0061":0,"<0x62>":1},"merges":[],"byte_fallback":true}}`), "ab")
	f.Add([]byte(`{"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},`+
		`"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1}]},`+
		`"model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":{"<unk>":0,"<0x62>":1,"▁":2,"a":3,"▁a":4},"merges":["▁ a"]}}`), " a ab a")
	f.Add([]byte(`{"normalizer":{"type":"Precompiled","precompiled_charsmap":"DAAAAAAAAAAAAAAAAAAAAGEA"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},`+
		`{"type":"Metaspace","replacement":"▁","add_prefix_space":true}]},"decoder":{"type":"Metaspace","replacement":"▁"},"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,`+
		`"vocab":[["<unk>",0.0],["▁",-2.5],["a",-1],["▁a",-0.5],["<0x62>",0]]}}`), " a ab  e\u0301a")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if len(data) > 1<<20 || len(text) > 1<<12 {
			return
		}
		tok, err := FromJSON(data)
		if err != nil {
			return
		}
		e, err := tok.Encode(text, true)
		if err != nil {
			return // a pattern that takes too long
		}
		for _, s := range e.Spans {
			if s.Start < 0 || s.Start > s.End || s.End > len(text) {
				t.Fatalf("want a span within %d bytes, have %v", len(text), s)
			}
		}
		ids, err := tok.AppendIDs(nil, text, true)
		if err != nil || !slices.Equal(ids, e.IDs) {
			t.Fatalf("want %v, have %v (%v)", e.IDs, ids, err)
		}
		if _, err := tok.Decode(e.IDs, false); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzSentencePiece: a hostile tokenizer.model is refused, or makes a tokenizer
// that works on any text.
func FuzzSentencePiece(f *testing.F) {
	for _, model := range []int32{spmUnigram, spmBPE} {
		small := smallModel(model)
		f.Add(small.bytes(), "ab <s> a1\xff\u3042")
		small.rules, small.fallback = smallCharsmap, false
		f.Add(small.bytes(), "  A b\x00 ")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if len(data) > 1<<16 || len(text) > 1<<12 {
			return
		}
		tok, err := FromSentencePiece(data, SentencePieceOptions{})
		if err != nil {
			return
		}
		e := encode(t, tok, text)
		for _, s := range e.Spans {
			if s.Start < 0 || s.Start > s.End || s.End > len(text) {
				t.Fatalf("want a span within %d bytes, have %v", len(text), s)
			}
		}
		ids, err := tok.AppendIDs(nil, text, false)
		if err != nil || !slices.Equal(ids, e.IDs) {
			t.Fatalf("want %v, have %v (%v)", e.IDs, ids, err)
		}
		if _, err := tok.Decode(e.IDs, false); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzEncode: for byte-level vocabularies without normalizer, spans ascend on
// the borders of characters and cover the text, and the ids decode to it.
func FuzzEncode(f *testing.F) {
	_, lines := readGolden(f, "testdata/mini-golden/smollm2.jsonl")
	for _, line := range lines[:100] {
		f.Add(line.S)
	}
	f.Add("a\x80b\xe2\x82\xffc\xf0\x9f\x98")
	var toks []*Tokenizer
	for _, name := range []string{"gpt2", "smollm2", "llama3_1", "gpt4o", "tekken", "falcon", "deepseek_v3", "gpt2v_bloompre", "phi2"} {
		toks = append(toks, mini(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		valid := utf8.ValidString(text)
		for _, tok := range toks {
			e := encode(t, tok, text)
			before := Span{}
			for _, s := range e.Spans {
				if s.Start < before.Start || s.End < before.End || s.Start > before.End || s.Start >= s.End || s.End > len(text) {
					t.Fatalf("%q: want spans that ascend and cover, have %v", text, e.Spans)
				}
				if valid && (!utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End])) {
					t.Fatalf("%q: want spans on the borders of characters, have %v", text, e.Spans)
				}
				before = s
			}
			if before.End != len(text) {
				t.Fatalf("%q: want spans to the end, have %v", text, e.Spans)
			}
			if back, err := tok.Decode(e.IDs, false); err != nil || back != wellFormed(text) {
				t.Fatalf("%q: want it back, have %q (%v)", text, back, err)
			}
		}
	})
}

// FuzzChatTemplate: a hostile template ends soon and does not end the program.
func FuzzChatTemplate(f *testing.F) {
	var golden struct{ Cases []struct{ Template string } }
	readJSON(f, "testdata/chat/golden.json", &golden)
	for _, c := range golden.Cases {
		f.Add(c.Template, "user", "Hi")
	}
	f.Add("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "user", "")
	f.Add("{% set n = namespace() %}{% set n.a = n %}{{ n }}", "user", "")
	f.Fuzz(func(t *testing.T, source, role, content string) {
		if len(source) > 4096 || len(content) > 4096 {
			return
		}
		start := time.Now()
		c, err := ParseChatTemplate(source, map[string]string{"bos_token": "<s>"})
		if err != nil {
			return
		}
		if c.Source() != source {
			t.Fatal("want the source as it was given")
		}
		if text, err := c.Render([]Message{{role, content}, {"user", content}}, true, time.Unix(0, 0)); err != nil && text != "" {
			t.Fatal("want no text with an error")
		}
		if took := time.Since(start); took > 2*maxTemplateTime {
			t.Fatalf("took %v", took)
		}
	})
}
