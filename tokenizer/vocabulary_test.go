package tokenizer

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// miniVocabulary is a mini tokenizer as a GGUF file of model gpt2 would hold it.
func miniVocabulary(t testing.TB, name, pre string) Vocabulary {
	t.Helper()
	return asVocabulary(t, "testdata/mini/"+name+".json", pre)
}

func TestVocabularyFlags(t *testing.T) {
	v := miniVocabulary(t, "smollm2", "smollm")
	yes := true
	v.AddBOS, v.AddEOS, v.BOS, v.EOS = &yes, &yes, 1600, 1601
	tok, err := FromVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	e, err := tok.Encode("a", true)
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := tok.ID("a"); !slices.Equal(e.IDs, []int32{1600, a, 1601}) || !slices.Equal(e.Special, []bool{true, false, true}) {
		t.Errorf("want 1600 %d 1601, have %v %v", a, e.IDs, e.Special)
	}
}

func TestVocabularyErrors(t *testing.T) {
	yes := true
	for want, change := range map[string]func(*Vocabulary){
		`pre: want`:        func(v *Vocabulary) { v.Pre = "nobody's" },
		`model: want`:      func(v *Vocabulary) { v.Model = "rwkv" },
		`types: want`:      func(v *Vocabulary) { v.Types = v.Types[:5] },
		`type: want`:       func(v *Vocabulary) { v.Types[7] = 9 },
		`again`:            func(v *Vocabulary) { v.Tokens[5] = v.Tokens[6] },
		`merge 3: want`:    func(v *Vocabulary) { v.Merges[3] = "nothing" },
		`merge 4: want`:    func(v *Vocabulary) { v.Merges[4] = "no such" },
		`bos: want the id`: func(v *Vocabulary) { v.AddBOS = &yes },
		`scores: want`:     func(v *Vocabulary) { v.Model = "llama" },
		`want no remove_`:  func(v *Vocabulary) { v.RemoveExtraSpaces = true },
	} {
		v := miniVocabulary(t, "smollm2", "smollm")
		change(&v)
		if _, err := FromVocabulary(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}

// TestSmolLM2 compares the vocabulary of the published GGUF file with the
// reference ids of its prompts: PREMLP_SMOLLM2_VOCABULARY and
// PREMLP_SMOLLM2_GOLDEN name a Vocabulary as JSON and the golden prompts.
func TestSmolLM2(t *testing.T) {
	vocabulary, golden := os.Getenv("PREMLP_SMOLLM2_VOCABULARY"), os.Getenv("PREMLP_SMOLLM2_GOLDEN")
	if vocabulary == "" || golden == "" {
		t.Skip("PREMLP_SMOLLM2_VOCABULARY and PREMLP_SMOLLM2_GOLDEN name no files")
	}
	var v Vocabulary
	readJSON(t, vocabulary, &v)
	tok, err := FromVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Prompts []struct {
			Text  string
			IDs   []int32
			Spans [][2]int `json:"byte_offsets"`
		}
	}
	readJSON(t, golden, &want)
	if len(want.Prompts) == 0 {
		t.Fatal("want prompts, have none")
	}
	for _, p := range want.Prompts {
		e, err := tok.Encode(p.Text, true)
		if err != nil {
			t.Fatal(err)
		}
		var spans [][2]int
		for _, s := range e.Spans {
			spans = append(spans, [2]int{s.Start, s.End})
		}
		if !slices.Equal(e.IDs, p.IDs) || !slices.Equal(spans, p.Spans) {
			t.Errorf("%q: want %v %v, have %v %v", p.Text, p.IDs, p.Spans, e.IDs, spans)
		}
		if text, err := tok.Decode(e.IDs, false); err != nil || text != p.Text {
			t.Errorf("decode: want %q, have %q (%v)", p.Text, text, err)
		}
	}
	t.Logf("%d prompts", len(want.Prompts))
}

func readJSON(t testing.TB, path string, to any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatal(err)
	}
}

// TestVocabularySentencePiece: merges come from scores, the space before the
// text from its flag, and unknown characters become bytes.
func TestVocabularySentencePiece(t *testing.T) {
	v := Vocabulary{
		Model:  "llama",
		Tokens: []string{"<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "▁", "a", "b", "c", "▁a", "ab", "abc", "▁▁"},
		Scores: []float32{0, 0, 0, 0, 0, -9, -10, -11, -12, -2, -1, -3, -1e9},
		Types:  []int32{2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 1, 4},
		BOS:    1, EOS: 2, Unknown: 0, Pad: -1,
	}
	no := false
	for _, c := range []struct {
		text   string
		prefix *bool
		ids    []int32
		spans  []Span
		decode string
	}{
		// ab is learned before ▁a.
		{"abc a", nil, []int32{1, 5, 11, 9}, []Span{{0, 0}, {0, 1}, {0, 3}, {3, 5}}, "abc a"},
		{"abc a", &no, []int32{1, 11, 9}, []Span{{0, 0}, {0, 3}, {3, 5}}, "abc a"},
		{"é", &no, []int32{1, 3, 4}, []Span{{0, 0}, {0, 2}, {0, 2}}, "é"},
		{"日x", &no, []int32{1, 0}, []Span{{0, 0}, {0, 4}}, ""},
		{"a</s>", nil, []int32{1, 9, 2}, []Span{{0, 0}, {0, 1}, {1, 5}}, "a"},
	} {
		v.AddSpacePrefix = c.prefix
		tok, err := FromVocabulary(v)
		if err != nil {
			t.Fatal(err)
		}
		e, err := tok.Encode(c.text, true)
		if err != nil || !slices.Equal(e.IDs, c.ids) || !slices.Equal(e.Spans, c.spans) {
			t.Errorf("%q: want %v %v, have %v %v (%v)", c.text, c.ids, c.spans, e.IDs, e.Spans, err)
		}
		if text, err := tok.Decode(e.IDs, true); err != nil || text != c.decode {
			t.Errorf("%q: decode: want %q, have %q (%v)", c.text, c.decode, text, err)
		}
	}
	v.Scores[4] = float32(math.NaN())
	if _, err := FromVocabulary(v); err == nil || !strings.Contains(err.Error(), "scores: token 4") {
		t.Errorf("want an error for a score that is no number, have %v", err)
	}
}

// TestVocabularyPre compares names of tokenizer.ggml.pre that no mini tokenizer
// has with tokenizers 0.23.3 (testdata/pre/generate.py).
func TestVocabularyPre(t *testing.T) {
	var golden struct {
		Names []struct {
			Pre   string
			Lines []goldenLine
		}
	}
	if err := json.Unmarshal(unpack(t, "testdata/pre/golden.json.gz"), &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Names) < 7 {
		t.Fatalf("want at least 7 names, have %d", len(golden.Names))
	}
	for _, name := range golden.Names {
		t.Run(name.Pre, func(t *testing.T) {
			v := miniVocabulary(t, "gpt2", name.Pre)
			for i, kind := range v.Types {
				if kind == typeControl {
					v.Types[i] = typeUnused // the golden values are without added tokens
				}
			}
			tok, err := FromVocabulary(v)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range name.Lines {
				e := encode(t, tok, line.S)
				if !slices.Equal(e.IDs, line.IDs) || !slices.Equal(flat(e.Spans), line.Boff) {
					t.Fatalf("%q: want %v %v, have %v %v", line.S, line.IDs, line.Boff, e.IDs, flat(e.Spans))
				}
			}
			t.Logf("%d strings", len(name.Lines))
		})
	}
}
