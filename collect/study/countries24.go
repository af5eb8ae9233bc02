package study

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/facts"
	"premlp/collect/steering"
	"premlp/model"
)

//go:embed countries24.json
var countries24 []byte

// Countries24Facts are the countries, questions, folds and descriptions of the
// study.
func Countries24Facts() (*facts.File, error) {
	f, err := facts.Parse(countries24)
	if err != nil {
		return nil, fmt.Errorf("countries24.json: %w", err)
	}
	return f, nil
}

// Sites of the study: the MLP's input, and the residual stream behind the block.
const (
	mlpIn    model.Site = "mlp_in"
	residual model.Site = "resid_post"
)

// Countries24Result is what the study found.
type Countries24Result struct {
	Model      string   `json:"model"`
	Digest     string   `json:"model_digest"`
	Arithmetic string   `json:"arithmetic"`
	Chat       bool     `json:"chat"` // the questions have the model's chat form
	Concepts   []string `json:"concepts"`
	Templates  []string `json:"templates"`
	Folds      []int    `json:"folds"` // of the templates
	Questions  int      `json:"questions"`
	Rows       int64    `json:"rows"` // token positions
	LayerCount int      `json:"layers"`
	Seed       uint64   `json:"seed"`

	Readouts  *Readouts    `json:"readouts"`
	Described []*Described `json:"described"`
	Causal    *Causal      `json:"causal"`
	Untested  string       `json:"causal_untested,omitempty"` // why there are no causal tests

	NotClaimed []string `json:"not_claimed"` // what no figure here can show

	Files   []string `json:"files"` // what was written beside the datasets
	Seconds float64  `json:"seconds"`
}

// Countries24 runs the study of a file of facts, whose first concept is the one
// that is reported by itself. All but Seconds is determined by model, facts and
// seed.
func Countries24(ctx context.Context, l *collect.Loaded, f *facts.File, o Options) (_ *Countries24Result, err error) {
	start := time.Now()
	if err := errors.Join(o.check(), checkFacts(f)); err != nil {
		return nil, err
	}
	named, err := o.collectRows(ctx, l, namedQuestions(f, o.form(l)))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, named.Close()) }()
	r := newCountries24Result(f, named.Manifest(), o.Seed)
	if r.Readouts, err = o.readouts(ctx, f, named); err != nil {
		return nil, err
	}
	for _, fact := range slices.Sorted(maps.Keys(f.Descriptions)) {
		d, err := o.carryOver(ctx, l, f, fact, named)
		if err != nil {
			return nil, err
		}
		r.Described = append(r.Described, d)
	}
	var unknown *steering.UnknownError
	if r.Causal, err = o.causalTests(ctx, l, f, named); errors.As(err, &unknown) {
		r.Untested = unknown.Error()
	} else if err != nil {
		return nil, err
	}
	r.Seconds = time.Since(start).Seconds()
	return r, r.write(o.Dir)
}

// carryOver collects the questions that describe concepts by a fact and tests the
// named questions' directions on them.
func (o Options) carryOver(ctx context.Context, l *collect.Loaded, f *facts.File, fact string, named *dataset.Reader) (_ *Described, err error) {
	described, err := o.collectRows(ctx, l, describedQuestions(f, o.form(l), fact))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, described.Close()) }()
	return o.describe(ctx, l, f, fact, named, described)
}

// checkFacts wants what the study needs of a file of facts.
func checkFacts(f *facts.File) error {
	switch {
	case len(f.Concepts) < 3:
		return fmt.Errorf("facts: want at least 3 concepts, have %d", len(f.Concepts))
	case len(f.Templates) < 2 || f.Folds == nil || slices.Min(f.Folds) == slices.Max(f.Folds):
		return fmt.Errorf("facts: want templates in at least 2 folds, have %d templates, folds %v", len(f.Templates), f.Folds)
	case f.Answers[causalFact].Question == "":
		return fmt.Errorf("facts: answers: want %q, have none of that name", causalFact)
	}
	return nil
}

// newCountries24Result begins a result with what is known of the questions.
func newCountries24Result(f *facts.File, m dataset.Manifest, seed uint64) *Countries24Result {
	r := &Countries24Result{
		Model: m.Model.Name, Digest: m.Model.Digest, Arithmetic: m.Arithmetic, Chat: m.Chat.Used, Concepts: f.Names(),
		Folds: f.Folds, Questions: m.Questions, Rows: m.Rows, LayerCount: len(m.Layers), Seed: seed, NotClaimed: notClaimed,
	}
	for _, t := range f.Templates {
		r.Templates = append(r.Templates, t.Text)
	}
	return r
}

// namedQuestions are all templates with all concepts' names.
func namedQuestions(f *facts.File, form collect.Job) questionSet {
	form.Target, form.Controls = f.Concepts[0].Name, f.Names()[1:]
	for _, t := range f.Templates {
		form.Templates = append(form.Templates, collect.Template{Text: t.Text})
	}
	return questionSet{name: "named", job: form, sites: []model.Site{mlpIn, residual}}
}

// describedQuestions are the same with each concept's description in place of its
// name: by a fact that f.Descriptions has.
func describedQuestions(f *facts.File, form collect.Job, fact string) questionSet {
	s := namedQuestions(f, form)
	s.name = fact
	s.job.Paraphrased, s.job.Forms = true, map[string]collect.Forms{}
	for _, c := range f.Concepts {
		s.job.Forms[c.Name] = collect.Forms{Paraphrases: []string{f.Description(fact, c)}}
	}
	return s
}
