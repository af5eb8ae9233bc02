package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"premlp/collect/jobs/queue"
)

// A batch is what is on its way to the server at once: Put holds no more in
// memory, however many tasks there are.
const (
	maxBatch      = 1024    // tasks
	maxBatchBytes = 4 << 20 // of bodies
)

// Put sends tasks in batches, each of whose tasks the server confirms; see
// queue.Queue. It waits while a job has as many tasks as it may.
func (q *natsQueue) Put(ctx context.Context, tasks []queue.Task) error {
	for _, t := range tasks {
		if err := t.Check(); err != nil {
			return err
		}
	}
	for job, tasks := range byJob(tasks) {
		h, err := q.make(ctx, job)
		if err != nil {
			return err
		}
		buried, err := q.buried(ctx, h, tasks)
		if err != nil {
			return err
		}
		for len(tasks) > 0 {
			n := batch(tasks)
			if err := q.putBatch(ctx, slices.Clone(tasks[:n])); err != nil {
				return err
			}
			tasks = tasks[n:]
		}
		for _, seq := range buried { // they live again
			if err := q.unbury(ctx, h, seq); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// byJob groups tasks by their job, in the order in which the jobs come. One job's
// tasks, as most calls have, are not copied.
func byJob(tasks []queue.Task) iter.Seq2[string, []queue.Task] {
	return func(yield func(string, []queue.Task) bool) {
		for len(tasks) > 0 {
			job := tasks[0].Job
			other := func(t queue.Task) bool { return t.Job != job }
			if !slices.ContainsFunc(tasks, other) {
				yield(job, tasks)
				return
			}
			same := slices.DeleteFunc(slices.Clone(tasks), other)
			tasks = slices.DeleteFunc(slices.Clone(tasks), func(t queue.Task) bool { return t.Job == job })
			if !yield(job, same) {
				return
			}
		}
	}
}

// batch is how many of the tasks the next batch has.
func batch(tasks []queue.Task) int {
	bytes := 0
	for i, t := range tasks {
		if bytes += len(t.Body); i == maxBatch || i > 0 && bytes > maxBatchBytes {
			return i
		}
	}
	return len(tasks)
}

// errFull says that a job has as many tasks as it may.
var errFull = errors.New("the job's queue is full")

// putBatch sends tasks until the server has each of them.
func (q *natsQueue) putBatch(ctx context.Context, tasks []queue.Task) error {
	for {
		full := false
		err := q.try(ctx, "put", func(ctx context.Context) error {
			var err error
			tasks, err = q.send(ctx, tasks)
			if full = errors.Is(err, errFull); full {
				return nil
			}
			return err
		})
		if err != nil || !full {
			return err
		}
		wait, cancel := q.bind(ctx)
		pause(wait, 200*time.Millisecond)
		cancel()
	}
}

// send publishes tasks without waiting for each, then waits for the server's
// answers. It returns the tasks that the server did not take, and why not.
func (q *natsQueue) send(ctx context.Context, tasks []queue.Task) ([]queue.Task, error) {
	var failed []queue.Task
	var reason error
	answers := make([]jetstream.PubAckFuture, 0, len(tasks))
	for i, t := range tasks {
		answer, err := q.js.PublishMsgAsync(&nats.Msg{Subject: unitSubject(t), Data: t.Body})
		if err != nil {
			failed, reason = append(failed, tasks[i:]...), err
			break
		}
		answers = append(answers, answer)
	}
	for i, answer := range answers {
		err := wait(ctx, answer)
		if err != nil && !isHere(err) {
			failed = append(failed, tasks[i])
			reason = worse(reason, err)
		}
	}
	return failed, reason
}

// wait waits for the answer to one message.
func wait(ctx context.Context, answer jetstream.PubAckFuture) error {
	select {
	case <-answer.Ok():
		return nil
	case err := <-answer.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// codeNotStored is the server's code for a message that a limit of the stream
// keeps out; which limit, only its text says.
const codeNotStored = 10077

func notStored(err error, text string) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeNotStored && strings.Contains(api.Description, text)
}

// isHere says whether the task was refused because it waits or runs already.
func isHere(err error) bool { return notStored(err, "maximum messages per subject exceeded") }

// worse keeps the error that says more: a full queue says least.
func worse(a, b error) error {
	if notStored(b, "maximum messages exceeded") {
		b = errFull
	}
	if a == nil || errors.Is(a, errFull) {
		return b
	}
	return a
}

// buried returns the places of those of the tasks that are dead.
func (q *natsQueue) buried(ctx context.Context, h *jobHandle, tasks []queue.Task) ([]uint64, error) {
	var state jetstream.StreamState
	err := q.try(ctx, "look for dead tasks", func(ctx context.Context) error {
		info, err := h.dead.Info(ctx)
		if err == nil {
			state = info.State
		}
		return err
	})
	if err != nil || state.Msgs == 0 {
		return nil, err
	}
	ids := make(map[string]bool, len(tasks))
	for _, t := range tasks {
		ids[t.ID] = true
	}
	var places []uint64
	for letter, err := range q.letters(ctx, h) {
		if err != nil {
			return nil, err
		}
		if ids[letter.failure.Task.ID] {
			places = append(places, letter.seq)
		}
	}
	return places, nil
}

// unbury forgets one dead task.
func (q *natsQueue) unbury(ctx context.Context, h *jobHandle, seq uint64) error {
	return q.try(ctx, fmt.Sprintf("forget dead task %d", seq), func(ctx context.Context) error {
		err := h.dead.DeleteMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
			return nil // forgotten by another, or replaced
		}
		return err
	})
}
