package model

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// ErrEndSample is what a callback of [Generator.Generate] returns to end the
// token's sample. The others go on.
var ErrEndSample = errors.New("end of sample")

// GenerateOptions says how a prompt is continued.
type GenerateOptions struct {
	Sampling
	// Seed determines the samples, with their number: sample i draws from
	// PCG(Seed, i) of math/rand/v2, whatever is computed beside it.
	Seed      uint64
	Samples   int  // continuations of the prompt; 0: one
	MaxTokens int  // most new tokens of each; 0: as many as the generator has room for
	IgnoreEnd bool // go on behind the tokens that end a text
	// Edits are interventions on the prompt's tokens: their rows are positions.
	Edits []Edit
	// EditNew are interventions on every new token; their rows are nil.
	EditNew []Edit
}

// Token is one token of a sample, given as soon as it is chosen.
type Token struct {
	Sample  int // from 0
	ID      int32
	LogProb float64 // natural logarithm of the probability the model itself gives it
	End     bool    // it is one of Model.EndIDs: the sample ends with it
}

// StopReason says why a sample ended.
type StopReason string

// The reasons.
const (
	StopEnd     StopReason = "end"     // the model ended the text
	StopLength  StopReason = "length"  // MaxTokens
	StopContext StopReason = "context" // the model's context is full
	StopCaller  StopReason = "stop"    // the callback returned ErrEndSample
)

// Sample is one continuation of a prompt.
type Sample struct {
	IDs      []int32    // the token that ends the text included
	LogProbs []float64  // of each token; see Token.LogProb
	Stopped  StopReason // "" where the generation ended with an error
}

// Generation is the result of [Generator.Generate].
type Generation struct {
	Prompt  int // tokens
	Samples []Sample
	Prefill time.Duration // from the prompt to the logits of the first token
	Decode  time.Duration // all after that
	Decoded int           // tokens run with the cache in that time, of all samples
}

// Generate continues a prompt, computed as one batch. Each token of every
// sample goes to each as it is chosen, by rounds: the first of all samples, then
// the second ones. An error of each ends the generation, but [ErrEndSample] only
// its token's sample. A cancelled context ends it too; what was chosen until
// then is returned with the error.
func (g *Generator) Generate(ctx context.Context, prompt []int32, o GenerateOptions, each func(Token) error) (*Generation, error) {
	r, err := g.begin(prompt, o, each)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	err = r.run(ctx, r.prompt())
	r.result.Prefill = time.Since(start)
	start = time.Now()
	for err == nil {
		if err = r.choose(); err != nil || len(r.live) == 0 {
			break
		}
		r.result.Decoded += len(r.live)
		err = r.run(ctx, r.next())
	}
	r.result.Decode = time.Since(start)
	return r.finish(), err
}

// generation is one call of Generate.
type generation struct {
	g       *Generator
	options GenerateOptions
	limit   int // of new tokens of a sample
	reason  StopReason
	ids     []int32 // the prompt
	each    func(Token) error

	live   []*sequence // samples that have not ended
	all    []*sequence
	scores []float32 // [rows, V] of the last run: one row, or one for each live sample
	result Generation
}

// sequence is one sample in the making. Its keys are the prompt's rows of the
// cache, then own rows from first on.
type sequence struct {
	Sample
	number, first int
	sampler       *sampler
}

// begin checks the request and gives every sample its rows.
func (g *Generator) begin(prompt []int32, o GenerateOptions, each func(Token) error) (*generation, error) {
	r := &generation{g: g, options: o, ids: prompt, each: each, limit: o.MaxTokens, reason: StopLength}
	r.result.Prompt = len(prompt)
	samples := max(o.Samples, 1)
	context := g.model.config.Context
	switch {
	case len(prompt) == 0:
		return nil, errors.New("generate: want a prompt of at least one token, have none")
	case len(prompt) >= context:
		return nil, fmt.Errorf("generate: want a prompt of less than %d tokens, the model's context, have %d", context, len(prompt))
	case o.MaxTokens < 0 || o.Samples < 0:
		return nil, fmt.Errorf("generate: want no negative number of tokens or samples, have %d and %d", o.MaxTokens, o.Samples)
	case samples > g.samples:
		return nil, fmt.Errorf("generate: want at most %d samples, the generator's, have %d", g.samples, o.Samples)
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	for i, e := range o.EditNew {
		if _, rows := e.Change.(Replace); rows || e.Rows != nil {
			return nil, fmt.Errorf("generate: edit %d of new tokens: %s: want a change of every token, have one of given rows", i, e.At)
		}
	}
	if r.limit == 0 {
		r.limit = (g.rows - len(prompt)) / samples
	}
	if left := context - len(prompt); r.limit >= left {
		r.limit, r.reason = left, StopContext
	}
	if r.limit <= 0 || r.limit > (g.rows-len(prompt))/samples {
		return nil, fmt.Errorf("generate: %d samples of %d tokens behind a prompt of %d: want at most %d together, the generator's room", samples, r.limit, len(prompt), g.rows)
	}
	if c := g.model.config; c.PromptKind(len(prompt)) != c.PromptKind(len(prompt)+r.limit) {
		return nil, fmt.Errorf("generate: want fewer new tokens: the model's rotary embedding is another one for %d tokens than for the prompt's %d", len(prompt)+r.limit, len(prompt))
	}
	for i := range samples {
		draws := rand.New(rand.NewPCG(o.Seed, uint64(i)))
		r.live = append(r.live, &sequence{
			number: i, first: len(prompt) + i*r.limit, sampler: newSampler(o.Sampling, prompt, draws.Float64),
		})
	}
	r.all = slices.Clone(r.live)
	return r, nil
}

// prompt returns the batch that computes the prompt, in the first rows of the
// cache, and the logits of what follows it.
func (r *generation) prompt() *Batch {
	n := len(r.ids)
	b := Pack([][]int32{r.ids}, [][]int32{{int32(n - 1)}})
	b.Keys = [][][2]int{{{0, n}}}
	b.Edits = r.options.Edits
	return b
}

// next returns the batch of the live samples' last tokens.
func (r *generation) next() *Batch {
	b := &Batch{Cu: []int32{0}}
	for i, s := range r.live {
		own := len(s.IDs)
		b.IDs = append(b.IDs, s.IDs[own-1])
		b.Pos = append(b.Pos, int32(len(r.ids)+own-1))
		b.Sel = append(b.Sel, int32(i))
		b.Cu = append(b.Cu, int32(i+1))
		b.Keys = append(b.Keys, [][2]int{{0, len(r.ids)}, {s.first, s.first + own}})
	}
	for _, e := range r.options.EditNew {
		e.Rows = b.Sel // every row of the batch
		b.Edits = append(b.Edits, e)
	}
	return b
}

// run computes a batch and keeps its logits.
func (r *generation) run(ctx context.Context, b *Batch) error {
	return r.g.session.Run(ctx, b, func(_ Point, rows Rows) error {
		r.scores = append(r.scores[:0], rows.Data...)
		return nil
	})
}

// choose chooses the next token of every live sample and drops those that end.
func (r *generation) choose() error {
	vocab := r.g.model.config.Vocab
	var live []*sequence
	for i, s := range r.live {
		row := i
		if len(s.IDs) == 0 {
			row = 0 // all samples begin behind the prompt
		}
		more, err := r.extend(s, r.scores[row*vocab:(row+1)*vocab])
		if err != nil {
			return err
		}
		if more {
			live = append(live, s)
		}
	}
	r.live = live
	return nil
}

// extend chooses a sample's next token and reports whether it goes on.
func (r *generation) extend(s *sequence, logits []float32) (more bool, err error) {
	t := Token{Sample: s.number}
	if t.ID, t.LogProb, err = s.sampler.next(logits); err != nil {
		return false, fmt.Errorf("sample %d, token %d: %w", s.number, len(s.IDs), err)
	}
	t.End = !r.options.IgnoreEnd && slices.Contains(r.g.model.end, t.ID)
	s.IDs, s.LogProbs = append(s.IDs, t.ID), append(s.LogProbs, t.LogProb)
	if r.each != nil {
		err = r.each(t)
	}
	switch {
	case errors.Is(err, ErrEndSample):
		s.Stopped = StopCaller
	case err != nil:
		return false, err
	case t.End:
		s.Stopped = StopEnd
	case len(s.IDs) == r.limit:
		s.Stopped = r.reason
	}
	return s.Stopped == "", nil
}

// finish gathers the samples.
func (r *generation) finish() *Generation {
	for _, s := range r.all {
		r.result.Samples = append(r.result.Samples, s.Sample)
	}
	return &r.result
}
