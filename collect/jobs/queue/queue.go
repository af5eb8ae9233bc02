// Package queue says what the pipeline needs of a queue of work units, and
// holds one that lives in memory. A queue promises at-least-once delivery: a
// task that was put is delivered until a lease of it is done or it is dead. It
// does not promise once: the guard against doubles is that results are named
// by their task's ID and made only if absent.
package queue

import (
	"context"
	"errors"
	"iter"
)

// ErrLost says that a lease ended before it was settled, so another worker may
// have the task now. Its result may still be stored: both are the same bytes.
var ErrLost = errors.New("the lease is lost: another worker may have this task now")

// ErrClosed says that the queue was closed on this side.
var ErrClosed = errors.New("the queue is closed")

// Task is a unit's description.
type Task struct {
	ID   string `json:"id"`   // the content address of the unit: the name of its result
	Job  string `json:"job"`  // the job it belongs to; Status and Dead count by it
	Body []byte `json:"body"` // what a worker needs to compute it; never activations
}

// Queue hands tasks to workers. Every method may be called from many
// goroutines, and every context ends the call's wait.
type Queue interface {
	// Put adds tasks. It may be called again with the same tasks: results are
	// content-addressed, so doubles are harmless. When it fails, some of the
	// tasks may be in the queue; call it again with all of them.
	Put(ctx context.Context, tasks []Task) error

	// Take waits for a task and leases it. The lease ends by itself when it is
	// not extended in time, and the task is then delivered again.
	Take(ctx context.Context) (Lease, error)

	// Status counts a job's tasks. An unknown job has zeros.
	Status(ctx context.Context, job string) (Status, error)

	// Dead lists a job's poison tasks: killed, or failed as often as the queue
	// allows. It yields an error at most once, as the last pair.
	Dead(ctx context.Context, job string) iter.Seq2[Failure, error]

	// Close ends this side's use of the queue. Leases still held are delivered
	// again later.
	Close() error
}

// Forgetter is a queue that can drop a job with all that it knows of it:
// waiting tasks, dead ones and counts. Forgetting an unknown job does nothing.
type Forgetter interface {
	Forget(ctx context.Context, job string) error
}

// Lease is one delivery of a task to one worker. Done, Retry and Kill settle
// it. A lease that ended is lost for good: Extend, Retry and Kill then return
// ErrLost and do nothing.
type Lease interface {
	// Task is the task leased.
	Task() Task

	// Delivery counts the deliveries of this task, 1 at first.
	Delivery() int

	// Extend is the heartbeat: the lease starts anew. ErrLost if another has
	// the task now, or may have it. Any other error leaves the lease as it was.
	Extend(ctx context.Context) error

	// Done takes the task off the queue. Call it once the result is stored. It
	// does so also where the lease was lost meanwhile: the result is there,
	// whoever has the task now.
	Done(ctx context.Context) error

	// Retry gives the task back, to be delivered again later; past the most
	// deliveries it is dead, and cause is kept as its error. With no cause (nil)
	// the task did not fail, and it is delivered again at once.
	Retry(ctx context.Context, cause error) error

	// Kill makes the task dead at once and keeps cause as its error.
	Kill(ctx context.Context, cause error) error
}

// Status counts the tasks of one job. A task that is put again after it was
// done counts again; one that is put again while it waits or runs does not.
type Status struct {
	Waiting     int64 `json:"waiting"`     // put and not taken yet
	Running     int64 `json:"running"`     // leased, or given back and not taken again yet
	Done        int64 `json:"done"`        // settled by Done
	Dead        int64 `json:"dead"`        // poison, see Queue.Dead
	Redelivered int64 `json:"redelivered"` // deliveries beyond each task's first
	Idle        int64 `json:"idle"`        // workers that wait in Take for this job
}

// Failure is a dead task and its error.
type Failure struct {
	Task       Task   `json:"task"`
	Deliveries int    `json:"deliveries"` // how often it was delivered
	Error      string `json:"error"`      // the last error known
}
