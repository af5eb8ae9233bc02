package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"premlp/collect/dataset"
	"premlp/collect/jobs/queue"
)

// mortal is a worker's side of a queue until it is killed: from then on nothing
// that the worker says reaches the queue, and its leases run out.
type mortal struct {
	queue.Queue
	dead atomic.Bool
}

type mortalLease struct {
	queue.Lease
	q *mortal
}

var errKilled = errors.New("killed")

func (m *mortal) Take(ctx context.Context) (queue.Lease, error) {
	if m.dead.Load() {
		return nil, errKilled
	}
	l, err := m.Queue.Take(ctx)
	if err != nil {
		return nil, err
	}
	return mortalLease{l, m}, nil
}

func (l mortalLease) unless(do func() error) error {
	if l.q.dead.Load() {
		return errKilled
	}
	return do()
}

func (l mortalLease) Extend(ctx context.Context) error {
	return l.unless(func() error { return l.Lease.Extend(ctx) })
}
func (l mortalLease) Done(ctx context.Context) error {
	return l.unless(func() error { return l.Lease.Done(ctx) })
}
func (l mortalLease) Retry(ctx context.Context, cause error) error {
	return l.unless(func() error { return l.Lease.Retry(ctx, cause) })
}
func (l mortalLease) Kill(ctx context.Context, cause error) error {
	return l.unless(func() error { return l.Lease.Kill(ctx, cause) })
}

// Workers are killed at random steps, also between a block's storing and its
// acknowledgement, units are delivered twice, and blocks are torn: what is merged
// in the end has the bytes of an undisturbed run.
func TestKilledWorkers(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	want := single(t, p)
	schedules := 20
	if testing.Short() {
		schedules = 2
	}
	for seed := range schedules {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s, q := newStore(t), quickQueue(t)
			done := submit(t, s, q, p)
			var mu sync.Mutex
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			draw := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return r.IntN(n)
			}
			var kills atomic.Int64
			var running sync.WaitGroup
			for i := range 1 + seed%3 {
				running.Go(func() {
					for life := 0; ; life++ {
						m := &mortal{Queue: q}
						ctx, cancel := context.WithCancel(t.Context())
						w := newWorker(t, s, m, fmt.Sprintf("worker-%d-%d", i, life))
						w.fault = func(step, key string) error {
							if life < 8 && draw(8) == 0 {
								m.dead.Store(true)
								kills.Add(1)
								cancel()
								return errKilled
							}
							if step == "stored" && life < 8 && draw(8) == 0 { // a torn block, and its unit again
								tear(t, s, key, draw(3))
								err := q.Put(ctx, []queue.Task{{ID: key, Job: done.Job, Body: taskBody(t, s, done.Job, key)}})
								if err != nil && ctx.Err() == nil {
									t.Error(err)
								}
							}
							return nil
						}
						err := w.Run(ctx)
						cancel()
						if !m.dead.Load() {
							if err != nil {
								t.Error(err)
							}
							return
						}
					}
				})
			}
			running.Wait()
			t.Logf("%d kills", kills.Load())
			// What was torn behind a unit's acknowledgement, Check finds.
			again, err := Submit(t.Context(), s, q, p, SubmitOptions{UnitBytes: unitBytes, Check: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", again)
			work(t, newWorker(t, s, q, "last"))
			same(t, want, merge(t, s, done.Job))
		})
	}
}

// Two workers on one unit: both may store it, and one block stays.
func TestTwoWorkersOnOneUnit(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s := newStore(t)
	q := queue.NewMemory(queue.Options{Lease: 20 * time.Millisecond, MaxDeliveries: 100})
	defer q.Close()
	done := submit(t, s, q, p)
	var mu sync.Mutex
	computed := map[string]int{}
	var running sync.WaitGroup
	for i := range 2 {
		w := newWorker(t, s, q, fmt.Sprint("worker-", i))
		w.Heartbeat = time.Hour // leases run out while units are computed
		w.fault = func(step, key string) error {
			if step == "computed" {
				mu.Lock()
				computed[key]++
				mu.Unlock()
				time.Sleep(50 * time.Millisecond)
			}
			return nil
		}
		running.Go(func() { work(t, w) })
	}
	running.Wait()
	twice := 0
	for _, n := range computed {
		if n > 1 {
			twice++
		}
	}
	if twice == 0 {
		t.Error("want units computed twice, have none: the test tests nothing")
	}
	same(t, single(t, p), merge(t, s, done.Job))
}
