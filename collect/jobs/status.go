package jobs

import (
	"context"
	"slices"
	"time"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// Status is how far a job is.
type Status struct {
	Listed
	Done       int             `json:"done"`               // units whose blocks are in the store
	Queue      *queue.Status   `json:"queue,omitempty"`    // where a queue was asked
	Workers    []Report        `json:"workers"`            // that worked on it
	Rate       float64         `json:"units_per_second"`   // of the workers that are at work
	Left       float64         `json:"seconds_left"`       // at this rate; 0 where it is not known
	Stragglers []Straggler     `json:"stragglers"`         // units that take long
	Failures   []queue.Failure `json:"failures,omitempty"` // of dead units, the first ones
}

// Straggler is a unit that has been computed for much longer than others took.
type Straggler struct {
	Worker string `json:"worker"`
	RunningUnit
	Seconds float64 `json:"seconds"`
}

const (
	// A worker whose report is older than this counts as gone.
	reportAge = 10 * reportEvery
	// A unit is a straggler past so many times what units took, and so long.
	stragglerTimes = 3
	stragglerLeast = 10 * time.Second
	// maxFailures is how many dead units a Status names.
	maxFailures = 20
)

// Progress says how many of a job's units are done, by the store alone. It takes
// one page of the store's listing at a time.
func Progress(ctx context.Context, s *store.Store, r *Record) (done int, err error) {
	err = presence(ctx, s, r.Units, r.units(ctx, s), func(_ Unit, has bool) error {
		if has {
			done++
		}
		return nil
	})
	return done, err
}

// ReadStatus says how far a job is. q may be nil.
func ReadStatus(ctx context.Context, s *store.Store, q queue.Queue, l Listed) (*Status, error) {
	st := &Status{Listed: l, Stragglers: []Straggler{}, Workers: []Report{}}
	var err error
	if st.Done, err = Progress(ctx, s, l.Record); err != nil {
		return nil, err
	}
	if q != nil {
		counts, err := q.Status(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		st.Queue = &counts
		for f, err := range q.Dead(ctx, l.ID) {
			if err != nil {
				return nil, err
			}
			if st.Failures = append(st.Failures, f); len(st.Failures) == maxFailures {
				break
			}
		}
	}
	reports, err := Reports(ctx, s, l.ID)
	if err != nil {
		return nil, err
	}
	st.Workers = append(st.Workers, reports...)
	st.derive(time.Now())
	return st, nil
}

// derive computes rate and stragglers from the reports.
func (s *Status) derive(now time.Time) {
	var usual []float64 // seconds a unit takes, by worker
	for _, w := range s.Workers {
		if w.Units > 0 {
			usual = append(usual, w.UnitSeconds/float64(w.Units))
		}
	}
	slices.Sort(usual)
	if s.Done == s.Units {
		return // what a worker that died says of itself is past
	}
	for _, w := range s.Workers {
		if w.Ended || now.Sub(w.Updated) > reportAge {
			continue
		}
		if took := w.Updated.Sub(w.Started).Seconds(); w.Units > 0 && took > 0 {
			s.Rate += float64(w.Units) / took
		}
		for _, u := range w.Running {
			took := now.Sub(u.Since)
			if took > stragglerLeast && len(usual) > 0 && took.Seconds() > stragglerTimes*usual[len(usual)/2] {
				s.Stragglers = append(s.Stragglers, Straggler{w.Worker, u, took.Seconds()})
			}
		}
	}
	if s.Rate > 0 {
		s.Left = float64(s.Units-s.Done) / s.Rate
	}
}
