package study

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/model"
)

// questionSet is the questions of one dataset of a study.
type questionSet struct {
	name  string // of the dataset's folder
	job   collect.Job
	sites []model.Site
}

// collectRows makes the dataset of a set of questions at all layers, or goes on
// with it, and opens it. The caller closes it.
func (o Options) collectRows(ctx context.Context, l *collect.Loaded, s questionSet) (*dataset.Reader, error) {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("study: %w", err)
	}
	options := collect.Options{Dir: filepath.Join(o.Dir, s.name), Sites: s.sites, DType: dataset.F32, Threads: o.Threads, Run: o.Run}
	for layer := range l.Model.Config().Layers {
		options.Layers = append(options.Layers, layer)
	}
	plan, err := collect.Prepare(ctx, l, s.job, options)
	if err != nil {
		return nil, fmt.Errorf("study: %s: %w", s.name, err)
	}
	defer plan.Close()
	stage := o.Watch.Stage(s.name, "questions")
	_, err = plan.Run(ctx, func(done, total int) { stage.Set(int64(done), int64(total)) }, o.Watch.Notef)
	stage.Close()
	if err != nil {
		return nil, fmt.Errorf("study: %s: %w", s.name, err)
	}
	return dataset.Open(options.Dir)
}
