package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrPoison marks, by wrapping, an error of Do that no other try can cure: the
// task is dead at once.
var ErrPoison = errors.New("this task can never be done")

// Worker does tasks one after another.
type Worker struct {
	Queue Queue

	// Do computes a task and stores its result under the task's ID, if absent.
	// It first looks whether the result is there: tasks are delivered at least
	// once. It ends soon after ctx does.
	Do func(ctx context.Context, t Task) error

	// Heartbeat is how often a lease is extended: a third of its time or less.
	Heartbeat time.Duration

	// Grace is how long a task may go on after Run's context ended. What is not
	// done by then is given back.
	Grace time.Duration

	// Note takes one line about what went wrong and was survived; nil: nothing.
	Note func(line string)
}

// mostShared is the last delivery that is shared: three workers may have a task,
// as the second may be slow too.
const mostShared = 2

// settleTime bounds the wait for the queue's answer on a task that is over. A
// task whose settling failed is delivered again, and its result is found.
const settleTime = 30 * time.Second

// maxPause bounds how long a worker waits after failures in a row, so that one
// broken machine does not use up the deliveries of every task.
const maxPause = time.Minute

// Run takes tasks until ctx ends, and then returns nil; or until the queue
// fails.
func (w Worker) Run(ctx context.Context) error {
	pause := time.Duration(0)
	for {
		lease, err := w.Queue.Take(ctx)
		switch {
		case ctx.Err() != nil && lease == nil:
			return nil
		case err != nil:
			return err
		}
		failed := w.one(ctx, lease)
		if !failed {
			pause = 0
			continue
		}
		pause = min(max(2*pause, time.Second), maxPause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// one does one task and settles its lease.
func (w Worker) one(ctx context.Context, lease Lease) (failed bool) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(w.Grace):
			stop()
		case <-work.Done():
		}
	})()

	h := w.keep(work, lease)
	err := w.Do(work, lease.Task())
	shared := h.end()

	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	what := "done"
	var settled error
	switch {
	case err == nil:
		settled = lease.Done(settle)
	case shared: // another has it
		what = "shared"
	case work.Err() != nil:
		what, settled = "given back", lease.Retry(settle, nil)
	case errors.Is(err, ErrPoison):
		what, settled = "dead", lease.Kill(settle, err)
	default:
		what, settled = "to be tried again", lease.Retry(settle, err)
	}
	if err != nil || settled != nil {
		w.note(lease, what, errors.Join(err, settled))
	}
	return err != nil && work.Err() == nil
}

func (w Worker) note(lease Lease, what string, err error) {
	if w.Note != nil {
		t := lease.Task()
		w.Note(fmt.Sprintf("job %s, task %s, delivery %d: %s: %v", t.Job, t.ID, lease.Delivery(), what, err))
	}
}

// holder extends a lease while its task is worked on.
type holder struct {
	stop   context.CancelFunc
	wait   sync.WaitGroup
	shared bool
}

// keep starts the heartbeat of a lease.
func (w Worker) keep(ctx context.Context, lease Lease) *holder {
	h := &holder{}
	ctx, h.stop = context.WithCancel(ctx)
	h.wait.Go(func() { h.shared = w.beat(ctx, lease) })
	return h
}

// end stops the heartbeat and says whether the task was shared.
func (h *holder) end() bool {
	h.stop()
	h.wait.Wait()
	return h.shared
}

// beat extends the lease until ctx ends, the lease is lost or the task is
// shared. The worker goes on with a task whose lease is lost: two results of
// one task are the same bytes, and either may be first.
func (w Worker) beat(ctx context.Context, lease Lease) (shared bool) {
	for beat := time.NewTicker(w.Heartbeat); ; {
		select {
		case <-ctx.Done():
			beat.Stop()
			return false
		case <-beat.C:
		}
		err := lease.Extend(ctx)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, ErrLost):
			return false
		case err != nil:
			w.note(lease, "not extended", err)
		case w.share(ctx, lease):
			return true
		}
	}
}

// share gives a task back while the worker goes on with it, so that the last
// tasks of a job do not wait for a slow machine: where nothing waits and
// workers are idle, one of them may as well compute the task too.
func (w Worker) share(ctx context.Context, lease Lease) bool {
	if lease.Delivery() > mostShared {
		return false
	}
	s, err := w.Queue.Status(ctx, lease.Task().Job)
	if err != nil || s.Waiting > 0 || s.Idle == 0 {
		return false
	}
	return lease.Retry(ctx, nil) == nil
}
