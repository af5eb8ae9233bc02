package direction

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// TestGoldenCCS compares with automatic gradients and another minimiser, from the
// same starts on the same pairs (testdata/golden/ccs.py).
func TestGoldenCCS(t *testing.T) {
	s, _ := readGolden(t)
	var expected map[int]struct{ Begun, Ended, Direction []float64 }
	text, err := os.ReadFile("testdata/golden/ccs.json")
	if err == nil {
		err = json.Unmarshal(text, &expected)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(expected) != 3 {
		t.Fatalf("ccs.json: want 3 layers, have %d", len(expected))
	}
	for number, want := range expected {
		var plus, minus []float64
		row := func(template, concept, slot int) []float64 {
			at := ((template*21+concept)*3 + slot) * goldenDim
			wide := make([]float64, goldenDim)
			for j, v := range s.layers[number][at : at+goldenDim] {
				wide[j] = float64(v)
			}
			return wide
		}
		for template := range 5 {
			for slot := range 3 {
				plus = append(plus, row(template, 0, slot)...)
				minus = append(minus, row(template, 1+(7*template+slot)%20, slot)...)
			}
		}
		normalise(plus, minus, goldenDim)
		c := newContrast(plus, minus, goldenDim)
		starts := vectors(ccsStarts, goldenDim+1)
		for r, x := range starts {
			for j := range x {
				x[j] = math.Sin(float64(1 + 577*r + j))
			}
			unit(x)
		}
		paths, err := descent{evaluate: c.evaluate, steps: 0}.run(clones(starts))
		if err != nil {
			t.Fatal(err)
		}
		for r, p := range paths {
			within(t, fmt.Sprintf("layer %d, start %d", number, r), math.Abs(p.value-want.Begun[r]), 1e-12)
		}
		least := slices.Min(want.Ended)
		short := c.search(clones(starts), ccsSteps)
		t.Logf("layer %d: %d steps end %.1f %% above the lowest, 1 - cosine %.3f", number, ccsSteps, 100*(short.value/least-1), 1-math.Abs(cosine(short.at[:goldenDim], want.Direction)))
		best := c.search(starts, 1000)
		within(t, fmt.Sprintf("layer %d, end", number), math.Abs(best.value/least-1), 1e-3)
		within(t, fmt.Sprintf("layer %d, 1 - cosine", number), 1-math.Abs(cosine(best.at[:goldenDim], want.Direction)), 1e-4)
	}
}

func clones(list [][]float64) [][]float64 {
	var other [][]float64
	for _, x := range list {
		other = append(other, slices.Clone(x))
	}
	return other
}
