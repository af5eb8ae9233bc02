package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"premlp/collect/dataset"
	"premlp/model"
)

// survey goes over a job's questions once, checks and counts them. An error
// lists every question that cannot be asked, or what is wrong with the design,
// or the prompts the model cannot read.
func (p *Plan) survey(ctx context.Context, j Job) (err error) {
	if p.builder, err = newBuilder(j, p.loaded.Tokenizer); err != nil {
		return err
	}
	design := newDesign(p.loaded.Tokenizer)
	design.names = newNames(&p.builder.job)
	var unreadable []error
	p.questions, err = dataset.NewList(p.builder.source, func(q *dataset.Question) error {
		design.add(q)
		if err := checkPrompt(q, p.loaded.Model.Config()); err != nil {
			unreadable = append(unreadable, err)
		}
		p.count(q)
		if p.options.Checked != nil {
			p.options.Checked(p.summary.Questions, p.builder.job.count())
		}
		return ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		return cmp.Or(p.builder.problems(), err) // all of them, not the first alone
	}
	if err != nil {
		return err
	}
	p.Findings = append(design.done(), checkTemplates(j.Templates)...)
	if err := fatal(p.Findings); err != nil {
		return err
	}
	return joinSome(unreadable)
}

// count adds a question to what the plan states of all.
func (p *Plan) count(q *dataset.Question) {
	n, s := int64(len(q.Rows)), &p.summary
	p.Tokens += len(q.IDs)
	s.Questions++
	s.Rows += n
	if q.Set == dataset.Target {
		s.Target++
		s.TargetRows += n
	} else {
		s.Control++
		s.ControlRows += n
	}
}

// fatal returns the findings that forbid a run as one error.
func fatal(findings []Finding) error {
	var errs []error
	for _, f := range findings {
		if f.Fatal {
			errs = append(errs, errors.New(f.String()))
		}
	}
	return errors.Join(errs...)
}

// checkPrompt refuses a prompt that the model cannot read: longer than its
// context, or with tokens it has no row for. (A tokenizer may know more tokens
// than its model: Gemma 3's text models lack the image token.)
func checkPrompt(q *dataset.Question, c *model.Config) error {
	if len(q.IDs) > c.Context {
		return fmt.Errorf("question %s: %q: want a prompt of at most %d tokens, the model's context, have %d", q.ID, q.Text, c.Context, len(q.IDs))
	}
	for i, id := range q.IDs {
		if id < 0 || int(id) >= c.Vocab {
			return fmt.Errorf("question %s: %q: token %d: want an id below %d, the model's vocabulary, have %d", q.ID, q.Text, i, c.Vocab, id)
		}
	}
	return nil
}
