package queuetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"premlp/collect/jobs/queue"
)

func testRevive(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, Tasks("a", 2))
	for range 2 {
		must(t, "kill", take(t, q).Kill(background(t), errors.New("poison")))
	}
	put(t, q, Tasks("a", 1))
	wantStatus(t, q, "a", queue.Status{Waiting: 1, Dead: 1})
	l := take(t, q)
	if l.Delivery() != 1 {
		t.Errorf("want delivery 1, have %d", l.Delivery())
	}
	must(t, "done", l.Done(background(t)))
	wantStatus(t, q, "a", queue.Status{Done: 1, Dead: 1})
	if dead := deadOf(t, q, "a"); len(dead) != 1 || dead[0].Task.ID != Tasks("a", 2)[1].ID {
		t.Errorf("dead: have %+v", dead)
	}
}

func testRoom(t *testing.T, open Open) {
	o := options
	o.MaxWaiting = 3
	q := open(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := q.Put(ctx, Tasks("a", 5)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("put into a full queue: want the context's error, have %v", err)
	}
	wantStatus(t, q, "a", queue.Status{Waiting: 3})
	rest := make(chan error, 1)
	go func() { rest <- q.Put(background(t), Tasks("a", 5)) }()
	done := map[string]bool{}
	for len(done) < 5 { // those done before the second put came to them come again
		l := take(t, q)
		must(t, "done", l.Done(background(t)))
		done[l.Task().ID] = true
		if s, err := q.Status(background(t), "a"); err != nil || s.Waiting > 3 {
			t.Fatalf("status: want at most 3 waiting, have %+v, %v", s, err)
		}
	}
	must(t, "put", <-rest)
}

func testJobs(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, append(Tasks("a", 2), Tasks("b_B-1", 3)...))
	wantStatus(t, q, "a", queue.Status{Waiting: 2})
	wantStatus(t, q, "b_B-1", queue.Status{Waiting: 3})
	for range 5 {
		must(t, "done", take(t, q).Done(background(t)))
	}
	wantStatus(t, q, "a", queue.Status{Done: 2})
	wantStatus(t, q, "b_B-1", queue.Status{Done: 3})
	wantStatus(t, q, "c", queue.Status{})
}

func testForget(t *testing.T, open Open) {
	q := open(t, options)
	f, ok := q.(queue.Forgetter)
	if !ok {
		t.Skip("this queue forgets nothing")
	}
	put(t, q, Tasks("a", 4))
	must(t, "kill", take(t, q).Kill(background(t), errors.New("poison")))
	must(t, "done", take(t, q).Done(background(t)))
	held := take(t, q)
	must(t, "forget", f.Forget(background(t), "a"))
	must(t, "forget again", f.Forget(background(t), "a"))
	put(t, q, Tasks("b", 1))
	wantStatus(t, q, "a", queue.Status{})
	if l := take(t, q); l.Task().Job != "b" {
		t.Errorf("take: want a task of b, have %s", l.Task().ID)
	}
	put(t, q, Tasks("a", 4)) // a lease of the job that is gone does them no harm
	for i := range 4 {
		if l := take(t, q); l.Task().Job != "a" || l.Delivery() != 1 {
			t.Errorf("take: want a new task of a, have %s, delivery %d", l.Task().ID, l.Delivery())
		}
		if i == 2 {
			_ = held.Done(background(t))
		}
	}
	time.Sleep(50 * time.Millisecond)
	wantStatus(t, q, "a", queue.Status{Running: 4})
}

func testRefusals(t *testing.T, open Open) {
	q := open(t, options)
	for name, task := range map[string]queue.Task{
		"no ID":      {Job: "a"},
		"no job":     {ID: "x"},
		"wild card":  {ID: "*", Job: "a"},
		"two levels": {ID: "x.y", Job: "a"},
		"a path":     {ID: "x", Job: "../a"},
		"long":       {ID: strings.Repeat("x", queue.MaxName+1), Job: "a"},
		"large":      {ID: "x", Job: "a", Body: make([]byte, queue.MaxBody+1)},
	} {
		if err := q.Put(background(t), []queue.Task{task}); err == nil {
			t.Errorf("%s: want an error, have none", name)
		}
	}
	largest := queue.Task{ID: strings.Repeat("x", queue.MaxName), Job: strings.Repeat("j", queue.MaxName), Body: bytes.Repeat([]byte{0xff}, queue.MaxBody)}
	put(t, q, []queue.Task{largest})
	l := take(t, q)
	if !bytes.Equal(l.Task().Body, largest.Body) {
		t.Error("the largest body came back changed")
	}
	must(t, "kill", l.Kill(background(t), errors.New(strings.Repeat("€", 1<<20))))
	if dead := deadOf(t, q, largest.Job); len(dead) != 1 || len(dead[0].Error) > 8<<10 {
		t.Errorf("dead: want one with a short error, have %d", len(dead))
	}
	if _, err := q.Status(background(t), "a.b"); err == nil {
		t.Error("status of a job that cannot be: want an error, have none")
	}
	for _, err := range q.Dead(background(t), "a.b") {
		if err == nil {
			t.Error("dead of a job that cannot be: want an error, have none")
		}
	}
}

// testWorkers runs workers of which each task's first fails, one hangs and the
// rest work: every result is there in the end.
func testWorkers(t *testing.T, open Open) {
	o := options
	o.Lease, o.MaxDeliveries = Lease, 5
	q := open(t, o)
	const n = 200
	var mu sync.Mutex
	results := map[string]int{}
	ctx, stop := context.WithCancel(background(t))
	defer stop()
	put(t, q, Tasks("a", n))
	take(t, q) // never settled: its task comes back
	var all sync.WaitGroup
	for range 8 {
		w := queue.Worker{Queue: q, Heartbeat: Lease / 3, Do: func(_ context.Context, task queue.Task) error {
			mu.Lock()
			defer mu.Unlock()
			results[task.ID]++
			if len(results) == n {
				stop()
			}
			return nil
		}}
		all.Go(func() {
			if err := w.Run(ctx); err != nil {
				t.Errorf("worker: %v", err)
			}
		})
	}
	all.Wait()
	if len(results) != n {
		t.Errorf("want %d results, have %d", n, len(results))
	}
	wantStatus(t, q, "a", queue.Status{Done: n, Redelivered: 1})
}

func testClosed(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, Tasks("a", 1))
	l := take(t, q)
	waiting := make(chan error, 1)
	go func() {
		_, err := q.Take(background(t))
		waiting <- err
	}()
	time.Sleep(50 * time.Millisecond)
	must(t, "close", q.Close())
	must(t, "close again", q.Close())
	if err := <-waiting; !errors.Is(err, queue.ErrClosed) {
		t.Errorf("a take that waited: want ErrClosed, have %v", err)
	}
	_, takeErr := q.Take(background(t))
	_, statusErr := q.Status(background(t), "a")
	for what, err := range map[string]error{
		"take": takeErr, "status": statusErr,
		"put":    q.Put(background(t), Tasks("a", 1)),
		"done":   l.Done(background(t)),
		"extend": l.Extend(background(t)),
	} {
		if !errors.Is(err, queue.ErrClosed) {
			t.Errorf("%s: want ErrClosed, have %v", what, err)
		}
	}
}
