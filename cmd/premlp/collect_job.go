package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/related"
)

// job puts together what is asked, of files and of what is found.
func (f *collectFlags) job(ctx context.Context, e *env, c *cobra.Command, l *collect.Loaded) (collect.Job, error) {
	j, err := promptForm(c, l, f.date, f.noChat, &f.system)
	if err != nil {
		return j, err
	}
	j.Target, j.Paraphrased = f.concept, f.paraphrases
	if f.question != "" {
		j.Questions, err = collect.ReadQuestions(f.question)
		return j, err
	}
	return j, f.addConcepts(ctx, e, &j, l)
}

// addConcepts adds the templates and the controls: those that the flags name,
// else those of the concept's category.
func (f *collectFlags) addConcepts(ctx context.Context, e *env, j *collect.Job, l *collect.Loaded) error {
	if err := f.addTemplates(j); err != nil {
		return err
	}
	category := f.related.category
	var err error
	if f.controls != "" {
		j.Controls, err = collect.ReadControls(f.controls, f.concept)
	} else {
		category, err = f.addRelated(ctx, e, j, l)
	}
	if err != nil || j.Templates != nil {
		return err
	}
	j.Templates, err = categoryTemplates(category)
	return err
}

// addTemplates reads the templates that are named, and the aliases.
func (f *collectFlags) addTemplates(j *collect.Job) error {
	if f.templates != "" {
		set, err := collect.OpenTemplates(f.templates)
		if err != nil {
			return err
		}
		j.Templates, j.Answers, j.Forms = set.Templates, set.Answers, set.Forms
	}
	if len(f.related.aliases) > 0 {
		if j.Forms == nil {
			j.Forms = map[string]collect.Forms{}
		}
		forms := j.Forms[f.concept]
		forms.Aliases = append(forms.Aliases, f.related.aliases...)
		j.Forms[f.concept] = forms
	}
	return nil
}

// categoryTemplates are the built-in templates of a category, by its plural: of
// countries, and where there is none, the seed's five.
func categoryTemplates(category string) ([]collect.Template, error) {
	if category == "" {
		return collect.SeedTemplates, nil
	}
	c, err := related.ParseCategory(category)
	switch {
	case err != nil:
		return nil, usageError{fmt.Errorf("--%w", err)}
	case c.Plural == related.Presets[0].Plural:
		return collect.SeedTemplates, nil
	case !slices.Contains(collect.BuiltinTemplates(), c.Plural):
		return nil, usagef("--templates: want a file of templates about %s, as there is no built-in set", c.Plural)
	}
	set, err := collect.OpenTemplates(c.Plural)
	if err != nil {
		return nil, err
	}
	return set.Templates, nil
}

// relatedRequest is what is asked for where no controls are named.
func (f *collectFlags) relatedRequest(aliases []string) (related.Request, error) {
	flags := f.related
	flags.aliases, flags.seed = aliases, uint64(f.seed)
	return flags.request(f.concept)
}

// addRelated finds the controls and returns their category.
func (f *collectFlags) addRelated(ctx context.Context, e *env, j *collect.Job, l *collect.Loaded) (category string, err error) {
	r, err := f.relatedRequest(j.Forms[f.concept].Aliases)
	if err != nil {
		return "", err
	}
	result, err := f.storedRelated(e, r, l)
	switch {
	case err != nil || result != nil:
	case f.related.endpoint != "":
		result, err = f.related.askEndpoint(ctx, e, r)
	default:
		result, err = askLoaded(ctx, e, l, r, related.LocalOptions{Now: j.Now, Threads: f.threads})
	}
	if err != nil {
		return "", err
	}
	noteRelated(e, result)
	if len(result.Concepts) == 0 {
		return "", errors.New("related: want concepts, have none: --controls takes a file of them")
	}
	e.Notef("related concepts: %s", strings.Join(result.Concepts, ", "))
	j.Controls = result.Concepts
	f.found, err = result.Encode()
	return result.Request.Category.Plural, err
}

// storedRelated returns what the same request was answered in the dataset that
// is there or was begun, so that a run goes on with the concepts it began with;
// nil where there is none.
func (f *collectFlags) storedRelated(e *env, r related.Request, l *collect.Loaded) (*related.Result, error) {
	if f.out == "" {
		return nil, nil
	}
	data, err := dataset.Related(f.out)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	result, err := related.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.out, err)
	}
	kind, name := "model", l.Name
	if f.related.endpoint != "" {
		kind, name = "endpoint", f.related.name
	}
	if !r.Same(result.Request, result.Chosen != nil) || result.Source.Kind != kind || name != "" && result.Source.Name != name {
		return nil, nil
	}
	e.Notef("related concepts: those of %s", f.out)
	return result, nil
}
