package direction

import (
	"encoding/json"
	"math"
	"testing"
)

func TestAUROCOfScores(t *testing.T) {
	for _, c := range []struct {
		scores []float64
		target []bool
		want   float64
	}{
		{[]float64{3, 1, 2}, []bool{true, false, false}, 1},
		{[]float64{1, 3, 2, 0}, []bool{true, false, true, false}, 0.5},
		{[]float64{1, 1, 0}, []bool{true, false, false}, 0.75},
		{[]float64{-1, 0}, []bool{true, false}, 0},
		{[]float64{1, 2}, []bool{true, true}, math.NaN()},
	} {
		if have := AUROC(c.scores, c.target); have != c.want && !(math.IsNaN(have) && math.IsNaN(c.want)) {
			t.Errorf("%v, %v: want %v, have %v", c.scores, c.target, c.want, have)
		}
	}
}

func TestFigureJSON(t *testing.T) {
	data, err := json.Marshal([]Figure{0.1, nan})
	if err != nil || string(data) != "[0.1,null]" {
		t.Fatalf("have %s, %v", data, err)
	}
	var read []Figure
	if err := json.Unmarshal(data, &read); err != nil || read[0] != 0.1 || !math.IsNaN(float64(read[1])) {
		t.Errorf("have %v, %v", read, err)
	}
}
