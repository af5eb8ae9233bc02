package steering

import (
	"math"
	"slices"
	"testing"
)

// near compares two numbers.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

// TestScore measures hand-made scores of four questions with three candidates:
// the target's own, one that flips, one that is lost, one that asks for the same.
func TestScore(t *testing.T) {
	clean := func(c ...float64) *question { return &question{clean: c} }
	target, flips, lost, same := clean(-1, -2, -3), clean(-3, -1, -4), clean(-3, -4, -1), clean(-1, -2, -3)
	flips.answer, lost.answer = 1, 2
	known := []*question{target, flips, lost, same}
	tr := trial{target: target, scores: [][]float64{{-0.5, -2, -3}, {-1, -2, -4.5}, {-3.5, -1, -2}, {-9, -9, -9}}}
	tr.score(known)
	e := tr.Effect
	if e.Questions != 2 || e.Flipped != 1 || e.Lost != 2 || e.Kept != 0 || *e.Own != 0.5 || !*e.OwnKept {
		t.Errorf("counts: have %+v", e)
	}
	for name, c := range map[string][2]float64{
		"to target": {e.ToTarget, (2 - 0.5) / 2}, "right": {e.Right, (-1 - 1) / 2.0}, "others": {e.Others, (-0.5 + 3) / 2},
		"margin": {e.Margin, 0.75 + 1}, "net": {e.Net, 0.75 - 1.25},
	} {
		if !near(c[0], c[1]) {
			t.Errorf("%s: want %v, have %v", name, c[1], c[0])
		}
	}
	moved := trial{target: target, scores: [][]float64{nil, {-3, -1, -4}, {-3, -4, -1}, {-1, -2, -3}}}
	if moved.score(known); moved.Own != nil || moved.Kept != 2 || moved.Net != 0 {
		t.Errorf("nothing changed: have %+v", moved.Effect)
	}
}

// TestMeasure groups random draws with their direction, and refuses what is no
// number.
func TestMeasure(t *testing.T) {
	a, b := &question{clean: []float64{-1, -2}}, &question{clean: []float64{-2, -1}, answer: 1}
	try := func(draw int, score float64) *trial {
		return &trial{target: a, draw: draw, scores: [][]float64{{-1, -2}, {score, -1}}}
	}
	s := &study{known: []*question{a, b}}
	if err := s.measure([]*trial{try(0, -1.5), try(1, -3), try(2, -5), try(0, -2)}); err != nil || len(s.result.Effects) != 2 {
		t.Fatalf("want two effects, have %+v, %v", s.result.Effects, err)
	}
	if e := s.result.Effects[0]; e.ToTarget != 0.5 || e.Random.Draws != 2 || e.Random.ToTarget != -2 {
		t.Errorf("have %+v, random %+v", e, e.Random)
	}
	if s.result.Effects[1].Random != nil {
		t.Error("want no random draws of the second direction")
	}
	if err := s.measure([]*trial{try(0, math.NaN())}); err == nil {
		t.Error("a score that is no number: want an error")
	}
}

func TestLogProbs(t *testing.T) {
	logits := []float32{0, float32(math.Log(2)), float32(math.Log(5)), -200}
	p := logProbs(logits, []int32{2, 0, 3})
	for i, want := range []float64{math.Log(5.0 / 8), math.Log(1.0 / 8), -200 - math.Log(8)} {
		if math.Abs(p[i]-want) > 1e-6 {
			t.Errorf("candidate %d: want %v, have %v", i, want, p[i])
		}
	}
	if best([]float64{1, 3, 3}) != 1 {
		t.Error("best: want the first of equals")
	}
}

// TestDivergence: KL of two distributions by hand, 0 for the same.
func TestDivergence(t *testing.T) {
	ln := func(p ...float64) []float32 {
		var x []float32
		for _, v := range p {
			x = append(x, float32(math.Log(v)))
		}
		return x
	}
	n := &neutral{prompt: prompt{read: []int{0, 1}}}
	clean := append(ln(0.5, 0.25, 0.25), ln(0.1, 0.1, 0.8)...)
	n.keep(clean)
	if kl := n.divergence(clean); math.Abs(kl) > 1e-6 {
		t.Errorf("the same: want 0, have %v", kl)
	}
	have := n.divergence(append(ln(0.25, 0.5, 0.25), ln(0.1, 0.1, 0.8)...))
	if want := 0.5*math.Log(2) + 0.25*math.Log(0.5); math.Abs(have-want) > 1e-6 {
		t.Errorf("want %v, have %v", want, have)
	}
}

func TestSummarise(t *testing.T) {
	own := 1.0
	var effects []Effect
	for i := range 6 {
		effects = append(effects, Effect{Questions: 4, Flipped: i % 2, ToTarget: float64(i), Net: float64(i), Own: &own, Random: &Null{Net: 2, Lost: 1}})
	}
	s := Summarise(effects, 1)
	if s.Targets != 6 || !near(s.ToTarget, 2.5) || !near(s.Flipped, 0.125) || *s.Own != 1 || *s.RandomNet != 2 || !near(*s.RandomLost, 0.25) || s.KL != nil {
		t.Errorf("have %+v", s)
	}
	if low, high := s.Interval[0], s.Interval[1]; low < 0.8 || low > 1.5 || high < 3.5 || high > 4.2 {
		t.Errorf("interval: have %v", *s.Interval)
	}
	if again := Summarise(effects, 1); *again.Interval != *s.Interval {
		t.Error("interval: want it determined by the seed")
	}
	if few := Summarise(effects[:4], 1); few.Interval != nil {
		t.Error("interval of four targets: want none")
	}
}

// TestRandomDirections have the length asked for and are drawn anew for each name
// and draw.
func TestRandomDirections(t *testing.T) {
	a, again := random(1, 1, 50, 3, "France", "mlp_in.1"), random(1, 1, 50, 3, "France", "mlp_in.1")
	if math.Abs(norm(a)-3) > 1e-9 || !slices.Equal(a, again) {
		t.Errorf("want length 3 and the same again, have %v", norm(a))
	}
	for _, b := range [][]float64{random(2, 1, 50, 3, "France", "mlp_in.1"), random(1, 2, 50, 3, "France", "mlp_in.1"), random(1, 1, 50, 3, "Japan", "mlp_in.1")} {
		if slices.Equal(a, b) {
			t.Error("want another direction")
		}
	}
}
