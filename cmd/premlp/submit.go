package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/jobs"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
	"premlp/layers"
)

// submitFlags are the flags of submit.
type submitFlags struct {
	job       collectFlags
	store     string
	queue     queueFlags
	local     bool
	check     bool
	unitBytes int64
}

func newSubmit(e *env) *cobra.Command {
	var f submitFlags
	c := &cobra.Command{
		Use:   "submit --store STORE (--nats URL | --local) --model MODEL --concept CONCEPT",
		Short: "Plan a job for many machines and queue its units",
		Long: `Submit plans what collect would do with the same flags, cuts it into units, ranges
of questions whose rows are stored as one block, and queues the units whose blocks
the store does not have. The store gets everything that workers need: the
questions, the list of units, the model. The same job submitted again is the same
job: what is there is not computed again.

Workers compute the units; 'premlp jobs' shows how far they are; 'premlp merge'
makes the dataset, with the bytes that collect gives it.

With --local there is no server: this process computes the units into the store,
and goes on where it was stopped.`,
		Example: `  premlp submit --store file:///shared/store --nats nats://127.0.0.1:4222 --model smollm2-135m --concept France --controls docs/examples/france-controls.txt
  premlp submit --store out/store --local --model smollm2-135m --concept France --controls docs/examples/france-controls.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.unitBytes < 0 {
				return usagef("--unit-bytes: want at least 0, have %d", f.unitBytes)
			}
			if n := f.queue.replicas; n != 1 && n != 3 && n != 5 {
				return usagef("--replicas: want 1, 3 or 5, have %d", n)
			}
			return e.withDevices(f.job.device, func(d []layers.Device) error {
				return withStore(c.Context(), f.store, store.Create, func(s *store.Store) error { return runSubmit(c.Context(), e, c, &f, s, d) })
			})
		},
	}
	f.job.add(c)
	addStore(c, &f.store)
	f.queue.add(c)
	flags := c.Flags()
	flags.BoolVar(&f.local, "local", false, "compute the units in this process, without a queue's server")
	flags.BoolVar(&f.check, "check", false, "read every block that is there, and have damaged ones computed again; store damaged files again")
	flags.Int64Var(&f.unitBytes, "unit-bytes", jobs.DefaultUnitBytes, "bytes of rows of a unit, if it is more than one question; another number is another job with other blocks")
	flags.IntVar(&f.queue.replicas, "replicas", 1, "servers of a cluster that keep each queued unit: 1, 3 or 5")
	c.MarkFlagsOneRequired("nats", "local")
	c.MarkFlagsMutuallyExclusive("nats", "local")
	return c
}

func runSubmit(ctx context.Context, e *env, c *cobra.Command, f *submitFlags, s *store.Store, devices []layers.Device) error {
	q, err := f.openQueue(ctx, e)
	if err != nil {
		return err
	}
	defer q.Close()
	plan, err := f.job.plan(ctx, e, c, devices)
	if err != nil {
		return err
	}
	defer plan.Model().Close()
	defer plan.Close()
	bar := &stages{env: e}
	done, err := jobs.Submit(ctx, s, q, plan, jobs.SubmitOptions{
		UnitBytes: f.unitBytes, Check: f.check, Progress: func(stage string, done, total int64) {
			bar.unit = ""
			if stage == "units" {
				bar.unit = "units"
			}
			bar.set(stage, done, total)
		},
	})
	bar.close()
	if err != nil {
		return err
	}
	r := &submitReport{Submitted: done, Store: s.String()}
	if f.local {
		if err := f.work(ctx, e, s, q, plan, r, devices); err != nil {
			return err
		}
	}
	return e.Result(r, r.print)
}

// openQueue opens the server's queue, or one of this process.
func (f *submitFlags) openQueue(ctx context.Context, e *env) (queue.Queue, error) {
	if f.local {
		return queue.NewMemory(queue.Options{}), nil
	}
	return f.queue.open(ctx, "", func(line string) { e.Notef("queue: %s", line) })
}

// work computes the queued units in this process.
func (f *submitFlags) work(ctx context.Context, e *env, s *store.Store, q queue.Queue, plan *collect.Plan, r *submitReport, devices []layers.Device) error {
	w, err := newJobWorker(s, q, devices)
	if err != nil {
		return err
	}
	w.Given, w.Threads, w.BatchTokens, w.BatchBytes, w.UntilEmpty = plan.Model(), f.job.threads, f.job.batchTokens, f.job.batchBytes, true
	quiet := *e
	quiet.quiet = true // there is a bar
	w.Log = quiet.logger(false)
	p := e.Progress("units", "units", int64(r.Queued))
	ticks := time.NewTicker(200 * time.Millisecond)
	ended := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		for {
			select {
			case <-ticks.C:
				p.Set(w.Metrics.Done(), 0)
			case <-ended:
				p.Set(w.Metrics.Done(), 0)
				return
			}
		}
	}()
	err = func() error {
		defer boundGarbage()()
		return w.Run(ctx)
	}()
	ticks.Stop()
	close(ended)
	<-told
	p.Close()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w; %d of %d units are stored: run the same command again to go on", err, int64(r.Present)+w.Metrics.Done(), r.Units)
	}
	r.Computed = w.Metrics.Done()
	var dead int
	for failure, err := range q.Dead(ctx, r.Job) {
		if err != nil {
			return err
		}
		e.Notef("unit %s failed %d times: %s", failure.Task.ID, failure.Deliveries, failure.Error)
		dead++
	}
	if dead > 0 {
		return fmt.Errorf("job %s: %d of %d units failed", r.Job, dead, r.Units)
	}
	return nil
}

// submitReport is the result of submit.
type submitReport struct {
	*jobs.Submitted
	Store    string `json:"store"`
	Computed int64  `json:"computed"` // units, with --local
}

func (r *submitReport) print(w io.Writer) {
	fmt.Fprintf(w, "job %s\n", r.Job)
	fmt.Fprintf(w, "  store       %s\n", r.Store)
	fmt.Fprintf(w, "  questions   %d in %d units, %s of blocks\n", r.Questions, r.Units, formatBytes(r.Bytes))
	fmt.Fprintf(w, "  units       %d queued, %d there already\n", r.Queued, r.Present)
	if r.Damaged > 0 {
		fmt.Fprintf(w, "  damaged     %d blocks, which are computed again\n", r.Damaged)
	}
	if r.Computed > 0 {
		fmt.Fprintf(w, "  computed    %d units\n", r.Computed)
	}
}
