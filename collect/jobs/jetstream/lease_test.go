package jetstream

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

// TestClockJumps moves the worker's clock while it holds a lease. Ahead, the
// lease counts as lost, and the task is done all the same; back, nothing
// happens.
func TestClockJumps(t *testing.T) {
	for _, test := range []struct {
		name string
		jump time.Duration
		lost bool
	}{
		{"back", -24 * time.Hour, false},
		{"a little ahead", time.Second, false},
		{"ahead", time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t)
			q := openAt(t, s.URL(), Options{Options: queue.Options{Lease: time.Minute}, Security: Security{NKey: s.NKey()}})
			var jump atomic.Int64
			q.now = func() time.Time { return time.Now().Round(0).Add(time.Duration(jump.Load())) }
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := q.Put(ctx, queuetest.Tasks("a", 2)); err != nil {
				t.Fatal(err)
			}
			l, err := q.Take(ctx)
			if err != nil {
				t.Fatal(err)
			}
			jump.Store(int64(test.jump))
			if err := l.Extend(ctx); errors.Is(err, queue.ErrLost) != test.lost {
				t.Errorf("extend: want lost %t, have %v", test.lost, err)
			}
			if err := l.Done(ctx); err != nil {
				t.Errorf("done: %v", err)
			}
			if l, err = q.Take(ctx); err != nil || l.Extend(ctx) != nil || l.Done(ctx) != nil {
				t.Errorf("the next task: %v", err)
			}
			if status, err := q.Status(ctx, "a"); err != nil || status != (queue.Status{Done: 2}) {
				t.Errorf("status: have %+v, %v", status, err)
			}
		})
	}
}

// TestSuspended holds that a wall clock that jumps ahead of the other one, as
// after a machine slept, ends a lease too.
func TestSuspended(t *testing.T) {
	q := &natsQueue{open: t.Context(), now: time.Now}
	l := &lease{q: q, h: &jobHandle{lease: time.Minute}, since: time.Now()}
	if err := l.held(); err != nil {
		t.Errorf("a new lease: %v", err)
	}
	l.since = time.Now().Add(-2 * time.Minute).Round(0)
	if err := l.held(); !errors.Is(err, queue.ErrLost) {
		t.Errorf("a lease from before a sleep: want ErrLost, have %v", err)
	}
}
