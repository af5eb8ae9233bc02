package tokenizer

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// edited loads a mini tokenizer after a change of its JSON.
func edited(t *testing.T, name string, change func(file map[string]any)) error {
	t.Helper()
	data, err := os.ReadFile("testdata/mini/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	change(file)
	if data, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	_, err = FromJSON(data)
	return err
}

type object = map[string]any

// TestFromJSONErrors: what is not supported is named, never approximated.
func TestFromJSONErrors(t *testing.T) {
	model := func(key string, value any) func(object) {
		return func(f object) { f["model"].(object)[key] = value }
	}
	top := func(key string, value any) func(object) {
		return func(f object) { f[key] = value }
	}
	vocabulary := func(token string, id any) func(object) {
		return func(f object) { f["model"].(object)["vocab"].(object)[token] = id }
	}
	for want, change := range map[string]func(object){
		`model: vocab: want an object of ids for BPE`:       model("type", "Unigram"),
		`model: type: want BPE, Unigram, have "WordPiece"`:  top("model", object{"type": "WordPiece", "vocab": object{}, "max_input_chars_per_word": 3}),
		`unknown field "vocabulary"`:                        model("vocabulary", 1),
		`model: dropout: want none, have 0.1`:               model("dropout", 0.1),
		`model: continuing_subword_prefix: want none`:       model("continuing_subword_prefix", "##"),
		`model: end_of_word_suffix: want none`:              model("end_of_word_suffix", "</w>"),
		`model: byte_fallback: want false`:                  model("byte_fallback", true),
		`model: unk_token: want a token`:                    model("unk_token", "nothing"),
		`model: merge 1: want two tokens that make a token`: model("merges", []any{"a a", "q zz"}),
		`merges: merge 1: want "a b" or ["a", "b"]`:         model("merges", []any{"a a", "b"}),
		`merges: merge 0: want "a b" or`:                    model("merges", []any{[]any{"a", "a", "a"}}),
		`merges: want a list`:                               model("merges", "a a"),
		`vocab: want an object of ids by token, or a list`:  model("vocab", "x"),
		`vocab: token 0: want a token and its score`:        model("vocab", []any{[]any{"a"}}),
		`vocab: "x": want an id`:                            vocabulary("x", 1.5),
		`vocabulary: "huge": id: want 0 to`:                 vocabulary("huge", 2000000000),
		`vocabulary: "minus": id: want 0 to`:                vocabulary("minus", -1),
		`want one token, have`:                              vocabulary("another", 3),
		`normalizer: type: want NFC, Prepend`:               top("normalizer", object{"type": "NFKC"}),
		`normalizer: Replace: pattern: want a String`:       top("normalizer", object{"type": "Replace", "pattern": object{"Regex": "a"}, "content": ""}),
		`pre_tokenizer: type: want ByteLevel, Split`:        top("pre_tokenizer", object{"type": "Sequence", "pretokenizers": []any{object{"type": "BertPreTokenizer", "cls": 1}}}),
		`pre_tokenizer: Split: behavior: want Isolated`:     top("pre_tokenizer", object{"type": "Split", "pattern": object{"String": "a"}, "behavior": "Nothing"}),
		`a group with options`:                              top("pre_tokenizer", object{"type": "Split", "pattern": object{"Regex": "(?i:a)"}, "behavior": "Isolated"}),
		`a class within a class`:                            top("pre_tokenizer", object{"type": "Split", "pattern": object{"Regex": "[a[b]]"}, "behavior": "Isolated"}),
		`pre_tokenizer: Metaspace: replacement: want one`:   top("pre_tokenizer", object{"type": "Metaspace", "replacement": "__"}),
		`post_processor: type: want ByteLevel, Template`:    top("post_processor", object{"type": "BertProcessing", "sep": []any{"a", 1}}),
		`TemplateProcessing: single: want the text once`:    top("post_processor", object{"type": "TemplateProcessing", "single": []any{}}),
		`TemplateProcessing: want a special token with ids`: top("post_processor", object{"type": "TemplateProcessing", "single": []any{object{"SpecialToken": object{"id": "x", "type_id": 0}}}}),
		`decoder: type: want ByteLevel, ByteFallback`:       top("decoder", object{"type": "WordPiece", "prefix": "##"}),
		`added token "a": id: want 64, have 99`:             top("added_tokens", []any{object{"id": 99, "content": "a"}}),
		`model: want a tokenizer.json, have no model`:       top("model", nil),
	} {
		err := edited(t, "gpt2", change)
		if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
	for _, text := range []string{"", "{", "[]", "null", "{} {}", "\xff"} {
		if _, err := FromJSON([]byte(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

// TestForms: other ways to write the same tokenizer.
func TestForms(t *testing.T) {
	for name, change := range map[string]func(object){
		"merges as pairs": func(f object) {
			m := f["model"].(object)
			var pairs []any
			for _, line := range m["merges"].([]any) {
				left, right, _ := strings.Cut(line.(string), " ")
				pairs = append(pairs, []any{left, right})
			}
			m["merges"] = pairs
		},
		"no model type": func(f object) { delete(f["model"].(object), "type") },
		"no flags": func(f object) {
			delete(f["model"].(object), "byte_fallback")
			delete(f["model"].(object), "ignore_merges")
		},
		"null affixes":   func(f object) { f["model"].(object)["continuing_subword_prefix"] = nil },
		"empty sequence": func(f object) { f["normalizer"] = object{"type": "Sequence", "normalizers": []any{}} },
		"truncation":     func(f object) { f["truncation"] = object{"max_length": 2} },
	} {
		if err := edited(t, "gpt2", change); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
