package model

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"premlp/layers"
)

// Sampling says how a token is chosen from the logits. The zero value is
// greedy: the token of the highest logit, of equal ones that of the lowest id.
//
// The steps are taken in the order of the fields. Each filter sees what those
// before it have left.
type Sampling struct {
	// RepetitionPenalty divides the logits above 0 of tokens that stand in the
	// prompt or were chosen before, and multiplies those below; 0 or 1: none.
	// Keskar et al., "CTRL", 2019.
	RepetitionPenalty float64
	// Temperature divides the logits; 0 is greedy, and what follows is not used.
	Temperature float64
	// TopK keeps the most probable tokens, so many; 0: all.
	TopK int
	// TopP keeps the fewest most probable tokens whose probabilities together
	// reach it; 0 or 1: all. Holtzman et al., "The curious case of neural text
	// degeneration", 2020.
	TopP float64
	// MinP keeps the tokens that are at least MinP times as probable as the most
	// probable one; 0: all.
	MinP float64
}

// Check refuses values that mean nothing, all of them in one error.
func (s Sampling) Check() error {
	var errs []error
	bad := func(ok bool, name, want string, have any) {
		if !ok {
			errs = append(errs, fmt.Errorf("sampling: %s: want %s, have %v", name, want, have))
		}
	}
	penalty := s.RepetitionPenalty
	bad(penalty == 0 || penalty >= 0.01 && penalty <= 100, "repetition penalty", "a number from 0.01 to 100, or 0 for none", penalty)
	bad(s.Temperature >= 0 && !math.IsInf(s.Temperature, 1), "temperature", "a number, 0 or more", s.Temperature)
	bad(s.TopK >= 0, "top-k", "a count, or 0 for all", s.TopK)
	bad(s.TopP >= 0 && s.TopP <= 1, "top-p", "a number from 0 to 1", s.TopP)
	bad(s.MinP >= 0 && s.MinP <= 1, "min-p", "a number from 0 to 1", s.MinP)
	return errors.Join(errs...)
}

// sampler chooses the tokens of one sequence.
type sampler struct {
	Sampling
	draw       func() float64 // uniform in [0, 1); called once for each token that is not greedy
	seen       map[int32]bool // tokens of the prompt and those chosen
	weights    []float32      // e to the power of the logits, less the highest
	scores     []float32      // logits after the penalty
	candidates []candidate
}

// newSampler returns the sampler of a sequence that begins with prompt.
func newSampler(s Sampling, prompt []int32, draw func() float64) *sampler {
	p := &sampler{Sampling: s, draw: draw, seen: map[int32]bool{}}
	for _, id := range prompt {
		p.seen[id] = true
	}
	return p
}

// next chooses a token and returns the logarithm of the probability that the
// model itself gives it: before the penalty, the temperature and the filters.
// Sums are taken in float64 in order of ids, or of falling probability.
func (s *sampler) next(logits []float32) (id int32, logProb float64, err error) {
	top, err := highest(logits)
	if err != nil {
		return 0, 0, err
	}
	s.weights = slices.Grow(s.weights[:0], len(logits))[:len(logits)]
	layers.Exps(s.weights, logits, logits[top])
	var total float64
	for _, w := range s.weights {
		total += float64(w)
	}
	id = s.choose(logits, top)
	s.seen[id] = true
	return id, float64(logits[id]-logits[top]) - math.Log(total), nil
}

// highest returns the id of the highest logit, the lowest of several.
func highest(logits []float32) (int32, error) {
	top := 0
	for id, v := range logits {
		if v != v || math.IsInf(float64(v), 1) {
			return 0, fmt.Errorf("logits: token %d: want a number, have %v", id, v)
		}
		if v > logits[top] {
			top = id
		}
	}
	if math.IsInf(float64(logits[top]), -1) {
		return 0, fmt.Errorf("logits: token %d: want a number, have %v", top, logits[top])
	}
	return int32(top), nil
}

// choose applies the options. top is the token of the highest logit.
func (s *sampler) choose(logits []float32, top int32) int32 {
	if penalty := float32(s.RepetitionPenalty); penalty != 0 && penalty != 1 {
		s.scores = append(s.scores[:0], logits...)
		for id := range s.seen {
			if v := s.scores[id]; v > 0 {
				s.scores[id] = v / penalty
			} else {
				s.scores[id] = v * penalty
			}
		}
		logits = s.scores
		top = 0
		for id, v := range logits {
			if v > logits[top] {
				top = int32(id)
			}
		}
	}
	if s.Temperature == 0 {
		return top
	}
	s.candidates = s.candidates[:0]
	for id, v := range logits {
		w := layers.Exp(float32(float64(v-logits[top]) / s.Temperature))
		s.candidates = append(s.candidates, candidate{int32(id), v, w})
	}
	kept := s.filter(s.candidates)
	// One draw, whatever was kept: the next token's draw depends on nothing else.
	rest := s.draw() * sum(kept)
	for _, c := range kept {
		if rest -= float64(c.weight); rest < 0 {
			return c.id
		}
	}
	return kept[len(kept)-1].id // only rounding comes here
}

// filter returns the candidates that top-k, top-p and min-p leave: in order of
// falling score where there is a filter, else as they are.
func (s *sampler) filter(all []candidate) []candidate {
	if s.TopK == 0 && (s.TopP == 0 || s.TopP == 1) && s.MinP == 0 {
		return all
	}
	h := rank(all)
	if s.TopK > 0 && s.TopK < len(h) {
		top := make(ranking, s.TopK)
		for i := range top {
			top[i] = h.pop()
		}
		h = top // a list in order is a heap
	}
	total := sum(h)
	// Popped one by one: a nucleus is small beside the vocabulary.
	var kept []candidate
	for reached := 0.0; len(h) > 0; {
		c := h.pop()
		if len(kept) > 0 && s.leavesOut(c, kept[0], reached, total) {
			break
		}
		kept = append(kept, c)
		reached += float64(c.weight)
	}
	return kept
}

// leavesOut says whether top-p or min-p leave out a candidate and with it all
// that are less probable: reached is the weight of those before it, first the
// most probable one, total the weight of all.
func (s *sampler) leavesOut(c, first candidate, reached, total float64) bool {
	return s.TopP > 0 && s.TopP < 1 && reached >= s.TopP*total ||
		float64(c.weight) < s.MinP*float64(first.weight)
}

// sum adds weights in order.
func sum(list []candidate) float64 {
	var total float64
	for _, c := range list {
		total += float64(c.weight)
	}
	return total
}
