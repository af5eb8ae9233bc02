package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"premlp/collect/jobs/queue"
)

// The names on the server. A job's tasks are in the stream premlp-unit-JOB with
// subjects premlp.unit.JOB.ID, its dead ones in premlp-dead-JOB.
const (
	unitSubjects = "premlp.unit."
	deadSubjects = "premlp.dead."
	workers      = "workers" // the consumer of each job's tasks
	maxKey       = "premlp-max-deliveries"
	retryKey     = "premlp-retry-delay"
)

// maxLetter bounds a dead task's record: its body in base64, its error in JSON.
const maxLetter = queue.MaxBody/3*4 + 64<<10

// maxIdle is how many workers may wait for the tasks of one job.
const maxIdle = 1 << 16

func unitStream(job string) string    { return "premlp-unit-" + job }
func deadStream(job string) string    { return "premlp-dead-" + job }
func unitSubject(t queue.Task) string { return unitSubjects + t.Job + "." + t.ID }
func deadSubject(t queue.Task) string { return deadSubjects + t.Job + "." + t.ID }

// jobHandle is a job as the server has it.
type jobHandle struct {
	name          string
	units, dead   jetstream.Stream
	workers       jetstream.Consumer
	lease         time.Duration
	retryDelay    time.Duration
	maxDeliveries int
}

// job returns the handle of a job; nil where the server has none.
func (q *natsQueue) job(ctx context.Context, name string) (*jobHandle, error) {
	q.mu.Lock()
	h := q.jobs[name]
	q.mu.Unlock()
	if h != nil {
		return h, nil
	}
	err := q.try(ctx, "find job "+name, func(ctx context.Context) (err error) {
		h, err = q.find(ctx, name)
		return err
	})
	if err != nil || h == nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs[name] = h
	return h, nil
}

// forget drops a handle, so that the server is asked again.
func (q *natsQueue) forget(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.jobs, name)
}

// find asks the server for a job.
func (q *natsQueue) find(ctx context.Context, name string) (*jobHandle, error) {
	h := &jobHandle{name: name}
	var err error
	if h.units, err = q.js.Stream(ctx, unitStream(name)); err == nil {
		if h.dead, err = q.js.Stream(ctx, deadStream(name)); err == nil {
			h.workers, err = h.units.Consumer(ctx, workers)
		}
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h, h.read(h.workers.CachedInfo().Config)
}

// read takes from the consumer what the job was made with.
func (h *jobHandle) read(c jetstream.ConsumerConfig) error {
	most, err := strconv.Atoi(c.Metadata[maxKey])
	if err != nil || most < 1 {
		return fmt.Errorf("job %s: the server's consumer: want %s of at least 1, have %q", h.name, maxKey, c.Metadata[maxKey])
	}
	delay, err := time.ParseDuration(c.Metadata[retryKey])
	if err != nil || delay < 0 {
		return fmt.Errorf("job %s: the server's consumer: want %s, a duration, have %q", h.name, retryKey, c.Metadata[retryKey])
	}
	h.lease, h.maxDeliveries, h.retryDelay = c.AckWait, most, delay
	return nil
}

// make finds a job or makes it.
func (q *natsQueue) make(ctx context.Context, name string) (*jobHandle, error) {
	h, err := q.job(ctx, name)
	if h != nil || err != nil {
		return h, err
	}
	err = q.try(ctx, "make job "+name, func(ctx context.Context) error { return q.create(ctx, name) })
	if err != nil {
		return nil, err
	}
	h, err = q.job(ctx, name)
	if err == nil && h == nil {
		err = fmt.Errorf("queue: job %s: gone as soon as it was made", name)
	}
	return h, err
}

// create makes a job's streams and their consumer. What another made in the
// same moment stays as that one made it.
func (q *natsQueue) create(ctx context.Context, name string) error {
	o := q.options
	_, err := q.js.CreateStream(ctx, jetstream.StreamConfig{
		Name:              deadStream(name),
		Description:       "premlp: tasks that cannot be done, and why",
		Subjects:          []string{deadSubjects + name + ".*"},
		Storage:           jetstream.FileStorage,
		Replicas:          o.Replicas,
		MaxMsgsPerSubject: 1,
		MaxMsgSize:        maxLetter,
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return err
	}
	_, err = q.js.CreateStream(ctx, jetstream.StreamConfig{
		Name:                 unitStream(name),
		Description:          "premlp: tasks of a job",
		Subjects:             []string{unitSubjects + name + ".*"},
		Storage:              jetstream.FileStorage,
		Replicas:             o.Replicas,
		Retention:            jetstream.WorkQueuePolicy,
		Discard:              jetstream.DiscardNew,
		DiscardNewPerSubject: true, // a task that is here is not put again
		MaxMsgsPerSubject:    1,
		MaxMsgs:              int64(o.MaxWaiting),
		MaxMsgSize:           queue.MaxBody,
		// A lease of a job that was forgotten names a place in its stream: no
		// task of the job's next life has it.
		FirstSeq: 1 + rand.Uint64N(1<<52),
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return err
	}
	_, err = q.js.CreateConsumer(ctx, unitStream(name), jetstream.ConsumerConfig{
		Durable:       workers,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       o.Lease,
		MaxDeliver:    -1, // Take counts: a server would leave the task in the stream, for nobody
		MaxAckPending: -1,
		MaxWaiting:    maxIdle,
		Metadata: map[string]string{
			maxKey:   strconv.Itoa(o.MaxDeliveries),
			retryKey: o.RetryDelay.String(),
		},
	})
	if err != nil && !errors.Is(err, jetstream.ErrConsumerExists) {
		return err
	}
	return nil
}

// Forget removes a job's streams; see queue.Forgetter.
func (q *natsQueue) Forget(ctx context.Context, job string) error {
	if err := queue.CheckName("job", job); err != nil {
		return err
	}
	for _, stream := range []string{unitStream(job), deadStream(job)} {
		err := q.try(ctx, "forget job "+job, func(ctx context.Context) error {
			err := q.js.DeleteStream(ctx, stream)
			if errors.Is(err, jetstream.ErrStreamNotFound) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	q.forget(job)
	return nil
}

// known returns the jobs that were found before, the one that last had a task
// first and then the oldest first.
func (q *natsQueue) known() []*jobHandle {
	q.mu.Lock()
	defer q.mu.Unlock()
	handles := slices.Collect(maps.Values(q.jobs))
	slices.SortFunc(handles, func(a, b *jobHandle) int {
		switch {
		case a.name == b.name:
			return 0
		case a.name == q.last:
			return -1
		case b.name == q.last:
			return 1
		}
		return a.units.CachedInfo().Created.Compare(b.units.CachedInfo().Created)
	})
	if q.options.Job != "" {
		handles = slices.DeleteFunc(handles, func(h *jobHandle) bool { return h.name != q.options.Job })
	}
	return handles
}

// list asks the server for the jobs that Take takes from.
func (q *natsQueue) list(ctx context.Context) ([]*jobHandle, error) {
	var err error
	if q.options.Job != "" {
		_, err = q.job(ctx, q.options.Job)
	} else {
		err = q.relist(ctx)
	}
	return q.known(), err
}

// relist asks the server for its jobs.
func (q *natsQueue) relist(ctx context.Context) error {
	one, cancel := q.linked(ctx, attempt) // an answer may never come
	defer cancel()
	names := q.js.StreamNames(one, jetstream.WithStreamListSubject(unitSubjects+">"))
	found := map[string]bool{}
	for stream := range names.Name() {
		name, ok := strings.CutPrefix(stream, unitStream(""))
		if !ok || queue.CheckName("job", name) != nil {
			continue
		}
		found[name] = true
		if _, err := q.job(ctx, name); err != nil {
			return err
		}
	}
	if err := names.Err(); err != nil {
		if context.Cause(one) == errLink {
			return errLink
		}
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for name := range q.jobs {
		if !found[name] {
			delete(q.jobs, name)
		}
	}
	return nil
}
