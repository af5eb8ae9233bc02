// Package queuetest holds what every queue must do, as tests that a queue's own
// tests run.
package queuetest

import (
	"context"
	"fmt"
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
