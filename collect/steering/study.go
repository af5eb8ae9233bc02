package steering

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"premlp/collect"
	"premlp/collect/facts"
	"premlp/model"
)

// Place is where an edit is made: at one point, or at several in one run.
type Place struct {
	Site   model.Site `json:"site"`
	Layers []int      `json:"layers"` // ascending
}

// Points lists the place's points.
func (p Place) Points() []model.Point {
	var list []model.Point
	for _, layer := range p.Layers {
		list = append(list, model.Point{Site: p.Site, Layer: layer})
	}
	return list
}

// String names the place: "mlp_in.3", or "mlp_in.3-7" for several layers.
func (p Place) String() string {
	if n := len(p.Layers); n > 1 {
		return fmt.Sprintf("%s.%d-%d", p.Site, p.Layers[0], p.Layers[n-1])
	}
	return model.Point{Site: p.Site, Layer: p.Layers[0]}.String()
}

// Options says what is tested and how.
type Options struct {
	Form        collect.Job // the prompts' form: chat template, system message, day
	Answer      string      // the fact that is asked for, one of the file's answers
	Targets     []string    // concepts
	Places      []Place
	Kinds       []Kind
	Alphas      []float64 // of the kinds that have a strength
	Positions   Positions
	Random      int      // random directions beside each direction
	RandomOf    []string // targets whose directions they are tried beside; nil: all
	Neutral     []string // texts on which the change of all predictions is measured
	Seed        uint64
	Threads     int
	Device      model.Device // where the model computes; nil: this machine's processor
	BatchTokens int          // 0: collect.DefaultBatchTokens

	// Progress is told how many of the edited prompts are computed; it may be nil.
	Progress func(done, total int)
}

// DefaultNeutral are the texts on which KL is measured.
var DefaultNeutral = []string{
	"She put the cup on the table, opened the window and waited for the rain to stop.",
	"To sort a list of numbers, compare two neighbours and change their places.",
}

// study is a test in the making.
type study struct {
	options   Options
	vectors   Vectors
	engine    *engine
	questions []*question // of all concepts
	known     []*question
	targets   []*question
	neutral   []*neutral
	total     int
	done      int
	result    Result
}

// Run tests directions. What it finds is determined by model, facts, vectors and
// options: threads and batches change no bit of it.
func Run(ctx context.Context, l *collect.Loaded, f *facts.File, v Vectors, o Options) (_ *Result, err error) {
	start := time.Now()
	if err := o.check(l.Model); err != nil {
		return nil, err
	}
	s := &study{options: o, vectors: v, engine: &engine{model: l.Model, threads: o.Threads, device: o.Device, budget: o.BatchTokens}}
	s.result.Known, s.result.Unknown, s.result.Skipped = []string{}, []string{}, []string{} // JSON lists, if empty
	if s.engine.budget == 0 {
		s.engine.budget = collect.DefaultBatchTokens
	}
	defer func() { err = errors.Join(err, s.engine.Close()) }()
	var candidates []int32
	if s.questions, candidates, err = ask(l, o.Form, f, o.Answer, o.Positions); err != nil {
		return nil, err
	}
	if s.neutral, err = readNeutral(l, o.Neutral); err != nil {
		return nil, err
	}
	if err := s.clean(ctx, candidates); err != nil {
		return nil, err
	}
	if err := s.choose(); err != nil {
		return nil, err
	}
	places := slices.Clone(o.Places)
	slices.SortStableFunc(places, func(a, b Place) int { return cmp.Compare(a.Layers[0], b.Layers[0]) })
	for _, p := range places {
		s.total += s.count(p)
	}
	for _, p := range places {
		if err := s.place(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	return s.finish(f, start), nil
}

// check refuses options that mean nothing.
func (o *Options) check(m *model.Model) error {
	switch {
	case len(o.Targets) == 0:
		return errors.New("steer: want at least one target, have none")
	case len(o.Places) == 0 || len(o.Kinds) == 0:
		return errors.New("steer: want at least one place and one kind of edit")
	case o.Random < 0:
		return fmt.Errorf("steer: want no negative number of random directions, have %d", o.Random)
	case !slices.Contains(AllPositions, o.Positions):
		return fmt.Errorf("steer: positions: want one of %v, have %q", AllPositions, o.Positions)
	}
	for i, target := range o.Targets {
		if slices.Contains(o.Targets[:i], target) {
			return fmt.Errorf("steer: targets: want each once, have %q again", target)
		}
	}
	for _, k := range o.Kinds {
		if !slices.Contains(Kinds, k) {
			return fmt.Errorf("steer: kind of edit: want one of %v, have %q", Kinds, k)
		}
		if k.Scaled() && len(o.Alphas) == 0 {
			return fmt.Errorf("steer: %s: want at least one alpha, have none", k)
		}
	}
	var points []model.Point
	for _, p := range o.Places {
		if len(p.Layers) == 0 || !slices.IsSorted(p.Layers) {
			return fmt.Errorf("steer: %s: want layers, ascending, have %v", p.Site, p.Layers)
		}
		points = append(points, p.Points()...)
	}
	return m.Editable(points...)
}

// clean runs all prompts without edits.
func (s *study) clean(ctx context.Context, candidates []int32) error {
	var runs []run
	for _, q := range s.questions {
		s.engine.prompts = append(s.engine.prompts, &q.prompt)
		runs = append(runs, run{prompt: &q.prompt, take: func(x []float32) { q.clean = logProbs(x, candidates) }})
	}
	for _, n := range s.neutral {
		s.engine.prompts = append(s.engine.prompts, &n.prompt)
		runs = append(runs, run{prompt: &n.prompt, take: n.keep})
	}
	s.result.candidates = candidates
	return s.engine.run(ctx, runs, func(int) {})
}

// choose finds the known concepts and the targets among them.
func (s *study) choose() error {
	for _, q := range s.questions {
		if q.known() {
			s.known = append(s.known, q)
			s.result.Known = append(s.result.Known, q.concept)
		} else {
			s.result.Unknown = append(s.result.Unknown, q.concept)
		}
	}
	for _, name := range s.options.Targets {
		i := slices.IndexFunc(s.questions, func(q *question) bool { return q.concept == name })
		switch {
		case i < 0:
			return fmt.Errorf("steer: target %q: want one of the facts' concepts", name)
		case slices.Contains(s.known, s.questions[i]):
			s.targets = append(s.targets, s.questions[i])
		default:
			s.result.Skipped = append(s.result.Skipped, name)
		}
	}
	if len(s.targets) == 0 {
		return unknown("steer: want a target whose %s the model knows, have none: it knows those of %q", s.options.Answer, s.result.Known)
	}
	if len(s.known) < 2 {
		return unknown("steer: want at least two concepts whose %s the model knows, have %d", s.options.Answer, len(s.known))
	}
	return nil
}

// UnknownError says that the model knows too few answers for a test.
type UnknownError struct{ text string }

func (e *UnknownError) Error() string { return e.text }

func unknown(format string, args ...any) error {
	return &UnknownError{fmt.Sprintf(format, args...)}
}
