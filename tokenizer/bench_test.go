package tokenizer

import (
	"os"
	"strings"
	"testing"
)

// documents returns texts of about 500 bytes from a corpus file, or from the
// golden strings where PREMLP_TOKENIZER_CORPUS names none.
func documents(b *testing.B) (docs []string, size int) {
	corpus := ""
	if path := os.Getenv("PREMLP_TOKENIZER_CORPUS"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		corpus = string(data)
	} else {
		_, lines := readGolden(b, "testdata/mini-golden/gpt2.jsonl")
		for _, l := range lines {
			corpus += l.S + "\n"
		}
	}
	for len(corpus) > 500 {
		cut := 500
		if i := strings.IndexByte(corpus[cut:], '\n'); i >= 0 {
			cut += i + 1
		}
		docs = append(docs, corpus[:cut])
		size += cut
		corpus = corpus[cut:]
	}
	return docs, size
}

// BenchmarkEncode encodes documents, ids and spans, on one goroutine.
// PREMLP_TOKENIZERS may name a folder of full-size tokenizers.
func BenchmarkEncode(b *testing.B) {
	dir := os.Getenv("PREMLP_TOKENIZERS")
	if dir == "" {
		dir = "testdata/mini"
	}
	for _, name := range []string{"gpt2", "smollm2", "llama3_1", "qwen3", "neox", "falcon", "llama2", "gemma3"} {
		if _, err := os.Stat(dir + "/" + name + ".json"); err != nil {
			continue
		}
		tok := loadJSON(b, dir+"/"+name+".json")
		docs, size := documents(b)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, d := range docs {
					if _, err := tok.Encode(d, false); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		whole := strings.Join(docs, "")
		b.Run(name+"/one", func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := tok.Encode(whole, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
