package model

import (
	"math"

	"premlp/layers"
)

// Choice is a token that may follow.
type Choice struct {
	ID      int32
	LogProb float64 // natural logarithm of the probability the model gives it
	Weight  float32 // e^((logit - the highest)/temperature)
}

// Likely returns the k most probable tokens of a row of logits [V], the most
// probable first, of equal ones that of the lowest id. It is what a caller
// begins with who chooses tokens by rules of its own. The temperature is to be
// above 0. Logits that are no numbers are an error.
func Likely(logits []float32, k int, temperature float64) ([]Choice, error) {
	top, err := highest(logits)
	if err != nil {
		return nil, err
	}
	total := logSum(logits, top)
	var choices []Choice
	for _, c := range best(logits, k) {
		choices = append(choices, Choice{
			ID: c.id, LogProb: float64(c.score) - total,
			Weight: layers.Exp(float32(float64(c.score-logits[top]) / temperature)),
		})
	}
	return choices, nil
}

// best returns the k tokens of the highest logits in order. Few tokens of a
// vocabulary get past the last of those found so far, so they are put in place
// one by one.
func best(logits []float32, k int) []candidate {
	list := make([]candidate, 0, k+1)
	for id, v := range logits {
		if len(list) == k && (k == 0 || v <= list[k-1].score) {
			continue
		}
		c := candidate{id: int32(id), score: v}
		i := len(list)
		for list = append(list, c); i > 0 && c.before(list[i-1]); i-- {
			list[i] = list[i-1]
		}
		list[i] = c
		list = list[:min(len(list), k)]
	}
	return list
}

// LogProb returns the natural logarithm of the probability that a row of logits
// [V] gives a token.
func LogProb(logits []float32, id int32) (float64, error) {
	top, err := highest(logits)
	if err != nil {
		return 0, err
	}
	return float64(logits[id]) - logSum(logits, top), nil
}

// logSum returns the logarithm of the sum of exponentials, added in float64 in
// order of ids; top is the id of the highest logit.
func logSum(logits []float32, top int32) float64 {
	var total float64
	for _, v := range logits {
		total += float64(layers.Exp(v - logits[top]))
	}
	return float64(logits[top]) + math.Log(total)
}
