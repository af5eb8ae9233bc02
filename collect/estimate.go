package collect

import (
	"context"
	"time"
)

// Estimate is about what a run of a plan takes.
type Estimate struct {
	Tokens  int64   // computed, what prompts begin with alike once
	Seconds float64 // by the time that some of the first took
}

// What an estimate looks at.
const (
	timedTokens    = 512
	countedBatches = 64
)

// Estimate times a pass over some of the first questions and counts the tokens
// that the run will compute. Of a long run only the first batches are counted.
func (p *Plan) Estimate(ctx context.Context) (Estimate, error) {
	var e Estimate
	b := newBatch(p)
	most := b.maxTokens
	b.maxTokens = min(most, timedTokens)
	if err := b.fill(0, p.Len(), p.Question); err != nil {
		return e, err
	}
	var took time.Duration
	for range 2 { // the first pass also fetches the weights
		start := time.Now()
		if err := b.compute(ctx, func(float64) {}); err != nil {
			return e, err
		}
		took = time.Since(start)
	}
	perToken := took.Seconds() / float64(b.tokens)
	b.maxTokens = most
	first := 0
	for n := 0; first < p.Len() && n < countedBatches; n++ {
		if err := b.fill(first, p.Len(), p.Question); err != nil {
			return e, err
		}
		e.Tokens += int64(b.packed().Tokens())
		first += len(b.questions)
	}
	e.Tokens = e.Tokens * int64(p.Len()) / int64(first)
	e.Seconds = perToken * float64(e.Tokens)
	return e, nil
}
