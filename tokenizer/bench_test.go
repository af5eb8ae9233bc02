package tokenizer

import (
	"bufio"
	"bytes"
	gobuild "go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	benchDocument = 500     // bytes
	benchCorpus   = 1 << 20 // bytes
)

// benchText is English prose and program code, half of each: the comments and
// the statements of Go's standard library, in turns of a document.
// PREMLP_TOKENIZER_CORPUS may name another text.
func benchText(b *testing.B) string {
	b.Helper()
	if path := os.Getenv("PREMLP_TOKENIZER_CORPUS"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		return string(data)
	}
	files, err := filepath.Glob(filepath.Join(gobuild.Default.GOROOT, "src", "net", "*", "*.go"))
	if err != nil || len(files) == 0 {
		b.Skip("no sources of Go's standard library")
	}
	var all, prose, code strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			line := lines.Text()
			if comment, ok := strings.CutPrefix(strings.TrimSpace(line), "// "); ok {
				prose.WriteString(comment + "\n")
			} else {
				code.WriteString(line + "\n")
			}
		}
		for prose.Len() >= benchDocument && code.Len() >= benchDocument && all.Len() < benchCorpus {
			for _, half := range []*strings.Builder{&prose, &code} {
				text := half.String()
				all.WriteString(text[:benchDocument])
				half.Reset()
				half.WriteString(text[benchDocument:])
			}
		}
	}
	return all.String()
}

// benchTokenizer loads a full-size tokenizer from the folder that
// PREMLP_TOKENIZERS names, or else the mini one.
func benchTokenizer(b *testing.B, name string) *Tokenizer {
	b.Helper()
	if dir := os.Getenv("PREMLP_TOKENIZERS"); dir != "" {
		return loadJSON(b, filepath.Join(dir, name+".json"))
	}
	return mini(b, name)
}

// BenchmarkEncode encodes on one goroutine: ids only or with spans; as
// documents, as one text, and as one text without spaces.
func BenchmarkEncode(b *testing.B) {
	text := benchText(b)
	var documents []string
	for rest := text; len(rest) >= benchDocument; rest = rest[benchDocument:] {
		documents = append(documents, rest[:benchDocument])
	}
	joined := strings.Join(strings.Fields(text), "")
	for _, name := range []string{"gpt2", "smollm2", "llama3_1", "qwen3", "gpt4o", "tekken", "deepseek_v3", "neox", "falcon", "llama2", "mistral_v1_metaspace", "gemma3"} {
		tok := benchTokenizer(b, name)
		for _, c := range []struct {
			name  string
			texts []string
		}{{"documents", documents}, {"one", []string{text}}, {"nospace", []string{joined}}} {
			size := int64(len(c.texts)) * int64(len(c.texts[0]))
			b.Run(name+"/ids/"+c.name, func(b *testing.B) {
				b.SetBytes(size)
				var ids []int32
				var err error
				for b.Loop() {
					for _, d := range c.texts {
						if ids, err = tok.AppendIDs(ids[:0], d, false); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
			b.Run(name+"/spans/"+c.name, func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					for _, d := range c.texts {
						if _, err := tok.Encode(d, false); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// BenchmarkLoad loads tokenizer files.
func BenchmarkLoad(b *testing.B) {
	dir := os.Getenv("PREMLP_TOKENIZERS")
	if dir == "" {
		dir = "testdata/mini"
	}
	for _, name := range []string{"gpt2", "llama3_1", "deepseek_v3", "qwen3", "gemma3"} {
		data, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := FromJSON(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
