package report

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// concepts and wordings of the synthetic dataset; some names would break a page
// that does not escape them.
var (
	names    = []string{"France", "Germany", `Côte d'Ivoire "CI"`, "<script>alert(1)</script>", "Japan & Co", "Peru"}
	wordings = []string{"What is the capital of {concept}?", "Name a famous landmark in {concept}.", "Who leads {concept} <b>now</b>?", "Where is {concept}?"}
)

// synthetic makes a dataset of concepts × templates at layers 0 to 3. From layer
// 1 on, the target's rows are shifted along one coordinate.
func synthetic(t testing.TB, concepts, templates []string, shift float32) *dataset.Reader {
	t.Helper()
	m := datasettest.Manifest()
	m.Target, m.Controls, m.Templates = concepts[0], concepts[1:], nil
	m.Dim, m.Model.Dim = 48, 48
	m.Sites, m.Layers, m.StatsPerRow = []string{"mlp_in"}, []int{0, 1, 2, 3}, map[string]int{"mlp_in": 1}
	for k, w := range templates {
		m.Templates = append(m.Templates, dataset.Template{Text: w, Type: fmt.Sprint("type ", k)})
	}
	questions := ask(concepts, m.Templates)
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "dataset")
	w, err := dataset.Create(dir, m, list)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, q := range questions {
		if err := w.Add(i, values(m, &q, uint64(i), shift)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(datasettest.Run()); err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// ask asks every concept every template; the tokens are the prompt's bytes.
func ask(concepts []string, templates []dataset.Template) []dataset.Question {
	var list []dataset.Question
	for c, concept := range concepts {
		for k, w := range templates {
			q := dataset.Question{ID: fmt.Sprintf("q%05d", len(list)+1), Set: dataset.Control, Concept: concept, Template: w.Text, Type: w.Type}
			if c == 0 {
				q.Set = dataset.Target
			}
			q.Text = strings.ReplaceAll(w.Text, "{concept}", concept)
			q.Prompt = q.Text + "\n<end>"
			at := strings.Index(q.Text, concept)
			q.TextSpan = [2]int{at, at + len(concept)}
			q.PromptSpan, q.TokenSpan = q.TextSpan, q.TextSpan
			for b := range len(q.Prompt) {
				q.IDs, q.Spans = append(q.IDs, int32(q.Prompt[b])), append(q.Spans, [2]int{b, b + 1})
			}
			for p := at + len(concept); p < at+len(concept)+3+k%2 && p < len(q.Prompt); p++ {
				q.Rows, q.Tokens = append(q.Rows, int32(p)), append(q.Tokens, q.Prompt[p:p+1])
			}
			list = append(list, q)
		}
	}
	return list
}

// values are noise, and at layers above 0 the target's shift.
func values(m dataset.Manifest, q *dataset.Question, seed uint64, shift float32) map[string]dataset.Block {
	r := rand.New(rand.NewPCG(seed, 7))
	var b dataset.Block
	for l := range m.Layers {
		for range q.Rows {
			for j := range m.Dim {
				v := float32(r.IntN(1<<16)-1<<15) / (1 << 16)
				if j == 3 && l > 0 && q.Set == dataset.Target {
					v += shift
				}
				b.Data = append(b.Data, v)
			}
			b.Stats = append(b.Stats, 1)
		}
	}
	return map[string]dataset.Block{"mlp_in": b}
}

// page makes a page with few draws' worth of waiting.
func page(t testing.TB, r *dataset.Reader) *Page {
	t.Helper()
	p, err := Make(t.Context(), r, Options{
		Digest: strings.Repeat("12", 32), Command: []string{"premlp", "report", "it's", "-o", "report.html"},
		Checks: []Check{{"warning", "balance", "a <warning> of the test", "do nothing"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
