package steering

import (
	"fmt"
	"math"
)

// Effect is what an edit did to the answers. Changes are of natural logarithms of
// probabilities, means over the questions about the other known concepts whose
// answer is another than the target's.
type Effect struct {
	Target string  `json:"target"`
	Kind   Kind    `json:"edit"`
	Alpha  float64 `json:"alpha"` // 1 where the kind has no strength
	Place  Place   `json:"place"`

	Questions int     `json:"questions"` // about the others
	ToTarget  float64 `json:"to_target"` // change of the target's answer
	Right     float64 `json:"right"`     // change of the question's own answer
	Others    float64 `json:"others"`    // change of all other candidates, their mean: isolation
	Margin    float64 `json:"margin"`    // ToTarget - Right
	Net       float64 `json:"net"`       // ToTarget - Others
	Flipped   int     `json:"flipped"`   // questions whose best answer became the target's
	Lost      int     `json:"lost"`      // questions whose right answer is no longer the best
	Kept      int     `json:"kept"`

	// The target's own question; nil where the kind of edit cannot be made in it.
	Own     *float64 `json:"own"`      // change of its answer
	OwnKept *bool    `json:"own_kept"` // it is still the best

	// KL is the mean over the tokens of the neutral texts, in nats; nil where
	// none was measured.
	KL *float64 `json:"kl"`

	// Random is the mean of the same edit with random directions of the same
	// length; nil where none was made.
	Random *Null `json:"random"`
}

// Null is what random directions did.
type Null struct {
	Draws    int     `json:"draws"`
	ToTarget float64 `json:"to_target"`
	Right    float64 `json:"right"`
	Net      float64 `json:"net"`
	Flipped  float64 `json:"flipped"` // questions, a mean
	Lost     float64 `json:"lost"`
}

// measure turns the trials of a place into effects.
func (s *study) measure(trials []*trial) error {
	for i := 0; i < len(trials); {
		t := trials[i]
		t.score(s.known)
		if x := t.ToTarget + t.Right + t.Others; math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s for %q, strength %g: want probabilities of answers above 0, have none left: the edit is too large", t.Kind, t.Target, t.Alpha)
		}
		if t.kl != nil && s.neutral != nil {
			t.KL = s.meanKL(t.kl)
		}
		for i++; i < len(trials) && trials[i].draw > 0; i++ {
			trials[i].score(s.known)
			if t.Random == nil {
				t.Random = &Null{}
			}
			t.Random.add(&trials[i].Effect)
		}
		t.Random.mean()
		s.result.Effects = append(s.result.Effects, t.Effect)
	}
	return nil
}

// score fills in what the scores say.
func (t *trial) score(known []*question) {
	goal := t.target.answer
	for i, q := range known {
		now := t.scores[i]
		if now == nil {
			continue
		}
		if q == t.target {
			change, kept := now[goal]-q.clean[goal], best(now) == goal
			t.Own, t.OwnKept = &change, &kept
			continue
		}
		if q.answer == goal {
			continue // it asks for the same
		}
		t.Questions++
		t.ToTarget += now[goal] - q.clean[goal]
		t.Right += now[q.answer] - q.clean[q.answer]
		t.Others += meanOthers(now, q.clean, goal, q.answer)
		switch best(now) {
		case goal:
			t.Flipped++
			t.Lost++
		case q.answer:
			t.Kept++
		default:
			t.Lost++
		}
	}
	n := float64(max(t.Questions, 1))
	t.ToTarget, t.Right, t.Others = t.ToTarget/n, t.Right/n, t.Others/n
	t.Margin, t.Net = t.ToTarget-t.Right, t.ToTarget-t.Others
}

// meanOthers is the mean change of the candidates but two; 0 if there are none.
func meanOthers(now, was []float64, goal, right int) float64 {
	var sum float64
	n := 0
	for c := range now {
		if c != goal && c != right {
			sum += now[c] - was[c]
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// add adds a draw's effect.
func (n *Null) add(e *Effect) {
	n.Draws++
	n.ToTarget += e.ToTarget
	n.Right += e.Right
	n.Net += e.Net
	n.Flipped += float64(e.Flipped)
	n.Lost += float64(e.Lost)
}

// mean divides by the number of draws.
func (n *Null) mean() {
	if n == nil {
		return
	}
	for _, x := range []*float64{&n.ToTarget, &n.Right, &n.Net, &n.Flipped, &n.Lost} {
		*x /= float64(n.Draws)
	}
}

// meanKL is the mean over all tokens of the neutral texts.
func (s *study) meanKL(sums []float64) *float64 {
	var sum float64
	tokens := 0
	for i, x := range sums {
		sum += x
		tokens += len(s.neutral[i].read)
	}
	sum /= float64(tokens)
	return &sum
}

// logProbs are the log-probabilities of candidates by the logits [V] of one
// token.
func logProbs(logits []float32, candidates []int32) []float64 {
	z := logNormalizer(logits)
	p := make([]float64, len(candidates))
	for i, id := range candidates {
		p[i] = float64(logits[id]) - z
	}
	return p
}

// logNormalizer is log Σ exp(x), summed in order.
func logNormalizer(x []float32) float64 {
	high := math.Inf(-1)
	for _, v := range x {
		high = max(high, float64(v))
	}
	var sum float64
	for _, v := range x {
		sum += exp(float64(v) - high)
	}
	return high + math.Log(sum)
}

// exp is e^x; far below the smallest that counts it is 0 without being computed.
func exp(x float64) float64 {
	if x < -60 {
		return 0
	}
	return math.Exp(x)
}
