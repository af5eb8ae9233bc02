package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"premlp/collect/jobs/queue"
)

// lease is one delivery of a message. The server does not say whether another
// has the message now, so a lease counts as lost when its time is over by this
// machine's clock: the server gave it at most as long.
type lease struct {
	q        *natsQueue
	h        *jobHandle
	task     queue.Task
	delivery int
	reply    string // where the server waits for word of this delivery
	seq      uint64 // the message's place in the stream

	mu    sync.Mutex
	since time.Time // when the lease began or was last extended
	over  bool      // settled or lost
}

func (l *lease) Task() queue.Task { return l.task }
func (l *lease) Delivery() int    { return l.delivery }

// Extend asks once: the next heartbeat asks again.
func (l *lease) Extend(ctx context.Context) error {
	if err := l.held(); err != nil {
		return err
	}
	start := l.q.now()
	err := l.q.tryFor(ctx, 0, l.what("extend"), func(ctx context.Context) error { return l.ask(ctx, "+WPI") })
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = start
	return nil
}

func (l *lease) Done(ctx context.Context) error {
	err := l.settle(ctx)
	if err == nil {
		l.end()
	}
	return err
}

func (l *lease) Retry(ctx context.Context, cause error) error {
	if err := l.held(); err != nil {
		return err
	}
	if l.delivery >= l.h.maxDeliveries {
		return l.bury(ctx, cause)
	}
	word := "-NAK"
	if cause != nil {
		word += fmt.Sprintf(` {"delay": %d}`, l.h.retryDelay.Nanoseconds())
	}
	// Without an answer the task comes back when its lease is over.
	err := l.q.tryFor(ctx, 2*silence, l.what("give back"), func(ctx context.Context) error { return l.ask(ctx, word) })
	if err == nil {
		l.end()
	}
	return err
}

func (l *lease) Kill(ctx context.Context, cause error) error {
	if err := l.held(); err != nil {
		return err
	}
	return l.bury(ctx, cause)
}

// bury puts the task among the dead ones and takes it off the queue, in this
// order: where the second fails, it is delivered again and buried again.
func (l *lease) bury(ctx context.Context, cause error) error {
	letter, err := json.Marshal(queue.Failure{Task: l.task, Deliveries: l.delivery, Error: queue.Cause(cause, l.delivery)})
	if err != nil {
		return err
	}
	err = l.q.try(ctx, l.what("bury"), func(ctx context.Context) error {
		_, err := l.q.js.PublishMsg(ctx, &nats.Msg{Subject: deadSubject(l.task), Data: letter},
			jetstream.WithMsgID(strconv.FormatUint(l.seq, 10)), jetstream.WithRetryAttempts(0))
		return err
	})
	if err != nil {
		return err
	}
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.end()
	return nil
}

// held returns queue.ErrLost where the lease is over. A wall clock that jumped
// ahead ends it too: this machine may have slept, which the other clock does
// not count.
func (l *lease) held() error {
	if l.q.open.Err() != nil {
		return queue.ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.q.now()
	passed := max(now.Sub(l.since), now.Round(0).Sub(l.since.Round(0)))
	if passed >= l.h.lease {
		l.over = true
	}
	if l.over {
		return queue.ErrLost
	}
	return nil
}

func (l *lease) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// silence is how long the server may take to confirm a word about a delivery.
const silence = time.Second

// settle takes the message off the stream. A server that was killed may have
// forgotten its last deliveries, and then it does not answer word of them: the
// message is then deleted by its place.
func (l *lease) settle(ctx context.Context) error {
	return l.q.try(ctx, l.what("settle"), func(ctx context.Context) error {
		err := l.ask(ctx, "+ACK")
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return l.remove(ctx)
		}
		return err
	})
}

// remove deletes the message by its place in the stream, if it is still there.
func (l *lease) remove(ctx context.Context) error {
	m, err := l.h.units.GetMsg(ctx, l.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && m.Subject != unitSubject(l.task) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.h.units.DeleteMsg(ctx, l.seq)
}

// ask tells the server a word about this delivery and waits for its answer.
func (l *lease) ask(ctx context.Context, word string) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err := l.q.nc.RequestWithContext(ctx, l.reply, []byte(word))
	return err
}

func (l *lease) what(verb string) string { return verb + " task " + l.task.ID }
