package study

import (
	"errors"
	"fmt"
	"time"

	"premlp/collect"
	"premlp/collect/dataset"
)

// Options are what every study is given.
type Options struct {
	Dir     string // the study's folder, which is made
	Threads int
	Seed    uint64    // of everything drawn by chance
	Now     time.Time // the day that a chat template may show
	Run     dataset.RunInfo
	Watch   Watch
}

// Watch is told how a study goes.
type Watch interface {
	// Stage begins a stage that counts units, as "layers".
	Stage(name, unit string) Stage
	// Notef takes what a person should know.
	Notef(format string, args ...any)
}

// Stage is how far a stage is. Close ends it, after an error too.
type Stage interface {
	Set(done, total int64)
	Close()
}

// check refuses options that mean nothing.
func (o Options) check() error {
	switch {
	case o.Dir == "":
		return errors.New("study: want a folder, have none")
	case o.Threads < 1:
		return fmt.Errorf("study: threads: want 1 or more, have %d", o.Threads)
	case o.Seed == 0:
		return errors.New("study: seed: want 1 or more, have 0")
	case o.Watch == nil:
		return errors.New("study: want something that watches, have none")
	}
	return nil
}

// form is the form of a study's questions: the model's chat form, the plain
// question where it has none.
func (o Options) form(l *collect.Loaded) collect.Job {
	return collect.Job{Chat: l.Chat, Now: o.Now}
}
