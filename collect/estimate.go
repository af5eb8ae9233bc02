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
	b := newComputer(p.loaded, &p.Manifest, p.runners[0], p.Question, p.computeOptions())
	limits := b.limits
	b.limits.Tokens = min(limits.Tokens, timedTokens)
	first, err := b.limits.next(0, p.Len(), p.Question, b.raw)
	if err != nil {
		return e, err
	}
	var made Made
	var took time.Duration
	for range 2 { // the first pass also fetches the weights
		start := time.Now()
		if err := b.Make(ctx, first, &made, func(float64) {}); err != nil {
			return e, err
		}
		took = time.Since(start)
	}
	perToken := took.Seconds() / float64(made.Tokens)
	n, counted := 0, 0
	for u, err := range Cut(0, p.Len(), p.Question, b.raw, limits) {
		if err != nil {
			return e, err
		}
		tokens, err := b.count(u)
		if err != nil {
			return e, err
		}
		e.Tokens, counted = e.Tokens+tokens, u.End
		if n++; n == countedBatches {
			break
		}
	}
	e.Tokens = e.Tokens * int64(p.Len()) / int64(counted)
	e.Seconds = perToken * float64(e.Tokens)
	return e, nil
}

// count is how many tokens are computed for the questions of a batch.
func (c *Computer) count(u Unit) (int64, error) {
	b := *c.batch
	b.questions = nil
	for i := u.First; i < u.End; i++ {
		q, err := c.asked(i)
		if err != nil {
			return 0, err
		}
		b.questions = append(b.questions, q)
	}
	return int64(b.packed().Tokens()), nil
}
