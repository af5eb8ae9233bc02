package study

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"

	"premlp/collect"
	"premlp/collect/facts"
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
	Model     string   `json:"model"`
	Concepts  []string `json:"concepts"`
	Questions int      `json:"questions"`
	Rows      int64    `json:"rows"`
	Causal    *Causal  `json:"causal"`
}

// Countries24 runs the study of a file of facts, whose first concept is the one
// that is reported by itself. The result is determined by model, facts and seed.
func Countries24(ctx context.Context, l *collect.Loaded, f *facts.File, o Options) (_ *Countries24Result, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	named, err := o.collectRows(ctx, l, namedQuestions(f, o.form(l)))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, named.Close()) }()
	m := named.Manifest()
	r := &Countries24Result{Model: m.Model.Name, Concepts: f.Names(), Questions: m.Questions, Rows: m.Rows}
	r.Causal, err = o.causalTests(ctx, l, f, named)
	return r, err
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

// Print writes the summary for a reader.
func (r *Countries24Result) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d concepts, %d questions, %d rows\n", r.Model, len(r.Concepts), r.Questions, r.Rows)
}
