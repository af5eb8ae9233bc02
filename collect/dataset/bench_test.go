package dataset_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// large is the shape of a model of 135M parameters: 30 layers of 576, 105 questions.
func large() (dataset.Manifest, []dataset.Question, []map[string]dataset.Block) {
	m, q := datasettest.Manifest(), datasettest.Questions(105)
	m.Model.Layers, m.Layers, m.Dim = 30, seq(30), 576
	var blocks []map[string]dataset.Block
	for i := range q {
		blocks = append(blocks, datasettest.Blocks(m, &q[i], i))
	}
	return m, q, blocks
}

// BenchmarkWrite writes a dataset of 43 MB to memory where the system has a place
// for files there: what the write path itself costs.
func BenchmarkWrite(b *testing.B) {
	m, q, blocks := large()
	questions := list(b, q)
	size, _, err := dataset.Estimate(m, questions)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		dir := filepath.Join(ramDir(b), "d")
		w, err := dataset.Create(dir, m, questions)
		if err != nil {
			b.Fatal(err)
		}
		if err := w.AddAll(0, blocks); err != nil {
			b.Fatal(err)
		}
		if err := w.Finish(datasettest.Run()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkVerify(b *testing.B) {
	m, q, _ := large()
	r := open(b, datasettest.Write(b, m, q))
	size, _, err := dataset.Estimate(m, list(b, q))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		if err := r.Verify(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	m, q, _ := large()
	r := open(b, datasettest.Write(b, m, q))
	b.SetBytes(int64(4 * m.Dim * len(q[2].Rows)))
	b.ReportAllocs()
	var rows []float32
	for b.Loop() {
		var err error
		if rows, err = r.Rows(2, "mlp_in", 15, rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuestion(b *testing.B) {
	r := open(b, datasettest.Small(b))
	for b.Loop() {
		if _, err := r.Question(1); err != nil {
			b.Fatal(err)
		}
	}
}
