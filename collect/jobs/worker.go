package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"premlp/collect"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
	"premlp/model"
)

// Worker takes units off a queue, computes them and stores their blocks.
type Worker struct {
	Store *store.Store
	Queue queue.Queue
	Name  string // of this process, in reports; unlike those of all others
	Host  string
	Cache string // folder for models from the store

	// Given is a model that is open already; nil: none. It serves jobs of its
	// weights.
	Given *collect.Loaded

	Devices     []model.Device // each computes units of its own; nil: this machine's processor
	Threads     int
	BatchTokens int // as in collect.ComputeOptions
	BatchBytes  int

	Heartbeat  time.Duration // how often a unit's lease is extended; 0: 5 s
	Grace      time.Duration // how long units may go on once Run is to end
	Job        string        // the one whose units Queue hands out; "": those of all
	Once       bool          // end after one unit
	UntilEmpty bool          // end when no unit waits or runs: of Job, or of all jobs of the store

	Log     *slog.Logger
	Metrics *Metrics // may be nil

	poll time.Duration // how often it looks whether the queue is empty; 0: 1 s

	// fault, in tests, ends the work on a unit at a step: "begin", "computing",
	// "computed", "stored".
	fault func(step, key string) error

	models   models
	reports  reports
	underWay underWay
	stop     func(error) // ends Run
}

// Run works until ctx ends, which is no error: units under way may be finished
// within Grace, and are else given back. It ends with an error where the queue
// fails, this machine cannot compute a job, or the store is not the one that the
// job was submitted to.
func (w *Worker) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.stop = func(err error) { cancel(err) }
	w.models = models{worker: w}
	w.reports = reports{worker: w, started: time.Now(), jobs: map[string]*Report{}}
	var running sync.WaitGroup
	for i, d := range w.devices() {
		on := &device{worker: w, number: i, device: d, free: make(chan struct{}, 1)}
		for range w.lanes() {
			running.Go(func() {
				if err := w.queue(&lane{Queue: w.Queue, on: on}).Run(ctx); err != nil {
					cancel(fmt.Errorf("queue: %w", err))
				}
			})
		}
		defer on.close()
	}
	if w.UntilEmpty {
		running.Go(func() { w.watchEmpty(ctx) })
	}
	running.Wait()
	w.reports.flush(true)
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// errEnough ends a Run that has done what it was asked to.
var errEnough = errors.New("done")

func (w *Worker) devices() []model.Device {
	if len(w.Devices) > 0 {
		return w.Devices
	}
	return []model.Device{nil}
}

func (w *Worker) lanes() int {
	if w.Once {
		return 1
	}
	return lanes
}

// queue is a lane's side of the queue.
func (w *Worker) queue(l *lane) queue.Worker {
	return queue.Worker{
		Queue: l, Heartbeat: cmp.Or(w.Heartbeat, 5*time.Second), Grace: w.Grace,
		Do: func(ctx context.Context, t queue.Task) error {
			w.reports.busy(1)
			defer w.reports.busy(-1)
			defer l.release()
			err := w.do(ctx, l, t)
			if w.Once {
				w.stop(errEnough)
			}
			return err
		},
		Note: func(line string) {
			w.Metrics.add(func(m *Metrics) { m.Notes++ })
			w.Log.Warn("queue", "note", line)
		},
	}
}

// do does one task: unless its block is there already it is computed and stored.
func (w *Worker) do(ctx context.Context, l *lane, t queue.Task) (err error) {
	on := l.on
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		w.count(ctx, t, on, err)
	}()
	start := time.Now()
	log := w.Log.With("job", short(t.Job), "unit", short(t.ID))
	if err := w.step("begin", t.ID); err != nil {
		return err
	}
	end, err := w.underWay.begin(ctx, t.ID)
	if err != nil {
		return err
	}
	defer end()
	b := on.blocks.Get().(*block)
	defer on.blocks.Put(b)
	if err := on.make(ctx, t, b); err != nil {
		on.check()
		return err
	}
	l.release()
	if b.present {
		log.Info("its block is there already", "questions", b.unit.Len())
		return nil
	}
	if err := w.step("computed", t.ID); err != nil {
		return err
	}
	if err := w.put(ctx, t.ID, b, log); err != nil {
		return err
	}
	if err := w.step("stored", t.ID); err != nil {
		return err
	}
	elapsed := time.Since(start)
	w.reports.finished(t, on, b, elapsed)
	w.Metrics.add(func(m *Metrics) {
		m.Computed++
		m.Questions += int64(b.unit.Len())
		m.Tokens += b.made.Tokens
		m.Bytes += b.bytes
		m.ComputeSeconds += b.computing.Seconds()
	})
	log.Info("computed", "questions", b.unit.Len(), "tokens", b.made.Tokens, "bytes", b.bytes,
		"seconds", round(elapsed), "computing", round(b.computing))
	return nil
}

// put stores a block. What another worker stored meanwhile has the same bytes,
// else one of the two is wrong, or the stored one is damaged.
func (w *Worker) put(ctx context.Context, key string, b *block, log *slog.Logger) error {
	write := func(to io.Writer) error { return WriteBlock(to, key, b.made.Raw) }
	if b.damaged {
		log.Warn("the stored block is damaged: it is replaced")
		return w.Store.Replace(ctx, blockName(key), write)
	}
	written, err := w.Store.Put(ctx, blockName(key), write)
	if !written && err == nil {
		log.Info("another worker stored the same block meanwhile")
	}
	if errors.Is(err, store.ErrDifferent) {
		return fmt.Errorf("%w: %w: two workers computed other bits", queue.ErrPoison, err)
	}
	return err
}

func (w *Worker) step(name, key string) error {
	if w.fault == nil {
		return nil
	}
	return w.fault(name, key)
}

// count counts and logs a unit's failure. One that is given back because ctx, and
// so the worker, ends has not failed.
func (w *Worker) count(ctx context.Context, t queue.Task, on *device, err error) {
	w.reports.left(t, on)
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		w.Log.Info("given back", "job", short(t.Job), "unit", short(t.ID))
		return
	}
	w.Metrics.add(func(m *Metrics) {
		if errors.Is(err, queue.ErrPoison) {
			m.Poison++
		} else {
			m.Failed++
		}
	})
	w.Log.Error("unit failed", "job", short(t.Job), "unit", short(t.ID), "error", err.Error())
}

// watchEmpty ends Run once no job has work left. It looks while nothing is under
// way here.
func (w *Worker) watchEmpty(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(cmp.Or(w.poll, time.Second)):
		}
		if w.reports.idle() {
			empty, err := w.empty(ctx)
			switch {
			case err != nil && ctx.Err() == nil:
				w.stop(fmt.Errorf("queue: %w", err))
				return
			case empty:
				w.stop(errEnough)
				return
			}
		}
	}
}

// empty says whether no unit waits or runs: of the worker's job, or of any job of
// the store.
func (w *Worker) empty(ctx context.Context) (bool, error) {
	if w.Job != "" {
		s, err := w.Queue.Status(ctx, w.Job)
		return s.Waiting+s.Running == 0, err
	}
	for e, err := range List(ctx, w.Store) {
		if err != nil {
			return false, err
		}
		s, err := w.Queue.Status(ctx, e.ID)
		if err != nil || s.Waiting+s.Running > 0 {
			return false, err
		}
	}
	return true, nil
}

// short is the beginning of a digest, for reading.
func short(digest string) string { return digest[:min(12, len(digest))] }

// round is a time in seconds, for reading.
func round(d time.Duration) float64 { return float64(d.Round(time.Millisecond)) / float64(time.Second) }
