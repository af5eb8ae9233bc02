package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/jobs"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
	"premlp/layers"
	"premlp/weights/catalogue"
)

// workerFlags are the flags of worker.
type workerFlags struct {
	store, device, job, metrics string
	queue                       queueFlags
	once, untilEmpty, logJSON   bool
	threads, batchTokens        int
	batchBytes                  int
	grace                       time.Duration
}

func newWorker(e *env) *cobra.Command {
	var f workerFlags
	c := &cobra.Command{
		Use:   "worker --store STORE --nats URL",
		Short: "Compute units of jobs that were submitted",
		Long: `Worker takes units off the queue, computes them and puts their blocks into the
store, until it is stopped. Models come from the store, checked, unless this
machine has pulled them. While a unit is computed its lease is extended; a unit of
a worker that died goes to another one.

A unit that can never be computed is set aside with its error, and 'premlp jobs'
shows it; other failures are tried again, on this machine or another.

SIGTERM, or Ctrl-C, ends it with status 0: a unit under way is finished, or given
back where that would take longer than --grace. A second signal ends it at once.`,
		Example: `  premlp worker --store file:///shared/store --nats nats://127.0.0.1:4222
  premlp worker --store file:///shared/store --nats nats://127.0.0.1:4222 --device cuda:all --metrics :9464`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.threads < 1 || f.batchTokens < 1 || f.batchBytes < 0 || f.grace < 0 {
				return usagef("--threads, --batch-tokens, --batch-bytes and --grace: want at least 1, 1, 0 and 0, have %d, %d, %d and %s",
					f.threads, f.batchTokens, f.batchBytes, f.grace)
			}
			return e.withDevices(f.device, func(d []layers.Device) error {
				return withStore(c.Context(), f.store, store.Open, func(s *store.Store) error { return runWorker(c.Context(), e, &f, s, d) })
			})
		},
	}
	addStore(c, &f.store)
	f.queue.add(c)
	addDevices(c, &f.device)
	addThreads(c, &f.threads)
	flags := c.Flags()
	flags.StringVar(&f.job, "job", "", "take units of this job alone (its id, or the beginning of it)")
	flags.BoolVar(&f.once, "once", false, "end after one unit")
	flags.BoolVar(&f.untilEmpty, "until-empty", false, "end when no unit waits or is being computed, of --job or of all jobs of the store")
	flags.DurationVar(&f.grace, "grace", 20*time.Second, "how long a unit may go on when the worker is to end")
	flags.StringVar(&f.metrics, "metrics", "", "address to serve Prometheus metrics at, as :9464, which is this machine's loopback")
	flags.BoolVar(&f.logJSON, "log-json", false, "log JSON, one object a line")
	flags.IntVar(&f.batchTokens, "batch-tokens", collect.DefaultBatchTokens, "tokens computed at once; the result does not depend on it")
	flags.IntVar(&f.batchBytes, "batch-bytes", 0, "bytes of rows computed at once (default 64 MiB, or an eighth of the packed weights); the result does not depend on it")
	require(c, "nats")
	c.MarkFlagsMutuallyExclusive("once", "until-empty")
	return c
}

func runWorker(ctx context.Context, e *env, f *workerFlags, s *store.Store, devices []layers.Device) error {
	log := e.logger(f.logJSON)
	slog.SetDefault(log) // what libraries log goes the same way
	job := f.job
	if job != "" {
		var err error
		if job, err = jobs.Find(ctx, s, job); err != nil {
			return err
		}
	}
	q, err := f.queue.open(ctx, job, func(line string) { log.Warn("queue", "note", line) })
	if err != nil {
		return err
	}
	defer q.Close()
	w, err := newJobWorker(s, q, devices)
	if err != nil {
		return err
	}
	w.Threads, w.BatchTokens, w.BatchBytes = f.threads, f.batchTokens, f.batchBytes
	w.Job, w.Grace, w.Once, w.UntilEmpty, w.Log = job, f.grace, f.once, f.untilEmpty, log
	if f.metrics != "" {
		stop, err := serveMetrics(f.metrics, w.Metrics, log)
		if err != nil {
			return fmt.Errorf("--metrics: %w", err)
		}
		defer stop()
	}
	log.Info("worker begins", "worker", w.Name, "store", s.String(), "devices", len(devices))
	start := time.Now()
	defer boundGarbage()()
	if err := w.Run(ctx); err != nil {
		return err
	}
	r := &workerReport{Worker: w.Name, Store: s.String(), Metrics: w.Metrics, Seconds: time.Since(start).Seconds()}
	return e.Result(r, r.print)
}

// newJobWorker makes a worker of this process.
func newJobWorker(s *store.Store, q queue.Queue, devices []layers.Device) (*jobs.Worker, error) {
	cache, err := catalogue.Dir()
	if err != nil {
		return nil, err
	}
	host := hostName()
	name := fmt.Sprintf("%s-%d-%s", unfit.ReplaceAllString(host, "-"), os.Getpid(), rand.Text()[:6])
	return &jobs.Worker{
		Store: s, Queue: q, Name: name, Host: host, Cache: filepath.Join(cache, "jobs"), Devices: devices, Metrics: &jobs.Metrics{},
	}, nil
}

// unfit is what a worker's name, which is a name in the store, may not hold.
var unfit = regexp.MustCompile(`[^A-Za-z0-9.-]`)

// serveMetrics serves metrics at an address, whose host is the loopback where it
// has none.
func serveMetrics(address string, m *jobs.Metrics, log *slog.Logger) (stop func(), err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends by stop
	log.Info("metrics", "address", "http://"+listener.Addr().String()+"/metrics")
	return func() { server.Close() }, nil
}

// workerReport is the result of worker.
type workerReport struct {
	Worker  string  `json:"worker"`
	Store   string  `json:"store"`
	Seconds float64 `json:"seconds"`
	*jobs.Metrics
}

func (r *workerReport) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d units computed in %.1f s, %d failed, %d impossible\n", r.Worker, r.Computed, r.Seconds, r.Failed, r.Poison)
}
