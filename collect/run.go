package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"time"

	"premlp/collect/dataset"
	"premlp/model"
)

// Summary says what a run did.
type Summary struct {
	Dir       string  `json:"dir"`
	Questions int     `json:"questions"`
	Target    int     `json:"target_questions"`
	Control   int     `json:"control_questions"`
	Rows      int64   `json:"rows"` // token positions; each is stored at every layer and site
	Resumed   int     `json:"resumed"`
	Tokens    int64   `json:"tokens"` // computed by this run
	Seconds   float64 `json:"seconds"`
}

// Run computes the plan's activations and writes them as the dataset
// Options.Dir. An unfinished dataset of the same plan is gone on with. When ctx
// is cancelled, or anything fails, what was written stays in DIR.partial, and
// the next run with the same plan continues there. progress is told how many
// questions are done, notef of what a person should know; both may be nil. A
// dataset that is there already and is the same is left as it is.
func (p *Plan) Run(ctx context.Context, progress func(done, total int), notef func(format string, args ...any)) (*Summary, error) {
	start := time.Now()
	s := p.Summary()
	w, err := p.open(notef)
	if errors.Is(err, dataset.ErrExists) && p.made() {
		s.Resumed = s.Questions
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Resumed = w.Next()
	err = p.batches(ctx, w, s, progress)
	s.Seconds = time.Since(start).Seconds()
	if err == nil {
		err = w.Finish(p.runInfo(start, s))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w; %d of %d questions are kept in %s.partial: run the same command again to go on",
			err, w.Next(), len(p.Questions), p.options.Dir), w.Close())
	}
	return s, w.Close()
}

// made reports whether the finished dataset is there already: made from the
// same manifest and questions.
func (p *Plan) made() bool {
	r, err := dataset.Open(p.options.Dir)
	if err != nil {
		return false
	}
	defer r.Close()
	have, want := r.Manifest(), p.Manifest
	want.Format, want.Version = have.Format, have.Version
	want.Questions, want.Rows, want.QuestionsDigest = have.Questions, have.Rows, have.QuestionsDigest
	if want.ShardBytes == 0 {
		want.ShardBytes = have.ShardBytes
	}
	return reflect.DeepEqual(have, want) && reflect.DeepEqual(r.Questions(), p.Questions)
}

// open resumes the unfinished dataset or creates a new one.
func (p *Plan) open(notef func(format string, args ...any)) (*dataset.Writer, error) {
	w, next, err := dataset.Resume(p.options.Dir, p.Manifest, p.Questions)
	if errors.Is(err, os.ErrNotExist) {
		return dataset.Create(p.options.Dir, p.Manifest, p.Questions)
	}
	if err == nil && notef != nil {
		notef("resuming %s.partial: %d of %d questions are done", p.options.Dir, next, len(p.Questions))
	}
	return w, err
}

// runInfo completes run.json.
func (p *Plan) runInfo(start time.Time, s *Summary) dataset.RunInfo {
	r := p.options.Run
	r.Started, r.Finished = start.UTC(), time.Now().UTC()
	r.Device, r.Kernel, r.Threads = "cpu", p.session.Kernel(), p.session.Threads()
	r.Resumed, r.Tokens = s.Resumed, s.Tokens
	return r
}

// batches computes the questions from the writer's next on.
func (p *Plan) batches(ctx context.Context, w *dataset.Writer, s *Summary, progress func(done, total int)) error {
	budget := p.options.BatchTokens
	if budget <= 0 {
		budget = DefaultBatchTokens
	}
	var b batch
	for first := w.Next(); first < len(p.Questions); first = w.Next() {
		end, tokens := first, 0
		for end < len(p.Questions) && (end == first || tokens+len(p.Questions[end].IDs) <= budget) {
			tokens += len(p.Questions[end].IDs)
			end++
		}
		if err := b.run(ctx, p, p.Questions[first:end], func(share float64) {
			if progress != nil {
				progress(first+int(share*float64(end-first)), len(p.Questions))
			}
		}); err != nil {
			return err
		}
		for i := first; i < end; i++ {
			if err := w.Add(i, b.blocks[i-first]); err != nil {
				return err
			}
		}
		s.Tokens += int64(tokens)
	}
	return nil
}

// batch holds the rows of the questions computed together. Its memory is used
// again for the next batch.
type batch struct {
	blocks []map[string]dataset.Block // per question: site → rows
}

// run computes questions and fills b.blocks, each [layers, rows, D]. done is
// told which share of them is computed.
func (b *batch) run(ctx context.Context, p *Plan, questions []dataset.Question, done func(share float64)) error {
	b.reset(p, questions)
	prompts, sel := make([][]int32, len(questions)), make([][]int32, len(questions))
	for i, q := range questions {
		prompts[i], sel[i] = q.IDs, q.Rows
	}
	return p.session.Run(ctx, model.Pack(prompts, sel), func(at model.Point, rows model.Rows) error {
		layer := slices.Index(p.options.Layers, at.Layer)
		first := 0
		for i, q := range questions {
			n := len(q.Rows)
			values := rows.Data[first*rows.Dim : (first+n)*rows.Dim]
			if err := CheckRows(q, string(at.Site), at.Layer, values, p.Manifest.Dim); err != nil {
				return err
			}
			block := b.blocks[i][string(at.Site)]
			copy(block.Data[layer*n*rows.Dim:], values)
			copy(block.Stats[layer*n*rows.StatsPerRow:], rows.Stats[first*rows.StatsPerRow:(first+n)*rows.StatsPerRow])
			first += n
		}
		done(float64(layer+1) / float64(len(p.options.Layers)))
		return nil
	})
}

// reset sizes the blocks for questions.
func (b *batch) reset(p *Plan, questions []dataset.Question) {
	m := &p.Manifest
	for len(b.blocks) < len(questions) {
		b.blocks = append(b.blocks, map[string]dataset.Block{})
	}
	for i, q := range questions {
		for _, s := range m.Sites {
			old, n := b.blocks[i][s], len(m.Layers)*len(q.Rows)
			b.blocks[i][s] = dataset.Block{
				Data:  slices.Grow(old.Data[:0], n*m.Dim)[:n*m.Dim],
				Stats: slices.Grow(old.Stats[:0], n*m.StatsPerRow[s])[:n*m.StatsPerRow[s]],
			}
		}
	}
}
