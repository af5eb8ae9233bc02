package bench

import (
	"fmt"
	"testing"

	"premlp/model"
	"premlp/weights/catalogue"
)

func TestMeasureForward(t *testing.T) {
	m, err := model.Open("../model/testdata/arch/llama")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f, err := MeasureForward(t.Context(), m, 3, 7, 2, 2)
	if err != nil || f.Tokens != 21 || f.Best <= 0 || f.Median < f.Best {
		t.Errorf("want times of 21 tokens, have %+v, %v", f, err)
	}
}

// BenchmarkForward measures the real SmolLM2 where it was pulled.
func BenchmarkForward(b *testing.B) {
	path, err := catalogue.Locate("smollm2-135m")
	if err != nil {
		b.Skip(err)
	}
	m, err := model.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	for _, c := range []struct{ prompts, length int }{{1, 32}, {1, 512}, {105, 37}} {
		b.Run(fmt.Sprintf("%dx%d", c.prompts, c.length), func(b *testing.B) {
			f, err := MeasureForward(b.Context(), m, c.prompts, c.length, 0, b.N)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(f.PerSecond, "tokens/s")
			b.ReportMetric(float64(f.Best.Nanoseconds()), "best-ns")
		})
	}
}
