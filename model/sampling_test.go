package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// ln returns logits of these probabilities, moved by a constant.
func ln(probabilities ...float64) []float32 {
	logits := make([]float32, len(probabilities))
	for i, p := range probabilities {
		logits[i] = float32(math.Log(p) + 3)
	}
	return logits
}

// uniform returns draws of a seed.
func uniform(seed uint64) func() float64 { return rand.New(rand.NewPCG(seed, 0)).Float64 }

// shares draws many tokens and returns how often each came.
func shares(t *testing.T, s Sampling, prompt []int32, logits []float32) []float64 {
	t.Helper()
	const n = 20000
	draw, count := uniform(1), make([]float64, len(logits))
	for range n {
		id, _, err := newSampler(s, prompt, draw).next(logits)
		if err != nil {
			t.Fatal(err)
		}
		count[id] += 1.0 / n
	}
	return count
}

func TestSampling(t *testing.T) {
	inf := float32(math.Inf(-1))
	five := ln(0.1, 0.4, 0.05, 0.25, 0.2)
	for name, c := range map[string]struct {
		s      Sampling
		prompt []int32
		logits []float32
		want   []float64
	}{
		"greedy":                 {Sampling{}, nil, five, []float64{0, 1, 0, 0, 0}},
		"greedy, ties":           {Sampling{}, nil, ln(0.2, 0.4, 0.4), []float64{0, 1, 0}},
		"greedy ignores filters": {Sampling{TopK: 3, TopP: 0.5}, nil, five, []float64{0, 1, 0, 0, 0}},
		"temperature 1":          {Sampling{Temperature: 1}, nil, five, []float64{0.1, 0.4, 0.05, 0.25, 0.2}},
		"temperature 1/2":        {Sampling{Temperature: 0.5}, nil, ln(0.2, 0.6, 0.2), []float64{0.04 / 0.44, 0.36 / 0.44, 0.04 / 0.44}},
		"temperature near 0":     {Sampling{Temperature: 1e-300}, nil, five, []float64{0, 1, 0, 0, 0}},
		"top-k 1":                {Sampling{Temperature: 2, TopK: 1}, nil, five, []float64{0, 1, 0, 0, 0}},
		"top-k 2":                {Sampling{Temperature: 1, TopK: 2}, nil, five, []float64{0, 0.4 / 0.65, 0, 0.25 / 0.65, 0}},
		"top-k, ties":            {Sampling{Temperature: 1, TopK: 2}, nil, ln(0.1, 0.3, 0.3, 0.3), []float64{0, 0.5, 0.5, 0}},
		"top-k past the end":     {Sampling{Temperature: 1, TopK: 9}, nil, five, []float64{0.1, 0.4, 0.05, 0.25, 0.2}},
		"top-p":                  {Sampling{Temperature: 1, TopP: 0.6}, nil, five, []float64{0, 0.4 / 0.65, 0, 0.25 / 0.65, 0}},
		"top-p of nearly none":   {Sampling{Temperature: 1, TopP: 1e-9}, nil, five, []float64{0, 1, 0, 0, 0}},
		"top-p of all":           {Sampling{Temperature: 1, TopP: 1}, nil, five, []float64{0.1, 0.4, 0.05, 0.25, 0.2}},
		"top-p behind top-k":     {Sampling{Temperature: 1, TopK: 2, TopP: 0.5}, nil, five, []float64{0, 1, 0, 0, 0}},
		"top-p of top-k":         {Sampling{Temperature: 1, TopK: 3, TopP: 0.75}, nil, five, []float64{0, 0.4 / 0.65, 0, 0.25 / 0.65, 0}},
		"min-p":                  {Sampling{Temperature: 1, MinP: 0.45}, nil, five, []float64{0, 0.4 / 0.85, 0, 0.25 / 0.85, 0.2 / 0.85}},
		"penalty above 0":        {Sampling{RepetitionPenalty: 1.5}, []int32{1}, []float32{2, 2.5, 1}, []float64{1, 0, 0}},
		"penalty below 0":        {Sampling{RepetitionPenalty: 1.5}, []int32{1, 1}, []float32{-2, -1.5, -3}, []float64{1, 0, 0}}, // -1.5·1.5 is below -2
		"impossible tokens":      {Sampling{Temperature: 1}, nil, []float32{inf, 1, inf, 1}, []float64{0, 0.5, 0, 0.5}},
	} {
		for id, have := range shares(t, c.s, c.prompt, c.logits) {
			// Four standard deviations of a share of 20000 draws are 0.014.
			if want := c.want[id]; math.Abs(have-want) > 0.015 || want == 0 && have > 0 {
				t.Errorf("%s: token %d: want %.3f of the draws, have %.3f", name, id, want, have)
			}
		}
	}
}

// TestRankingAgreesWithSorting pops a heap of scores with many ties.
func TestRankingAgreesWithSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	list := make([]candidate, 500)
	for i := range list {
		list[i] = candidate{id: int32(i), score: float32(r.IntN(60))}
	}
	want := slices.Clone(list)
	slices.SortStableFunc(want, func(a, b candidate) int { return int(b.score - a.score) })
	h := rank(list)
	for i := range want {
		if have := h.pop(); have != want[i] {
			t.Fatalf("place %d: want %v, have %v", i, want[i], have)
		}
	}
}

// TestTopKOneIsGreedy holds the two together where weights of different scores
// round to one value.
func TestTopKOneIsGreedy(t *testing.T) {
	near := math.Nextafter32(0.001, 1)
	for _, logits := range [][]float32{ln(0.3, 0.2, 0.5), {0.001, near, 0.0005}, {1, 1, 1}} {
		greedy, _, err := newSampler(Sampling{}, nil, nil).next(logits)
		if err != nil {
			t.Fatal(err)
		}
		if id, _, err := newSampler(Sampling{Temperature: 1.7, TopK: 1}, nil, uniform(5)).next(logits); err != nil || id != greedy {
			t.Errorf("%v: want token %d, have %d, %v", logits, greedy, id, err)
		}
	}
}

// TestPenaltyCountsChosenTokens: with the greatest penalty no token comes twice.
func TestPenaltyCountsChosenTokens(t *testing.T) {
	s := newSampler(Sampling{RepetitionPenalty: 100}, nil, nil)
	for _, want := range []int32{1, 3, 2, 0} {
		if id, _, err := s.next([]float32{1, 4, 2, 3}); err != nil || id != want {
			t.Errorf("want token %d, have %d, %v", want, id, err)
		}
	}
}

// TestOneDrawPerToken: the n-th token depends on the n-th draw alone, whatever
// the filters kept.
func TestOneDrawPerToken(t *testing.T) {
	draws := 0
	draw := func() float64 { draws++; return 0.5 }
	for _, s := range []Sampling{{Temperature: 1}, {Temperature: 1, TopK: 1}, {Temperature: 1, TopP: 0.1}} {
		if _, _, err := newSampler(s, nil, draw).next(ln(0.5, 0.3, 0.2)); err != nil {
			t.Fatal(err)
		}
	}
	if draws != 3 {
		t.Errorf("want 3 draws for 3 tokens, have %d", draws)
	}
}

func TestLogProb(t *testing.T) {
	for _, s := range []Sampling{{}, {Temperature: 0.2, TopK: 2}, {RepetitionPenalty: 1.1}} {
		logits := ln(0.125, 0.625, 0.25)
		id, have, err := newSampler(s, []int32{1}, uniform(7)).next(logits)
		if want := []float64{0.125, 0.625, 0.25}[id]; err != nil || math.Abs(math.Exp(have)-want) > 1e-6 {
			t.Errorf("%+v: token %d: want the logarithm of %v, have %v, %v", s, id, want, have, err)
		}
	}
}

func TestSamplingRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		s    Sampling
		want string
	}{
		{Sampling{Temperature: -1}, "temperature: want a number, 0 or more, have -1"},
		{Sampling{Temperature: nan}, "have NaN"},
		{Sampling{Temperature: inf}, "have +Inf"},
		{Sampling{TopK: -1}, "top-k: want a count"},
		{Sampling{TopP: 1.5}, "top-p: want a number from 0 to 1, have 1.5"},
		{Sampling{MinP: nan}, "min-p"},
		{Sampling{RepetitionPenalty: 1e-9}, "repetition penalty"},
		{Sampling{TopP: -1, MinP: 2}, "\n"}, // both at once
	} {
		if err := c.s.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want %q, have %v", c.s, c.want, err)
		}
	}
	for _, logits := range [][]float32{{0, float32(nan)}, {float32(inf), 0}, {float32(-inf), float32(-inf)}} {
		if _, _, err := newSampler(Sampling{}, nil, nil).next(logits); err == nil || !strings.Contains(err.Error(), "want a number") {
			t.Errorf("%v: want an error, have %v", logits, err)
		}
	}
}
