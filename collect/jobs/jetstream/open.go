// Package jetstream keeps the queue on a NATS server, so that many machines can
// share a job.
//
// Each job has two streams on the server's disk: one of its tasks, from which
// a task goes when it is done, and one of its dead tasks with their errors. All
// counts are read off the streams' sequence numbers, so nothing has to be kept
// beside them and a restart loses none.
package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"premlp/collect/jobs/queue"
)

// Options are how a queue is used. Zeros mean the defaults.
type Options struct {
	// Options are those of jobs that Put makes. A job keeps what it was made
	// with, and workers read it from the server.
	queue.Options

	// Security names the files of certificates and keys.
	Security Security

	// Job is the only job that Take takes from; all if empty.
	Job string

	// Replicas is how many servers of a cluster keep each task of jobs that Put
	// makes: 1, 3 or 5. The default is 1.
	Replicas int

	// Patience is how long an operation goes on trying while the server cannot
	// be reached (2 minutes).
	Patience time.Duration

	// Note takes one line about a lost or regained connection and the like; nil:
	// nothing.
	Note func(line string)
}

func (o Options) withDefaults() (Options, error) {
	o.Options = o.Options.WithDefaults()
	o.Replicas = cmp.Or(o.Replicas, 1)
	o.Patience = cmp.Or(o.Patience, 2*time.Minute)
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5 {
		return o, fmt.Errorf("replicas: want 1, 3 or 5, have %d", o.Replicas)
	}
	if o.Job != "" {
		return o, queue.CheckName("job", o.Job)
	}
	return o, nil
}

// openPatience is how long Open waits for a server that is about to start.
const openPatience = 10 * time.Second

// natsQueue is the queue of one connection.
type natsQueue struct {
	options Options
	nc      *nats.Conn
	js      jetstream.JetStream
	open    context.Context // ends with cause queue.ErrClosed
	close   context.CancelCauseFunc
	now     func() time.Time // the tests' clock jumps

	mu   sync.Mutex
	link context.Context    // ends when the connection is lost, and is then replaced
	cut  context.CancelFunc // ends link
	jobs map[string]*jobHandle
	last string        // the job that last had a task
	turn atomic.Uint32 // at which of several jobs without tasks Take waits
}

// Open connects to the server, or to one of the servers separated by commas,
// and stays connected until Close: it reconnects whenever the connection is
// lost. A server on another host is refused without TLS and something that
// proves who asks.
func Open(ctx context.Context, url string, o Options) (queue.Queue, error) {
	return open(ctx, url, o)
}

func open(ctx context.Context, url string, o Options) (*natsQueue, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	urls, loopback, err := servers(url)
	if err != nil {
		return nil, err
	}
	options, err := o.Security.connectOptions(urls, loopback)
	if err != nil {
		return nil, err
	}
	q := &natsQueue{options: o, jobs: map[string]*jobHandle{}, now: time.Now}
	q.open, q.close = context.WithCancelCause(context.Background())
	q.link, q.cut = context.WithCancel(context.Background())
	at := strings.Join(urls, ",")
	err = q.tryFor(ctx, openPatience, "connect to "+at, func(ctx context.Context) error { return q.connect(ctx, urls, options) })
	if err == nil { // a cluster that starts takes longer to choose a leader
		err = q.try(ctx, "ask for streams at "+at, func(ctx context.Context) error {
			_, err := q.js.AccountInfo(ctx)
			return err
		})
	}
	if err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

// connect makes the connection.
func (q *natsQueue) connect(ctx context.Context, urls []string, options []nats.Option) error {
	nc, err := dial(ctx, urls, append(options, q.connection()...))
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(2*maxBatch), jetstream.WithPublishAsyncTimeout(attempt))
	if err != nil {
		nc.Close()
		return err
	}
	q.nc, q.js = nc, js
	return nil
}

// dial is nats.Connect with a context.
func dial(ctx context.Context, urls []string, options []nats.Option) (*nats.Conn, error) {
	type dialed struct {
		nc  *nats.Conn
		err error
	}
	result := make(chan dialed, 1)
	go func() {
		nc, err := nats.Connect(strings.Join(urls, ","), options...)
		result <- dialed{nc, err}
	}()
	select {
	case d := <-result:
		return d.nc, d.err
	case <-ctx.Done():
		go func() {
			if d := <-result; d.nc != nil {
				d.nc.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// connection are the options of every connection: it reconnects for ever, keeps
// nothing back while it is away (what was asked is asked again, so nothing is
// said twice late), and finds out within seconds that the other side hangs.
func (q *natsQueue) connection() []nats.Option {
	return []nats.Option{
		nats.Name("premlp"),
		nats.Timeout(5 * time.Second),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectJitter(300*time.Millisecond, 300*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			q.relink()
			if err != nil {
				q.options.Note("queue: connection lost: " + err.Error())
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			q.options.Note("queue: connected again to " + nc.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			q.options.Note("queue: " + err.Error())
		}),
	}
}

// Close ends the connection.
func (q *natsQueue) Close() error {
	q.close(queue.ErrClosed)
	if q.nc != nil {
		q.nc.Close()
	}
	return nil
}

// errLink says that the connection was lost before an answer came.
var errLink = errors.New("the connection was lost")

// relink ends what waits for answers on the connection that was lost: none
// will come.
func (q *natsQueue) relink() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cut()
	q.link, q.cut = context.WithCancel(context.Background())
}

// linked makes a context that ends with ctx, after d, or when the connection
// is lost, which is then its cause.
func (q *natsQueue) linked(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	q.mu.Lock()
	link := q.link
	q.mu.Unlock()
	ctx, stop := context.WithTimeout(ctx, d)
	ctx, cancel := context.WithCancelCause(ctx)
	unlink := context.AfterFunc(link, func() { cancel(errLink) })
	return ctx, func() { unlink(); cancel(nil); stop() }
}

// bind makes a context that ends with ctx or when the queue is closed.
func (q *natsQueue) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if q.open.Err() != nil { // AfterFunc would say so a moment later
		cancel(queue.ErrClosed)
	}
	stop := context.AfterFunc(q.open, func() { cancel(queue.ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// why is why ctx ended: the caller's reason, or queue.ErrClosed.
func why(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), queue.ErrClosed) {
		return queue.ErrClosed
	}
	return ctx.Err()
}
