package steering

import (
	"context"
	"errors"
	"slices"
	"sync"

	"premlp/model"
)

// maxLogitBytes bounds the logits of one batch.
const maxLogitBytes = 128 << 20

// The sites that the package itself asks for.
const (
	residPre model.Site = "resid_pre"
	logits   model.Site = "logits"
)

// engine runs edited prompts through a model, from the block on that the edits
// begin at: the residual stream before it is carried from block to block.
type engine struct {
	model   *model.Model
	threads int
	device  model.Device // nil: this machine's processor
	budget  int          // tokens of a batch
	prompts []*prompt
	first   int            // block that passes begin at
	session *model.Session // from there to the logits; nil until it is needed
	tokens  int64          // computed, each through the blocks of its pass
}

// options are those of a session that begins at the engine's block.
func (e *engine) options(o model.SessionOptions) model.SessionOptions {
	o.First, o.Threads, o.Device = e.first, e.threads, e.device
	return o
}

// dim is the width of the streams that passes begin with, 0 for none.
func (e *engine) dim() int {
	if e.first == 0 {
		return 0
	}
	return e.model.Config().Dim
}

// startAt makes passes begin at a block that is not below the present one.
func (e *engine) startAt(ctx context.Context, block int) error {
	if block == e.first {
		return nil
	}
	streams, err := e.capture(ctx, []model.Point{{Site: residPre, Layer: block}}, e.prompts)
	if err == nil {
		err = e.Close()
	}
	if err != nil {
		return err
	}
	for i, p := range e.prompts {
		p.stream = streams[0][i]
	}
	e.first = block
	return nil
}

// capture runs prompts without edits and returns their rows at points, all
// positions: [points][prompts][tokens, D].
func (e *engine) capture(ctx context.Context, points []model.Point, prompts []*prompt) (_ [][][]float32, err error) {
	s, err := e.model.Session(e.options(model.SessionOptions{Points: points}))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	rows := make([][][]float32, len(points))
	for n := 0; n < len(prompts); {
		b := &model.Batch{Cu: []int32{0}}
		from := n
		for n < len(prompts) && (n == from || b.Tokens()+len(prompts[n].ids) <= e.budget) {
			for at, id := range prompts[n].ids {
				b.Sel = append(b.Sel, int32(len(b.IDs)))
				b.IDs, b.Pos = append(b.IDs, id), append(b.Pos, int32(at))
			}
			if e.first > 0 {
				b.Given = append(b.Given, prompts[n].stream...)
			}
			b.Cu = append(b.Cu, int32(len(b.IDs)))
			n++
		}
		err := s.Run(ctx, b, func(p model.Point, r model.Rows) error {
			i := slices.Index(points, p)
			for k := range n - from {
				rows[i] = append(rows[i], slices.Clone(r.Data[int(b.Cu[k])*r.Dim:int(b.Cu[k+1])*r.Dim]))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		e.tokens += int64(b.Tokens())
	}
	return rows, nil
}

// run computes runs to the logits, in batches. done is told how many more were
// computed.
func (e *engine) run(ctx context.Context, runs []run, done func(n int)) error {
	if e.session == nil {
		var err error
		if e.session, err = e.model.Session(e.options(model.SessionOptions{Logits: true})); err != nil {
			return err
		}
	}
	c := e.model.Config()
	for len(runs) > 0 {
		n := several(runs, e.budget, maxLogitBytes/(4*c.Vocab))
		b := packRuns(runs[:n], e.dim(), c.PromptKind)
		err := e.session.Run(ctx, b, func(_ model.Point, r model.Rows) error {
			e.give(runs[:n], r)
			return nil
		})
		if err != nil {
			return err
		}
		e.tokens += int64(b.Tokens())
		done(n)
		runs = runs[n:]
	}
	return nil
}

// give hands each run its logits, on several threads.
func (e *engine) give(runs []run, r model.Rows) {
	var all sync.WaitGroup
	next := make(chan func())
	for range max(e.threads, 1) {
		all.Go(func() {
			for take := range next {
				take()
			}
		})
	}
	at := 0
	for _, run := range runs {
		mine := r.Data[at*r.Dim : (at+len(run.read))*r.Dim]
		at += len(run.read)
		next <- func() { run.take(mine) }
	}
	close(next)
	all.Wait()
}

// Close frees the session.
func (e *engine) Close() error {
	if e.session == nil {
		return nil
	}
	s := e.session
	e.session = nil
	return s.Close()
}
