package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"premlp/collect/jobs/queue"
)

// TestWorker runs one worker on one task and looks at what became of it.
func TestWorker(t *testing.T) {
	failure := errors.New("no luck")
	for _, test := range []struct {
		name  string
		do    func(ctx context.Context) error
		stop  time.Duration // when the worker is told to end
		want  queue.Status
		error string // of the dead task
		ended time.Duration
	}{
		{
			name: "done", do: func(context.Context) error { return nil },
			stop: time.Hour, want: queue.Status{Done: 1}, ended: time.Hour,
		}, {
			name: "longer than a lease", do: func(ctx context.Context) error { sleep(ctx, 10*time.Minute); return ctx.Err() },
			stop: time.Hour, want: queue.Status{Done: 1}, ended: time.Hour,
		}, {
			name: "always fails", do: func(context.Context) error { return failure },
			stop: time.Hour, want: queue.Status{Dead: 1, Redelivered: 2}, error: "no luck", ended: time.Hour,
		}, {
			name: "poison", do: func(context.Context) error { return fmt.Errorf("unit: %w", queue.ErrPoison) },
			stop: time.Hour, want: queue.Status{Dead: 1}, error: "unit: this task can never be done", ended: time.Hour,
		}, {
			name: "finished within the grace", do: func(ctx context.Context) error { sleep(ctx, time.Minute); return ctx.Err() },
			stop: 50 * time.Second, want: queue.Status{Done: 1}, ended: time.Minute,
		}, {
			name: "given back after the grace", do: func(ctx context.Context) error { sleep(ctx, time.Minute); return ctx.Err() },
			stop: 10 * time.Second, want: queue.Status{Running: 1}, ended: 25 * time.Second,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := queue.NewMemory(queue.Options{MaxDeliveries: 3})
				defer q.Close()
				if err := q.Put(t.Context(), []queue.Task{{ID: "a", Job: "j"}}); err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithTimeout(t.Context(), test.stop)
				defer stop()
				began := time.Now()
				w := queue.Worker{
					Queue: q, Heartbeat: 10 * time.Second, Grace: 15 * time.Second,
					Do: func(ctx context.Context, _ queue.Task) error { return test.do(ctx) },
				}
				if err := w.Run(ctx); err != nil {
					t.Errorf("run: %v", err)
				}
				if ended := time.Since(began); ended != test.ended {
					t.Errorf("want it ended after %s, have %s", test.ended, ended)
				}
				if have, err := q.Status(t.Context(), "j"); err != nil || have != test.want {
					t.Errorf("want %+v, have %+v, %v", test.want, have, err)
				}
				for f := range q.Dead(t.Context(), "j") {
					if f.Error != test.error {
						t.Errorf("dead: want %q, have %q", test.error, f.Error)
					}
				}
			})
		})
	}
}

// TestWorkerPauses holds that a worker on which everything fails leaves the
// deliveries of most tasks to others.
func TestWorkerPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewMemory(queue.Options{})
		defer q.Close()
		for i := range 100 {
			if err := q.Put(t.Context(), []queue.Task{{ID: fmt.Sprint(i), Job: "j"}}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		tries := 0
		var notes []string
		w := queue.Worker{
			Queue: q, Heartbeat: 10 * time.Second, Note: func(line string) { notes = append(notes, line) },
			Do: func(context.Context, queue.Task) error { tries++; return errors.New("broken machine") },
		}
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
		if tries < 10 || tries > 20 {
			t.Errorf("want 10 to 20 tries in 10 minutes, have %d", tries)
		}
		if len(notes) != tries || !strings.Contains(notes[0], "broken machine") || !strings.Contains(notes[0], "job j, task 0, delivery 1") {
			t.Errorf("want a note for each try, have %q", notes)
		}
	})
}
