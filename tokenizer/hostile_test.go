package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// TestHostileFiles: wrong, truncated and unsupported tokenizer files, each of
// which gives one error that says where, what was wanted and what was found.
// What a JSON file's components may be is in TestFromJSONErrors.
func TestHostileFiles(t *testing.T) {
	mini, err := os.ReadFile("testdata/mini/gpt2.json")
	if err != nil {
		t.Fatal(err)
	}
	bpe, unigram := smallModel(spmBPE), smallModel(spmUnigram)
	with := func(f *spmFile, change func(f *spmFile)) []byte {
		f = &spmFile{model: f.model, fallback: f.fallback, pieces: append([]sentencePieceEntry(nil), f.pieces...)}
		change(f)
		return f.bytes()
	}
	unigramJSON := func(model, normalizer string) []byte {
		return []byte(`{"normalizer":` + normalizer + `,"model":` + model + `}`)
	}
	charsmap := func(size uint32, rest string) string {
		data := binary.LittleEndian.AppendUint32(nil, size)
		return `{"type":"Precompiled","precompiled_charsmap":"` + base64.StdEncoding.EncodeToString(append(data, rest...)) + `"}`
	}
	vocab := `{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-1.0]]}`
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"json: empty", nil, "EOF"},
		{"json: truncated", mini[:len(mini)/2], "unexpected EOF"},
		{"json: other file", []byte(`{"architectures": ["LlamaForCausalLM"]}`), `unknown field "architectures"`},
		{"json: no vocabulary", []byte(`{"model": {"type": "BPE", "merges": []}}`), "model: want a tokenizer.json, have no model with a vocabulary in it"},
		{"json: WordPiece", []byte(`{"model": {"type": "WordPiece", "vocab": {"a": 0}}}`), `model: type: want BPE, Unigram, have "WordPiece"`},
		{"json: WordLevel", []byte(`{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}`), `model: type: want BPE, Unigram, have "WordLevel"`},
		{"json: merges without a vocabulary", bytes.Replace(mini, []byte(`"vocab"`), []byte(`"cobav"`), 1), `unknown field "cobav"`},
		{"json: BertNormalizer", []byte(`{"normalizer": {"type": "BertNormalizer", "lowercase": true}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}`), `normalizer: type: want NFC, Prepend, Replace, Precompiled, Sequence, have "BertNormalizer"`},
		{"json: Unigram without unk_id", unigramJSON(`{"type":"Unigram","vocab":[["a",0.0]]}`, "null"), "model: unk_id: want the id of one of 1 tokens"},
		{"json: Unigram with a token twice", unigramJSON(`{"type":"Unigram","unk_id":0,"vocab":[["a",0.0],["a",-1]]}`, "null"), "model: vocab: want 2 different tokens, have 1"},
		{"json: Unigram with merges", unigramJSON(`{"type":"Unigram","unk_id":0,"vocab":[["a",0.0]],"merges":[]}`, "null"), "model: want the settings of a Unigram model, have some of a BPE model"},
		{"json: Unigram with a bad score", unigramJSON(`{"type":"Unigram","unk_id":0,"vocab":[["a","b"]]}`, "null"), "vocab: token 0: want a token and its score"},
		{"json: short charsmap", unigramJSON(vocab, charsmap(7, "")), "normalizer: Precompiled: precompiled_charsmap: want a table of 4 to 0 bytes, a multiple of 4, have 7"},
		{"json: charsmap of bytes", unigramJSON(vocab, charsmap(4, "\x00\x00\x00\x00\xff")), "precompiled_charsmap: want replacements of valid UTF-8"},
		{"json: charsmap of long replacements", unigramJSON(vocab, charsmap(4, "\x00\x00\x00\x00"+strings.Repeat("a", 300))), "precompiled_charsmap: want replacements of at most 256 bytes, have 300"},
		{"json: Unigram with a long token", unigramJSON(`{"type":"Unigram","unk_id":0,"vocab":[["a",0.0],["`+strings.Repeat("b", 5000)+`",0.0]]}`, "null"), "model: vocab: token 1: want at most 4096 bytes, have 5000"},
		{"model: empty", []byte{}, "sentencepiece: want a tokenizer.model, have no pieces"},
		{"model: truncated", bpe.bytes()[:1000], "sentencepiece: byte"},
		{"model: cut tag", []byte{0xff}, "byte 0: want the tag of a field"},
		{"model: cut length", []byte{0x0a, 0xff}, "byte 0: want the length of a field"},
		{"model: huge length", []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f}, "byte 0: want a field of 34359738367 bytes, have 0 bytes left"},
		{"model: group", []byte{0x0b}, "byte 0: want a field of wire type 0, 1, 2 or 5, have 3"},
		{"model: a JSON file", []byte(`{"model": {}}`), "sentencepiece: byte 0: want"},
		{"model: piece of a number", protoVarint(fieldPieces, 7), "piece 0: field 1: want a piece (wire type 2), have wire type 0"},
		{"model: score of a text", protoMessage(fieldPieces, protoMessage(fieldPieceScore, []byte("x"))), "piece 0: field 2: want a float (wire type 5), have wire type 2"},
		{"model: empty piece", protoMessage(fieldPieces), "piece 0: want a text, have none"},
		{"model: long piece", with(bpe, func(f *spmFile) { f.pieces[262].text = strings.Repeat("a", maxPieceLen+1) }), "piece 262: want at most 4096 bytes, have 4097"},
		{"model: score that is no number", with(bpe, func(f *spmFile) { f.pieces[262].score = float32(math.NaN()) }), `piece 262: "ab": score: want a number, have NaN`},
		{"model: unknown type", with(bpe, func(f *spmFile) { f.pieces[262].kind = 9 }), `piece 262: "ab": type: want 1 to 6, have 9`},
		{"model: piece twice", with(bpe, func(f *spmFile) { f.pieces[262].text = "b" }), `piece 262: want a new piece, have "b" again, which is piece 261`},
		{"model: Word", with(bpe, func(f *spmFile) { f.model = 3 }), "trainer_spec: model_type: want Unigram or BPE, have Word (3)"},
		{"model: Char", with(bpe, func(f *spmFile) { f.model = 4 }), "trainer_spec: model_type: want Unigram or BPE, have Char (4)"},
		{"model: no such model", with(bpe, func(f *spmFile) { f.model = 77 }), "trainer_spec: model_type: want Unigram or BPE, have none that is known (77)"},
		{"model: no unknown piece", with(unigram, func(f *spmFile) { f.pieces[0].kind = typeControl }), "want an unknown piece, have none of 266"},
		{"model: two unknown pieces", with(unigram, func(f *spmFile) { f.pieces[1].kind = typeUnknown }), `piece 1: want one unknown piece, have "<unk>" and "<s>"`},
		{"model: a byte is missing", with(bpe, func(f *spmFile) { f.pieces[5].kind = typeControl }), "byte_fallback: want 256 pieces of bytes, have 255"},
		{"model: a byte that is none", with(bpe, func(f *spmFile) { f.pieces[260].kind = typeByte }), `piece 260: want a byte <0x00> to <0xFF> in a model with byte_fallback, have "a"`},
		{"model: a character is missing", with(bpe, func(f *spmFile) { f.pieces[262].text = "xa" }), `piece 262: want pieces for the characters of "xa", have none for "x"`},
		{"model: merges make an unused piece", with(bpe, func(f *spmFile) { f.pieces[262].kind = typeUnused }), `piece 262: want no unused piece that merges make, have "ab"`},
		{"model: bad rules", append(bpe.bytes(), protoMessage(fieldNormalizer, protoMessage(fieldCharsmap, []byte{9, 0, 0, 0, 1}))...), "normalizer_spec: precompiled_charsmap: want a table of 4 to 1 bytes, a multiple of 4, have 9"},
		{"model: rules of decoding", append(bpe.bytes(), protoMessage(fieldDenormalizer, protoMessage(fieldCharsmap, []byte{1}))...), "denormalizer_spec: precompiled_charsmap: want none, have 1 bytes"},
	} {
		var err error
		if strings.HasPrefix(c.name, "json") {
			_, err = FromJSON(c.data)
		} else {
			_, err = FromSentencePiece(c.data, SentencePieceOptions{})
		}
		switch {
		case err == nil:
			t.Errorf("%s: want %q, have no error", c.name, c.want)
		case !strings.HasPrefix(err.Error(), "tokenizer: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: want one line with %q, have %v", c.name, c.want, err)
		}
	}
}

// TestHostileSizes: what a small file asks for takes little memory.
func TestHostileSizes(t *testing.T) {
	for name, file := range map[string]string{
		"far id":         `{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}`,
		"deep sequences": `{"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 20000) + strings.Repeat(`]}`, 20000) + `,"model":{"vocab":{"a":0},"merges":[]}}`,
		"far added id":   `{"added_tokens":[{"id":1000000000,"content":"x"}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`,
	} {
		if _, err := FromJSON([]byte(file)); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if _, err := FromSentencePiece([]byte(fmt.Sprintf("\x0a%c", 200)), SentencePieceOptions{}); err == nil {
		t.Error("want an error")
	}
}
