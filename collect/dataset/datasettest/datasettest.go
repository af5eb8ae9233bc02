// Package datasettest makes small synthetic datasets for tests: no model, no
// tokenizer, values that follow from a seed.
package datasettest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect/dataset"
)

// Manifest describes a dataset of three layers (0, 2, 3) of a model of four,
// rows of 8 float32, at mlp_in with its norm's scale, and at resid_post.
func Manifest() dataset.Manifest {
	return dataset.Manifest{
		Model:     dataset.Model{Name: "synthetic", Architecture: "LlamaForCausalLM", Digest: strings.Repeat("ab", 32), Layers: 4, Dim: 8, Vocab: 256},
		Tokenizer: dataset.Tokenizer{Digest: strings.Repeat("cd", 32)},
		Chat:      dataset.Chat{Used: true, TemplateDigest: strings.Repeat("ef", 32)},
		Target:    concepts[0],
		Controls:  concepts[1:],
		Templates: templates,

		Sites:       []string{"mlp_in", "resid_post"},
		Layers:      []int{0, 2, 3},
		DType:       dataset.F32,
		Dim:         8,
		StatsPerRow: map[string]int{"mlp_in": 1},
		Arithmetic:  "synthetic-1",
		Seed:        1,
	}
}

var (
	concepts  = []string{"France", "Germany", "Côte d'Ivoire", "Japan"}
	templates = []dataset.Template{
		{Text: "What is the capital of {concept}?", Type: "capital"},
		{Text: "Name a famous landmark in {concept}.", Type: "landmark"},
	}
)

// Questions makes n questions, concept by concept and template by template. The
// tokens are the prompt's bytes; question i has 1 + i%5 rows.
func Questions(n int) []dataset.Question {
	questions := make([]dataset.Question, n)
	for i := range questions {
		concept := concepts[i/len(templates)%len(concepts)]
		template := templates[i%len(templates)]
		set := dataset.Control
		if concept == concepts[0] {
			set = dataset.Target
		}
		const before, after = "<user>", "</user><assistant>"
		text := strings.ReplaceAll(template.Text, "{concept}", concept)
		q := dataset.Question{
			ID: fmt.Sprintf("q%05d", i+1), Set: set, Concept: concept,
			Template: template.Text, Type: template.Type,
			Text: text, Prompt: before + text + after,
		}
		at := strings.Index(text, concept)
		q.TextSpan = [2]int{at, at + len(concept)}
		q.PromptSpan = [2]int{at + len(before), at + len(before) + len(concept)}
		q.TokenSpan = q.PromptSpan
		for k := range len(q.Prompt) {
			q.IDs = append(q.IDs, int32(q.Prompt[k]))
			q.Spans = append(q.Spans, [2]int{k, k + 1})
		}
		for k := range 1 + i%5 {
			p := q.TokenSpan[1] + k
			q.Rows = append(q.Rows, int32(p))
			q.Tokens = append(q.Tokens, q.Prompt[p:p+1])
		}
		questions[i] = q
	}
	return questions
}

// Blocks makes question i's activations. They depend on the manifest's seed and
// i alone, not on what was asked for before.
func Blocks(m dataset.Manifest, q *dataset.Question, i int) map[string]dataset.Block {
	r := rand.New(rand.NewPCG(uint64(m.Seed), uint64(i)))
	// Multiples of 2^-17 in [-4, 4): exact on every machine, and too long for
	// the 16-bit dtypes.
	values := func(n int) []float32 {
		v := make([]float32, n)
		for k := range v {
			v[k] = float32(r.IntN(1<<20)-1<<19) / (1 << 17)
		}
		return v
	}
	blocks := map[string]dataset.Block{}
	for _, site := range m.Sites {
		rows := len(m.Layers) * len(q.Rows)
		blocks[site] = dataset.Block{Data: values(rows * m.Dim), Stats: values(rows * m.StatsPerRow[site])}
	}
	return blocks
}

// Run is a run.json that is the same every time.
func Run() dataset.RunInfo {
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return dataset.RunInfo{Version: "test", Kernel: "go", Threads: 1, Started: day, Finished: day, Command: []string{"premlp", "collect"}}
}

// Write makes the dataset of m and questions in a temporary folder and gives
// its path. It ends the test where that does not work.
func Write(t testing.TB, m dataset.Manifest, questions []dataset.Question) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dataset")
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	w, err := dataset.Create(dir, m, list)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i := range questions {
		if err := w.Add(i, Blocks(m, &questions[i], i)); err != nil {
			t.Fatal(err)
		}
	}
	if m.Related != "" {
		if err := w.AttachRelated(Related); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(Run()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Related is the related.json of datasets that Write makes, where the manifest
// states its digest.
var Related = []byte("{\"concepts\": []}\n")

// RelatedDigest is the sha256 of Related, in hex.
func RelatedDigest() string {
	sum := sha256.Sum256(Related)
	return hex.EncodeToString(sum[:])
}

// Small is Write of Manifest and Questions(12).
func Small(t testing.TB) string {
	t.Helper()
	return Write(t, Manifest(), Questions(12))
}
