package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"premlp/collect/jobs/queue"
)

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
