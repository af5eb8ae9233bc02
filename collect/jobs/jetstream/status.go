package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"premlp/collect/jobs/queue"
)

// Status counts a job; see queue.Queue. It takes three requests, however many
// tasks there are. While tasks move, the counts are of moments that lie a few
// milliseconds apart.
func (q *natsQueue) Status(ctx context.Context, job string) (queue.Status, error) {
	if err := queue.CheckName("job", job); err != nil {
		return queue.Status{}, err
	}
	h, err := q.job(ctx, job)
	if err != nil || h == nil {
		return queue.Status{}, err
	}
	var status queue.Status
	err = q.try(ctx, "status of job "+job, func(ctx context.Context) error {
		status, err = h.status(ctx)
		return err
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		q.forget(job)
		return queue.Status{}, nil
	}
	return status, err
}

func (h *jobHandle) status(ctx context.Context) (queue.Status, error) {
	dead, err := h.dead.Info(ctx)
	if err != nil {
		return queue.Status{}, err
	}
	units, err := h.units.Info(ctx)
	if err != nil {
		return queue.Status{}, err
	}
	w, err := h.workers.Info(ctx)
	if err != nil {
		return queue.Status{}, err
	}
	return count(dead.State, units, w), nil
}

// count reads the counts off the numbers that the server gives messages and
// deliveries. Every task put has a number in its stream, every one there is
// not settled, and every death has a number among the dead.
func count(dead jetstream.StreamState, units *jetstream.StreamInfo, w *jetstream.ConsumerInfo) queue.Status {
	before := max(1, units.Config.FirstSeq) - 1 // numbers that no task has
	here := int64(units.State.Msgs)
	running := min(int64(w.NumAckPending), here)
	s := queue.Status{
		Waiting: here - running,
		Running: running,
		Done:    max(0, int64(units.State.LastSeq-before)-here-int64(dead.LastSeq)),
		Dead:    int64(dead.Msgs),
		Idle:    int64(w.NumWaiting),
	}
	if w.Delivered.Consumer > 0 {
		s.Redelivered = max(0, int64(w.Delivered.Consumer)-int64(w.Delivered.Stream-before))
	}
	return s
}

// Dead lists poison tasks, oldest first; see queue.Queue.
func (q *natsQueue) Dead(ctx context.Context, job string) iter.Seq2[queue.Failure, error] {
	return func(yield func(queue.Failure, error) bool) {
		if err := queue.CheckName("job", job); err != nil {
			yield(queue.Failure{}, err)
			return
		}
		h, err := q.job(ctx, job)
		if err != nil {
			yield(queue.Failure{}, err)
		}
		if h == nil {
			return
		}
		for l, err := range q.letters(ctx, h) {
			if !yield(l.failure, err) {
				return
			}
		}
	}
}

// letter is the record of a dead task and its place in the stream.
type letter struct {
	failure queue.Failure
	seq     uint64
}

// page is how many records are asked for at once.
const page = 64

// letters reads the records of a job's dead tasks, a page at a time.
func (q *natsQueue) letters(ctx context.Context, h *jobHandle) iter.Seq2[letter, error] {
	return func(yield func(letter, error) bool) {
		for next := uint64(1); next > 0; {
			var letters []letter
			err := q.try(ctx, "read dead tasks of job "+h.name, func(ctx context.Context) (err error) {
				letters, err = h.readPage(ctx, next)
				return err
			})
			if err != nil {
				yield(letter{}, err)
				return
			}
			next = 0
			for _, l := range letters {
				if !yield(l, nil) {
					return
				}
				next = l.seq + 1
			}
		}
	}
}

// readPage reads the next records from a place in the stream on; none at its
// end.
func (h *jobHandle) readPage(ctx context.Context, from uint64) ([]letter, error) {
	c, err := h.dead.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, err
	}
	defer h.dead.DeleteConsumer(context.WithoutCancel(ctx), c.CachedInfo().Name)
	batch, err := c.FetchNoWait(page)
	if err != nil {
		return nil, err
	}
	var letters []letter
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		letters = append(letters, letter{h.parseLetter(m.Subject(), m.Data()), meta.Sequence.Stream})
	}
	return letters, batch.Error()
}

// parseLetter reads one record. What the subject says is believed, and a record
// that cannot be read is shown as one.
func (h *jobHandle) parseLetter(subject string, data []byte) queue.Failure {
	var f queue.Failure
	if err := json.Unmarshal(data, &f); err != nil {
		f = queue.Failure{Error: "its record cannot be read: " + err.Error()}
	}
	f.Error = queue.Cause(errors.New(f.Error), f.Deliveries) // no longer than any queue keeps
	f.Task.Job, f.Task.ID = h.name, strings.TrimPrefix(subject, deadSubjects+h.name+".")
	if err := f.Task.Check(); err != nil {
		f = queue.Failure{Task: queue.Task{Job: h.name}, Error: "the record of no task: " + err.Error()}
	}
	return f
}
