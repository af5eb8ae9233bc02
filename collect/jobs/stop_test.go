package jobs

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"premlp/collect/dataset"
)

// A worker that is told to end finishes its unit within the time it has, else gives
// it back; either way it ends without an error, and the unit is not counted as
// failed.
func TestWorkerStops(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	for _, c := range []struct {
		grace    time.Duration
		computed int64
	}{{0, 0}, {time.Minute, 1}} {
		s, q := newStore(t), quickQueue(t)
		done := submit(t, s, q, p)
		ctx, cancel := context.WithCancel(t.Context())
		w := newWorker(t, s, q, "one")
		w.Grace, w.UntilEmpty = c.grace, false
		w.fault = func(step, _ string) error {
			if step == "computing" {
				cancel()
				time.Sleep(50 * time.Millisecond) // until what it is told has come through
			}
			return nil
		}
		if err := w.Run(ctx); err != nil {
			t.Errorf("grace %s: have %v", c.grace, err)
		}
		counts, err := q.Status(t.Context(), done.Job)
		if err != nil || counts.Done != c.computed || counts.Dead != 0 || counts.Waiting+counts.Running != int64(done.Units)-c.computed {
			t.Errorf("grace %s: want %d done and the rest in the queue, have %+v, %v", c.grace, c.computed, counts, err)
		}
		if w.Metrics.Computed != c.computed || w.Metrics.Failed != 0 {
			t.Errorf("grace %s: have %+v", c.grace, w.Metrics)
		}
		work(t, newWorker(t, s, q, "two"))
		merge(t, s, done.Job)
	}
}

func TestOnce(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	w := newWorker(t, s, q, "one")
	w.UntilEmpty, w.Once = false, true
	work(t, w)
	st, err := ReadStatus(t.Context(), s, q, Listed{ID: done.Job, Record: mustOpen(t, s, done.Job).Record})
	if err != nil || st.Done != 1 || st.Queue.Done != 1 || len(st.Workers) != 1 || st.Workers[0].Units != 1 || !st.Workers[0].Ended {
		t.Errorf("have %+v, %v", st, err)
	}
}

// A worker of one job does not wait for others.
func TestEmpty(t *testing.T) {
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, tinyPlan(t, tiny(t), dataset.F32))
	w := newWorker(t, s, q, "one")
	for job, want := range map[string]bool{"": false, done.Job: false, strings.Repeat("ab", 32): true} {
		w.Job = job
		if empty, err := w.empty(t.Context()); empty != want || err != nil {
			t.Errorf("job %q: want %v, have %v, %v", job, want, empty, err)
		}
	}
}

// The rate is that of workers at work; a unit is slow by what units usually take.
func TestDerive(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ago := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	running := func(seconds int) []RunningUnit { return []RunningUnit{{Key: "k", Since: ago(seconds)}} }
	s := Status{Listed: Listed{Record: &Record{Units: 40}}, Done: 10, Workers: []Report{
		{Worker: "a", Started: ago(105), Updated: ago(5), Units: 10, UnitSeconds: 50, Running: running(4)},
		{Worker: "slow", Started: ago(100), Updated: ago(0), Units: 5, UnitSeconds: 100, Running: running(70)},
		{Worker: "gone", Started: ago(900), Updated: ago(600), Units: 7, UnitSeconds: 140, Running: running(620)},
		{Worker: "ended", Started: ago(90), Updated: ago(1), Units: 9, UnitSeconds: 90, Ended: true},
		{Worker: "new", Started: ago(1), Updated: ago(1), Running: running(1)},
	}}
	s.derive(now)
	if want := 10.0/100 + 5.0/100; math.Abs(s.Rate-want) > 1e-9 || math.Abs(s.Left-30/want) > 1e-6 {
		t.Errorf("want %v units a second and %v s left, have %v and %v", want, 30/want, s.Rate, s.Left)
	}
	if len(s.Stragglers) != 1 || s.Stragglers[0].Worker != "slow" || s.Stragglers[0].Seconds != 70 {
		t.Errorf("stragglers: have %+v", s.Stragglers)
	}
	s.Done, s.Rate, s.Left, s.Stragglers = 40, 0, 0, nil
	if s.derive(now); s.Rate != 0 || s.Left != 0 || len(s.Stragglers) != 0 {
		t.Errorf("a job that is done: have %v units a second, %v s left, %+v", s.Rate, s.Left, s.Stragglers)
	}
}
