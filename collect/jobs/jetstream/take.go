package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"premlp/collect/jobs/queue"
)

// How long Take waits at one job for a task: at the only one, and at one of
// several.
const (
	waitAtOnly = 5 * time.Second
	waitAtOne  = time.Second
)

// Take waits for a task; see queue.Queue. It goes on waiting while the server
// is away, for as long as the options' patience.
func (q *natsQueue) Take(ctx context.Context) (queue.Lease, error) {
	ctx, cancel := q.bind(ctx)
	defer cancel()
	reached := time.Now()
	for ctx.Err() == nil {
		l, err := q.take(ctx)
		switch {
		case l != nil:
			return l, nil
		case err == nil:
			reached = time.Now()
			continue
		case ctx.Err() != nil:
			return nil, why(ctx)
		case !q.passes(err) || time.Since(reached) > q.options.Patience:
			return nil, fmt.Errorf("queue: take: %w", err)
		}
		pause(ctx, 300*time.Millisecond)
	}
	return nil, why(ctx)
}

// take asks every known job for a task, and then waits at one of all jobs. It
// returns nil, nil where that one had none.
func (q *natsQueue) take(ctx context.Context) (*lease, error) {
	for _, h := range q.known() {
		if l, err := q.fetch(ctx, h, 0); l != nil || err != nil {
			return l, err
		}
	}
	jobs, err := q.list(ctx)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		pause(ctx, waitAtOne)
		return nil, nil
	}
	wait := waitAtOnly
	if len(jobs) > 1 {
		wait = waitAtOne
	}
	return q.fetch(ctx, jobs[int(q.turn.Add(1))%len(jobs)], wait)
}

// fetch asks one job for a task and waits for it.
func (q *natsQueue) fetch(ctx context.Context, h *jobHandle, wait time.Duration) (*lease, error) {
	var batch jetstream.MessageBatch
	var err error
	if wait == 0 {
		batch, err = h.workers.FetchNoWait(1)
	} else {
		ctx, cancel := q.linked(ctx, wait)
		defer cancel()
		batch, err = h.workers.Fetch(1, jetstream.FetchContext(ctx))
	}
	if err != nil {
		return nil, err
	}
	m, ok := <-batch.Messages()
	if ok {
		return q.receive(ctx, h, m)
	}
	err = batch.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, nil
	case err != nil: // the job may be gone: ask the server again
		q.forget(h.name)
		if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, nats.ErrNoResponders) {
			pause(ctx, 300*time.Millisecond)
			return nil, nil
		}
	}
	return nil, err
}

// receive makes a lease of a message. It returns nil, nil for what is no task,
// and for a task that was delivered too often, which is then dead.
func (q *natsQueue) receive(ctx context.Context, h *jobHandle, m jetstream.Msg) (*lease, error) {
	meta, err := m.Metadata()
	if err != nil {
		return nil, fmt.Errorf("job %s: a message that the server did not number: %w", h.name, err)
	}
	l := &lease{
		q: q, h: h, reply: m.Reply(), seq: meta.Sequence.Stream, delivery: int(min(meta.NumDelivered, 1<<30)),
		task:  queue.Task{ID: strings.TrimPrefix(m.Subject(), unitSubjects+h.name+"."), Job: h.name, Body: m.Data()},
		since: q.now(),
	}
	if err := l.task.Check(); err != nil {
		q.options.Note("queue: took off what is no task: " + err.Error())
		return nil, l.settle(ctx)
	}
	if l.delivery > h.maxDeliveries {
		l.delivery = h.maxDeliveries
		return nil, l.bury(ctx, nil)
	}
	q.mu.Lock()
	q.last = h.name
	q.mu.Unlock()
	return l, nil
}
