package steering

import (
	"context"
	"fmt"

	"premlp/collect"
	"premlp/model"
)

// Prompt is a prompt of which the last token's logits are read.
type Prompt struct{ prompt }

// NewPrompt returns the prompt of some tokens. Runs may change those from own on
// alone; those before are computed once for all.
func NewPrompt(ids []int32, own int) *Prompt {
	return &Prompt{prompt{ids: ids, own: own, read: []int{len(ids) - 1}}}
}

// Edit changes a prompt's tokens [From, To) at a point.
type Edit struct {
	At       model.Point
	From, To int
	Change   model.Change
}

// Edited is a prompt under edits. Take gets the logits [V] of its last token, which
// are valid during the call; several may be taken at the same time.
type Edited struct {
	Prompt *Prompt
	Edits  []Edit
	Take   func(logits []float32)
}

// Runner computes many runs of the same prompts, and of each only what its edits
// change: the tokens from the first edited one on, and the blocks from the edited
// one on.
type Runner struct{ engine engine }

// NewRunner returns a runner of prompts, whose passes begin with tokens.
func NewRunner(m *model.Model, threads int, prompts []*Prompt) *Runner {
	r := &Runner{engine{model: m, threads: threads, budget: collect.DefaultBatchTokens}}
	for _, p := range prompts {
		r.engine.prompts = append(r.engine.prompts, &p.prompt)
	}
	return r
}

// StartAt makes passes begin at a block, which may not be below the present one.
func (r *Runner) StartAt(ctx context.Context, block int) error {
	if block < r.engine.first {
		return fmt.Errorf("steer: want passes to begin at block %d or behind, have %d", r.engine.first, block)
	}
	return r.engine.startAt(ctx, block)
}

// Run computes runs, whose edits may not be below the block that passes begin at.
// done is told how many more were computed.
func (r *Runner) Run(ctx context.Context, runs []Edited, done func(n int)) error {
	list := make([]run, len(runs))
	for i, x := range runs {
		list[i] = run{prompt: &x.Prompt.prompt, take: x.Take}
		for _, e := range x.Edits {
			list[i].edits = append(list[i].edits, edit{e.At, e.From, e.To, e.Change})
		}
	}
	return r.engine.run(ctx, list, done)
}

// Close frees the session.
func (r *Runner) Close() error { return r.engine.Close() }
