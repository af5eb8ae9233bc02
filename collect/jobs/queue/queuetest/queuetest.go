// Package queuetest holds what every queue must do, as tests that a queue's own
// tests run.
package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"premlp/collect/jobs/queue"
)

// Open makes an empty queue with these options. The test ends it.
type Open func(t *testing.T, o queue.Options) queue.Queue

// Run runs every test against queues that open makes.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"order and counts", testCounts},
		{"put twice", testPutTwice},
		{"take waits", testTakeWaits},
		{"take ends with its context", testTakeEnds},
		{"retry", testRetry},
		{"given back", testGivenBack},
		{"kill", testKill},
		{"too many failures", testTooMany},
		{"workers that die silently", testSilent},
		{"extend", testExtend},
		{"done after the lease was lost", testLate},
		{"dead and put again", testRevive},
		{"room", testRoom},
		{"jobs apart", testJobs},
		{"forget", testForget},
		{"refusals", testRefusals},
		{"workers", testWorkers},
		{"closed", testClosed},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// Lease is how long leases last in these tests. Nothing but a lease that must
// end waits for it.
const Lease = 500 * time.Millisecond

// options are those of the tests that let no lease end.
var options = queue.Options{Lease: time.Minute, RetryDelay: time.Millisecond, MaxDeliveries: 3}

// patience ends a test that waits for what never comes.
const patience = time.Minute

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Tasks makes n tasks of a job.
func Tasks(job string, n int) []queue.Task {
	tasks := make([]queue.Task, n)
	for i := range tasks {
		id := fmt.Sprintf("%s-%06d", job, i)
		tasks[i] = queue.Task{ID: id, Job: job, Body: []byte("body of " + id)}
	}
	return tasks
}

func put(t *testing.T, q queue.Queue, tasks []queue.Task) {
	t.Helper()
	if err := q.Put(background(t), tasks); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func take(t *testing.T, q queue.Queue) queue.Lease {
	t.Helper()
	l, err := q.Take(background(t))
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return l
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// wantStatus waits until a job's counts are these (Idle aside): a server may
// need a moment.
func wantStatus(t *testing.T, q queue.Queue, job string, want queue.Status) {
	t.Helper()
	var have queue.Status
	for range 200 {
		var err error
		have, err = q.Status(background(t), job)
		must(t, "status", err)
		have.Idle = 0
		if have == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("status of %s: want %+v, have %+v", job, want, have)
}

func deadOf(t *testing.T, q queue.Queue, job string) []queue.Failure {
	t.Helper()
	var all []queue.Failure
	for f, err := range q.Dead(background(t), job) {
		must(t, "dead", err)
		all = append(all, f)
	}
	return all
}

func testCounts(t *testing.T, open Open) {
	q := open(t, options)
	wantStatus(t, q, "a", queue.Status{})
	tasks := Tasks("a", 3)
	put(t, q, tasks)
	wantStatus(t, q, "a", queue.Status{Waiting: 3})
	for i, want := range tasks {
		l := take(t, q)
		if have := l.Task(); have.ID != want.ID || have.Job != want.Job || !bytes.Equal(have.Body, want.Body) {
			t.Errorf("task %d: want %+v, have %+v", i, want, have)
		}
		if l.Delivery() != 1 {
			t.Errorf("task %d: want delivery 1, have %d", i, l.Delivery())
		}
		wantStatus(t, q, "a", queue.Status{Waiting: int64(2 - i), Running: 1, Done: int64(i)})
		must(t, "done", l.Done(background(t)))
	}
	wantStatus(t, q, "a", queue.Status{Done: 3})
}

func testPutTwice(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, Tasks("a", 5))
	l := take(t, q)
	put(t, q, Tasks("a", 6))
	wantStatus(t, q, "a", queue.Status{Waiting: 5, Running: 1})
	must(t, "done", l.Done(background(t)))
	put(t, q, Tasks("a", 1)) // done before: a double, which workers find done
	wantStatus(t, q, "a", queue.Status{Waiting: 6, Done: 1})
}

func testTakeWaits(t *testing.T, open Open) {
	q := open(t, options)
	taken := make(chan string, 1)
	go func() {
		l, err := q.Take(background(t))
		if err != nil {
			taken <- err.Error()
			return
		}
		taken <- l.Task().ID
	}()
	time.Sleep(50 * time.Millisecond)
	put(t, q, Tasks("a", 1))
	if id := <-taken; id != Tasks("a", 1)[0].ID {
		t.Errorf("take: have %q", id)
	}
}

func testTakeEnds(t *testing.T, open Open) {
	q := open(t, options)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := q.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("take: want the context's error, have %v", err)
	}
	put(t, q, Tasks("a", 1))
	must(t, "done", take(t, q).Done(background(t)))
}

func testRetry(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, Tasks("a", 1))
	l := take(t, q)
	must(t, "retry", l.Retry(background(t), errors.New("no luck")))
	if err := l.Extend(background(t)); !errors.Is(err, queue.ErrLost) {
		t.Errorf("extend after retry: want ErrLost, have %v", err)
	}
	l = take(t, q)
	if l.Delivery() != 2 {
		t.Errorf("want delivery 2, have %d", l.Delivery())
	}
	must(t, "done", l.Done(background(t)))
	wantStatus(t, q, "a", queue.Status{Done: 1, Redelivered: 1})
}

func testGivenBack(t *testing.T, open Open) {
	o := options
	o.RetryDelay = time.Hour
	q := open(t, o)
	put(t, q, Tasks("a", 1))
	must(t, "retry", take(t, q).Retry(background(t), nil)) // no failure: at once
	must(t, "done", take(t, q).Done(background(t)))
}

func testKill(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, Tasks("a", 2))
	must(t, "kill", take(t, q).Kill(background(t), errors.New("poison\nin two lines \xff")))
	must(t, "done", take(t, q).Done(background(t)))
	wantStatus(t, q, "a", queue.Status{Done: 1, Dead: 1})
	dead := deadOf(t, q, "a")
	want := Tasks("a", 1)[0]
	if len(dead) != 1 || dead[0].Task.ID != want.ID || dead[0].Task.Job != "a" || !bytes.Equal(dead[0].Task.Body, want.Body) ||
		dead[0].Deliveries != 1 || dead[0].Error != "poison\nin two lines \uFFFD" {
		t.Errorf("dead: have %+v", dead)
	}
}

func testTooMany(t *testing.T, open Open) {
	q := open(t, options)
	put(t, q, Tasks("a", 1))
	for i := range options.MaxDeliveries {
		must(t, "retry", take(t, q).Retry(background(t), fmt.Errorf("failure %d", i+1)))
	}
	wantStatus(t, q, "a", queue.Status{Dead: 1, Redelivered: 2})
	if dead := deadOf(t, q, "a"); len(dead) != 1 || dead[0].Error != "failure 3" || dead[0].Deliveries != 3 {
		t.Errorf("dead: have %+v", dead)
	}
}

func testSilent(t *testing.T, open Open) {
	o := options
	o.Lease, o.MaxDeliveries = Lease, 2
	q := open(t, o)
	put(t, q, Tasks("a", 1))
	for range o.MaxDeliveries {
		take(t, q) // and never a word again
	}
	put(t, q, Tasks("b", 1)) // somebody still takes: that is when a server's queue sees the death
	must(t, "done", take(t, q).Done(background(t)))
	ctx, cancel := context.WithTimeout(t.Context(), 5*Lease)
	defer cancel()
	if l, err := q.Take(ctx); err == nil {
		t.Fatalf("take: want nothing, have %s, delivery %d", l.Task().ID, l.Delivery())
	}
	dead := deadOf(t, q, "a")
	if len(dead) != 1 || !strings.Contains(dead[0].Error, "no worker finished it") || dead[0].Deliveries != 2 {
		t.Errorf("dead: have %+v", dead)
	}
}

func testExtend(t *testing.T, open Open) {
	o := options
	o.Lease = Lease
	q := open(t, o)
	put(t, q, Tasks("a", 1))
	l := take(t, q)
	for range 10 {
		time.Sleep(Lease / 4)
		must(t, "extend", l.Extend(background(t)))
	}
	again := take(t, q) // now it ends
	if again.Delivery() != 2 {
		t.Errorf("want delivery 2, have %d", again.Delivery())
	}
	for what, do := range map[string]func(context.Context) error{
		"extend": l.Extend,
		"retry":  func(ctx context.Context) error { return l.Retry(ctx, nil) },
		"kill":   func(ctx context.Context) error { return l.Kill(ctx, errors.New("no")) },
	} {
		if err := do(background(t)); !errors.Is(err, queue.ErrLost) {
			t.Errorf("%s: want ErrLost, have %v", what, err)
		}
	}
	must(t, "done", again.Done(background(t)))
	wantStatus(t, q, "a", queue.Status{Done: 1, Redelivered: 1})
}

func testLate(t *testing.T, open Open) {
	o := options
	o.Lease = Lease
	q := open(t, o)
	put(t, q, Tasks("a", 1))
	first := take(t, q)
	second := take(t, q)
	must(t, "done", first.Done(background(t)))
	wantStatus(t, q, "a", queue.Status{Done: 1, Redelivered: 1})
	must(t, "done again", second.Done(background(t)))
	wantStatus(t, q, "a", queue.Status{Done: 1, Redelivered: 1})
}

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
