package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"premlp/collect/dataset"
	"premlp/model"
)

// Summary says what a run did.
type Summary struct {
	Dir          string  `json:"dir"`
	Questions    int     `json:"questions"`
	Target       int     `json:"target_questions"`
	Control      int     `json:"control_questions"`
	Rows         int64   `json:"rows"` // token positions; each is stored at every layer and site
	TargetRows   int64   `json:"target_rows"`
	ControlRows  int64   `json:"control_rows"`
	Resumed      int     `json:"resumed"`       // questions that were stored already
	PromptTokens int64   `json:"prompt_tokens"` // of the questions this run added
	Tokens       int64   `json:"tokens"`        // computed for them; what prompts begin with alike is computed once
	Seconds      float64 `json:"seconds"`
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
	if errors.Is(err, dataset.ErrExists) {
		if made := p.made(); made != nil {
			return nil, errors.Join(err, made)
		}
		s.Resumed = s.Questions
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Resumed = w.Next()
	if p.options.Related != nil {
		err = w.AttachRelated(p.options.Related)
	}
	if err == nil {
		err = p.compute(ctx, w, s, progress)
	}
	s.Seconds = time.Since(start).Seconds()
	if err == nil {
		err = w.Finish(p.runInfo(start, s))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w; %d of %d questions are kept in %s.partial: run the same command again to go on",
			err, w.Next(), p.Len(), p.options.Dir), w.Close())
	}
	return s, w.Close()
}

// made returns nil if the finished dataset there was made from the plan's
// manifest and questions, else what is different.
func (p *Plan) made() error {
	r, err := dataset.Open(p.options.Dir)
	if err != nil {
		return err
	}
	defer r.Close()
	have, want := r.Manifest(), p.Manifest
	want.Format, want.Version = have.Format, have.Version
	want.Questions, want.Rows, want.QuestionsDigest = have.Questions, have.Rows, have.QuestionsDigest // compared below
	if want.ShardBytes == 0 {
		want.ShardBytes = have.ShardBytes
	}
	if field := firstDifference(want, have); field != "" {
		return fmt.Errorf("its %s is another than this run's: name another folder, or remove it", field)
	}
	if have.QuestionsDigest != p.questions.Digest() {
		return errors.New("its questions are others than this run's: name another folder, or remove it")
	}
	return nil
}

// open resumes the unfinished dataset or creates a new one.
func (p *Plan) open(notef func(format string, args ...any)) (*dataset.Writer, error) {
	w, next, err := dataset.Resume(p.options.Dir, p.Manifest, p.questions)
	if errors.Is(err, os.ErrNotExist) {
		return dataset.Create(p.options.Dir, p.Manifest, p.questions)
	}
	if err == nil && notef != nil {
		notef("resuming %s.partial: %d of %d questions are done", p.options.Dir, next, p.Len())
	}
	return w, err
}

// runInfo completes run.json.
func (p *Plan) runInfo(start time.Time, s *Summary) dataset.RunInfo {
	r := p.options.Run
	r.Started, r.Finished = start.UTC(), time.Now().UTC()
	r.Device, r.Kernel, r.Threads = deviceNames(p.sessions), p.session.Kernel(), p.session.Threads()
	r.Products = p.session.Products()
	r.Resumed, r.Tokens = s.Resumed, s.Tokens
	for _, f := range p.Findings {
		r.Warnings = append(r.Warnings, f.String())
	}
	return r
}

// compute computes the questions from the writer's next on: each unit is one
// batch.
func (p *Plan) compute(ctx context.Context, w *dataset.Writer, s *Summary, progress func(done, total int)) error {
	o := p.computeOptions()
	units := Cut(w.Next(), p.Len(), w.Question, dataset.NewRaw(&p.Manifest), o.limits(p.loaded))
	var makers []Maker
	for _, run := range p.runners {
		makers = append(makers, newComputer(p.loaded, &p.Manifest, run, w.Question, o))
	}
	return Assemble(ctx, w, units, makers, progress, func(m *Made) {
		s.PromptTokens += m.PromptTokens
		s.Tokens += m.Tokens
	})
}

// computeOptions is what of the options concerns computing.
func (p *Plan) computeOptions() ComputeOptions {
	o := p.options
	return ComputeOptions{Threads: o.Threads, BatchTokens: o.BatchTokens, BatchBytes: o.BatchBytes, NoSharing: o.NoSharing}
}

// deviceNames names what sessions compute on.
func deviceNames(sessions []*model.Session) string {
	names := make([]string, len(sessions))
	for i, s := range sessions {
		names[i] = s.Device()
	}
	return strings.Join(slices.Compact(names), "; ")
}
