package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect/jobs"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

func newJobs(e *env) *cobra.Command {
	var url string
	var f queueFlags
	c := &cobra.Command{
		Use:   "jobs --store STORE [--nats URL] [JOB]",
		Short: "Show how far jobs are",
		Long: `Jobs lists the jobs of a store and how many of their units have blocks. With
--nats it also says what the queue holds: units that wait, run and failed for good.

With JOB, an id or the beginning of one, it shows that job: its workers and their
rate, units that take much longer than others, and the errors of units that
failed.`,
		Example: `  premlp jobs --store file:///shared/store
  premlp jobs --store file:///shared/store --nats nats://127.0.0.1:4222 3d41c3ff`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withStore(c.Context(), url, store.Open, func(s *store.Store) error { return runJobs(c.Context(), e, s, &f, args) })
		},
	}
	addStore(c, &url)
	f.add(c)
	return c
}

func runJobs(ctx context.Context, e *env, s *store.Store, f *queueFlags, args []string) error {
	var q queue.Queue
	if f.url != "" {
		var err error
		if q, err = f.open(ctx, "", func(line string) { e.Notef("queue: %s", line) }); err != nil {
			return err
		}
		defer q.Close()
	}
	prefix := ""
	if len(args) > 0 {
		var err error
		if prefix, err = jobs.Find(ctx, s, args[0]); err != nil {
			return err
		}
	}
	all := []*jobs.Status{}
	for l, err := range jobs.List(ctx, s) {
		if err != nil {
			return err
		}
		if prefix != "" && l.ID != prefix {
			continue
		}
		st, err := jobs.ReadStatus(ctx, s, q, l)
		if err != nil {
			return err
		}
		all = append(all, st)
	}
	slices.SortStableFunc(all, func(a, b *jobs.Status) int { return cmp.Compare(a.Submitted.UnixNano(), b.Submitted.UnixNano()) })
	if prefix != "" {
		return e.Result(all[0], func(w io.Writer) { printJob(w, all[0]) })
	}
	return e.Result(all, func(w io.Writer) { printJobs(w, all) })
}

// printJobs prints a line for each job.
func printJobs(w io.Writer, all []*jobs.Status) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "JOB\tSUBMITTED\tTARGET\tMODEL\tQUESTIONS\tBLOCKS\tDONE\tWAITING\tRUNNING\tFAILED\tLEFT")
	for _, s := range all {
		waiting, running, failed := "-", "-", "-"
		if s.Queue != nil {
			waiting, running, failed = fmt.Sprint(s.Queue.Waiting), fmt.Sprint(s.Queue.Running), fmt.Sprint(s.Queue.Dead)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%d of %d\t%s\t%s\t%s\t%s\n", s.ID[:12], s.Submitted.Local().Format("2006-01-02 15:04"),
			orDash(s.Target), s.Model, s.Questions, formatBytes(s.Bytes), s.Done, s.Units, waiting, running, failed, leftOf(s))
	}
	t.Flush()
}

// printJob prints one job in full.
func printJob(w io.Writer, s *jobs.Status) {
	fmt.Fprintf(w, "job %s\n", s.ID)
	fmt.Fprintf(w, "  submitted   %s\n", s.Submitted.Local().Format(time.DateTime))
	fmt.Fprintf(w, "  target      %s, model %s, %d questions\n", orDash(s.Target), s.Model, s.Questions)
	fmt.Fprintf(w, "  units       %d of %d done (%d %%), %s of blocks\n", s.Done, s.Units, 100*s.Done/max(1, s.Units), formatBytes(s.Bytes))
	if q := s.Queue; q != nil {
		fmt.Fprintf(w, "  queue       %d waiting, %d running, %d failed for good, %d delivered again\n", q.Waiting, q.Running, q.Dead, q.Redelivered)
	}
	if s.Rate > 0 {
		fmt.Fprintf(w, "  rate        %.3g units/s, %s left\n", s.Rate, leftOf(s))
	}
	if len(s.Workers) > 0 {
		fmt.Fprintln(w, "workers")
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  WORKER\tHOST\tUNITS\tQUESTIONS\tTOKENS\tCOMPUTING\tRUNNING\tHEARD")
		for _, r := range s.Workers {
			running := fmt.Sprint(len(r.Running))
			if r.Ended {
				running = "ended"
			}
			fmt.Fprintf(t, "  %s\t%s\t%d\t%d\t%d\t%.1f s\t%s\t%s ago\n", r.Worker, orDash(r.Host), r.Units, r.Questions, r.Tokens, r.ComputeSeconds, running,
				time.Since(r.Updated).Round(time.Second))
		}
		t.Flush()
	}
	for _, u := range s.Stragglers {
		fmt.Fprintf(w, "slow: unit %s, questions %d to %d, for %.0f s on %s\n", u.Key[:12], u.First, u.End-1, u.Seconds, u.Worker)
	}
	for _, f := range s.Failures {
		fmt.Fprintf(w, "failed: unit %s, delivered %d times: %s\n", f.Task.ID, f.Deliveries, f.Error)
	}
}

// leftOf says how long a job still takes, where that is known.
func leftOf(s *jobs.Status) string {
	switch {
	case s.Done == s.Units:
		return "done"
	case s.Left > 0:
		return (time.Duration(min(s.Left, 1e9)) * time.Second).String()
	}
	return "-"
}
