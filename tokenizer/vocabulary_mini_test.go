package tokenizer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// asVocabulary is a tokenizer.json as a GGUF file would hold it: of model gpt2
// under a name, or of model llama without one.
func asVocabulary(t testing.TB, path, pre string) Vocabulary {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	tokens := d.Model.Vocabulary.byID(d.maxID())
	for _, a := range d.Added {
		for int(a.ID) >= len(tokens) {
			tokens = append(tokens, token{})
		}
		tokens[a.ID] = token{a.Content, true}
	}
	v := Vocabulary{Model: "gpt2", Pre: pre, BOS: -1, EOS: -1, Unknown: -1, Pad: -1}
	for id, token := range tokens {
		if !token.known {
			token.text = fmt.Sprintf("[PAD%d]", id) // as converters fill gaps
		}
		v.Tokens, v.Types = append(v.Tokens, token.text), append(v.Types, typeNormal)
	}
	for _, a := range d.Added {
		v.Types[a.ID] = typeUserDefined
		if a.Special {
			v.Types[a.ID] = typeControl
		}
	}
	if pre != "" {
		for _, m := range d.Model.Merges {
			v.Merges = append(v.Merges, m[0]+" "+m[1])
		}
		return v
	}
	v.asSentencePiece(d)
	return v
}

// asSentencePiece gives scores for merges: a token's is the lower the later it
// is first made.
func (v *Vocabulary) asSentencePiece(d *definition) {
	v.Model, v.Scores = "llama", make([]float32, len(v.Tokens))
	for i, token := range v.Tokens {
		v.Scores[i] = -1e6 - float32(i)
		if _, ok := byteToken(token); ok {
			v.Types[i] = typeByte
		}
	}
	made := map[int32]bool{}
	for rank := len(d.Model.Merges) - 1; rank >= 0; rank-- {
		m := d.Model.Merges[rank]
		id := d.Model.Vocabulary[m[0]+m[1]]
		v.Scores[id], made[id] = -float32(rank), true
	}
	for i, token := range v.Tokens {
		if v.Types[i] == typeNormal && !made[int32(i)] && utf8.RuneCountInString(token) > 1 {
			v.Types[i] = typeUnused // no merge makes it
		}
	}
	if d.Model.Unknown != nil {
		v.Unknown = d.Model.Vocabulary[*d.Model.Unknown]
		v.Types[v.Unknown] = typeUnknown
	}
	prepends := strings.Contains(fmt.Sprint(d.Normalizer), "Prepend") || d.PreTokenizer != nil && d.PreTokenizer.Type == "Metaspace"
	v.AddSpacePrefix = &prepends
}

// miniPre is what a GGUF file says of each mini tokenizer, and what it cannot
// say.
var miniPre = map[string]struct {
	pre   string // "" for model llama
	limit string // what cannot be expressed: only strings without it are compared
}{
	"deepseek_v3": {"deepseek-v3", ""}, "falcon": {"falcon", ""}, "gpt2": {"gpt-2", ""}, "gpt2v_bloompre": {"bloom", ""},
	"gpt4o": {"gpt-4o", ""}, "llama3_1": {"llama-bpe", ""}, "neox": {"mpt", ""}, "phi2": {"phi-2", ""}, "qwen3": {"qwen2", ""},
	"smollm2": {"smollm", ""}, "tekken": {"tekken", ""}, "gemma3": {"", ""}, "llama2": {"", ""}, "mistral7b": {"", ""},
	// gpt-oss has gpt-4o's name, and only gpt-oss's file ignores merges.
	"gptoss": {"gpt-4o", "ignore_merges"},
	// Spaces after a special token are not said to be part of it.
	"phi3": {"", "added"},
	// A space is put before each part of a text, and also where it has one.
	"mistral_v1_metaspace": {"", "added or space"},
}

// TestVocabulary: each mini tokenizer, written as a GGUF file holds it, gives
// the values of its tokenizer.json where such a file can say all of it.
func TestVocabulary(t *testing.T) {
	files, err := filepath.Glob("testdata/mini/*.json")
	if err != nil || len(files) != len(miniPre) {
		t.Fatalf("want %d tokenizers, have %d (%v)", len(miniPre), len(files), err)
	}
	for name, mini := range miniPre {
		t.Run(name, func(t *testing.T) {
			path := "testdata/mini/" + name + ".json"
			checkVocabulary(t, asVocabulary(t, path, mini.pre), path, "testdata/mini-golden/"+name+".jsonl", mini.limit)
		})
	}
}

// checkVocabulary compares a vocabulary with the golden values of the
// tokenizer.json it is made of.
func checkVocabulary(t *testing.T, v Vocabulary, path, golden, limit string) {
	header, lines := readGolden(t, golden)
	no := false
	if v.AddBOS = &no; len(header.Prefix) == 1 {
		yes := true
		v.AddBOS, v.BOS = &yes, header.Prefix[0]
	}
	tok, err := FromVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	source := loadJSON(t, path)
	source.model.(*bpe).whole = nil
	compared := 0
	for _, line := range lines {
		switch limit {
		case "ignore_merges":
			if e := encode(t, source, line.S); !slices.Equal(e.IDs, line.IDs) {
				continue
			}
		case "added", "added or space":
			if strings.HasSuffix(limit, "space") && (strings.HasPrefix(line.S, " ") || strings.HasPrefix(line.S, visibleSpace)) {
				continue
			}
			if slices.ContainsFunc(line.IDs, func(id int32) bool { return v.Types[id] == typeControl || v.Types[id] == typeUserDefined }) {
				continue
			}
		}
		compared++
		line.NoDec = line.NoDec || limit != ""
		if !checkLine(t, tok, header, line) {
			return
		}
	}
	t.Logf("%d of %d strings", compared, len(lines))
	if compared < len(lines)/2 {
		t.Errorf("want at least half of %d strings, have %d", len(lines), compared)
	}
}
