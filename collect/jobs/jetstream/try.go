package jetstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// attempt is how long one request waits for its answer.
const attempt = 5 * time.Second

// try runs do until it succeeds, fails for a reason that does not pass, ctx
// ends, or the server was out of reach for the patience of the options. do's
// context ends each attempt.
func (q *natsQueue) try(ctx context.Context, what string, do func(context.Context) error) error {
	return q.tryFor(ctx, q.options.Patience, what, do)
}

func (q *natsQueue) tryFor(ctx context.Context, patience time.Duration, what string, do func(context.Context) error) error {
	ctx, cancel := q.bind(ctx)
	defer cancel()
	start := time.Now()
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		if ctx.Err() != nil {
			return why(ctx)
		}
		one, cancel := q.linked(ctx, attempt)
		err := do(one)
		if err != nil && context.Cause(one) == errLink {
			err = errLink
		}
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return why(ctx)
		case !q.passes(err):
			return fmt.Errorf("queue: %s: %w", what, err)
		case time.Since(start) > patience:
			return fmt.Errorf("queue: %s: tried for %s: %w", what, time.Since(start).Round(time.Second), err)
		}
		pause(ctx, wait)
	}
}

// passes says whether an error is of a connection or a server that may come
// back.
func (q *natsQueue) passes(err error) bool {
	if q.nc != nil && q.nc.IsClosed() { // as after credentials were refused twice
		return false
	}
	if errors.Is(err, nats.ErrTLS) || errors.As(err, new(tls.AlertError)) { // a certificate was refused, here or there
		return false
	}
	for _, e := range []error{
		errLink, io.EOF, context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrNoServers, nats.ErrDisconnected,
		nats.ErrReconnectBufExceeded, nats.ErrStaleConnection, nats.ErrConnectionReconnecting,
		jetstream.ErrNoStreamResponse, jetstream.ErrNoHeartbeat, jetstream.ErrConsumerLeadershipChanged,
		jetstream.ErrAsyncPublishTimeout, jetstream.ErrTooManyStalledMsgs, jetstream.ErrJetStreamNotEnabled,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return true
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code == 503 && api.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabledForAccount
}

// pause waits for about d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	d = d/2 + rand.N(d) // so that workers that failed together do not ask together
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
