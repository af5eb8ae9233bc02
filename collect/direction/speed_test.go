package direction

import (
	"os"
	"testing"

	"premlp/collect/dataset"
)

// BenchmarkAnalyse does all methods at all layers, with -short at three, of the
// dataset that PREMLP_TEST_DATASET names: docs/directions.md has the figures of 21 concepts ×
// 24 templates.
func BenchmarkAnalyse(b *testing.B) {
	dir := os.Getenv("PREMLP_TEST_DATASET")
	if dir == "" {
		b.Skip("PREMLP_TEST_DATASET names no dataset")
	}
	r, err := dataset.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	var o Options
	if testing.Short() {
		o.Layers = r.Manifest().Layers[:3]
	}
	for b.Loop() {
		if _, err := Analyse(b.Context(), r, o); err != nil {
			b.Fatal(err)
		}
	}
}
