package queue

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// Memory is a queue in this process: for one host, for tests, and for
// simulations. It keeps time by the time package's monotonic clock, so a jump
// of the wall clock moves nothing; inside testing/synctest its clock is
// simulated.
type Memory struct {
	options Options

	mu      sync.Mutex
	closed  bool
	jobs    map[string]*memoryJob
	waiting fifo[*entry]            // tasks to deliver
	takers  fifo[chan *memoryLease] // Takes that wait, each with room for one lease
	room    chan struct{}           // closed and replaced when a job has more room
}

type memoryJob struct {
	entries map[string]*entry // by task ID; done ones are gone
	status  Status            // Idle unused
}

// entry is a task that is not done.
type entry struct {
	task       Task
	deliveries int
	state      state
	lease      *memoryLease // the current lease, while running
	timer      *time.Timer  // ends the lease or the delay
	cause      string       // why it is dead
}

type state int

const (
	waiting state = iota
	running
	delayed // given back after a failure
	dead
	done
)

// NewMemory makes an empty queue.
func NewMemory(o Options) *Memory {
	return &Memory{options: o.WithDefaults(), jobs: map[string]*memoryJob{}, room: make(chan struct{})}
}

// Put adds tasks; see Queue. It waits while a job has MaxWaiting of them.
func (m *Memory) Put(ctx context.Context, tasks []Task) error {
	for _, t := range tasks {
		if err := t.Check(); err != nil {
			return err
		}
	}
	for len(tasks) > 0 {
		n, room, err := m.put(tasks)
		if err != nil {
			return err
		}
		if tasks = tasks[n:]; len(tasks) == 0 {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// put adds tasks until one does not fit, and returns how many it added and
// what is closed when there is room.
func (m *Memory) put(tasks []Task) (int, <-chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, nil, ErrClosed
	}
	for i, t := range tasks {
		j := m.jobs[t.Job]
		if j == nil {
			j = &memoryJob{entries: map[string]*entry{}}
			m.jobs[t.Job] = j
		}
		e := j.entries[t.ID]
		if e != nil && e.state != dead {
			continue
		}
		if j.status.Waiting+j.status.Running >= int64(m.options.MaxWaiting) {
			return i, m.room, nil
		}
		if e != nil {
			j.status.Dead--
		}
		t.Body = slices.Clone(t.Body)
		e = &entry{task: t}
		j.entries[t.ID] = e
		j.status.Waiting++
		m.deliver(e, false)
	}
	return len(tasks), m.room, nil
}

// deliver hands e to a Take that waits, or lets it wait itself: at the front
// where it was delivered before.
func (m *Memory) deliver(e *entry, front bool) {
	if to, ok := m.takers.pop(); ok {
		to <- m.lease(e)
		return
	}
	e.state = waiting
	if front {
		m.waiting.pushFront(e)
	} else {
		m.waiting.push(e)
	}
}

// lease starts a lease of e.
func (m *Memory) lease(e *entry) *memoryLease {
	status := &m.jobs[e.task.Job].status
	if e.deliveries == 0 {
		status.Waiting--
		status.Running++
	} else {
		status.Redelivered++
	}
	e.deliveries++
	l := &memoryLease{m: m, e: e, delivery: e.deliveries}
	e.state, e.lease = running, l
	e.timer = time.AfterFunc(m.options.Lease, func() { m.expire(l) })
	return l
}

// Take waits for a task; see Queue.
func (m *Memory) Take(ctx context.Context) (Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil, ErrClosed
	}
	for {
		e, ok := m.waiting.pop()
		if !ok {
			break
		}
		if e.state == waiting { // else it was done meanwhile by a lease that was lost
			defer m.mu.Unlock()
			return m.lease(e), nil
		}
	}
	mine := make(chan *memoryLease, 1)
	place := m.takers.push(mine)
	m.mu.Unlock()

	select {
	case l, ok := <-mine:
		if !ok {
			return nil, ErrClosed
		}
		return l, nil
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takers.remove(place)
	select {
	case l, ok := <-mine: // handed over in the same moment
		if ok {
			return l, nil
		}
	default:
	}
	return nil, ctx.Err()
}

// Status counts; see Queue.
func (m *Memory) Status(ctx context.Context, job string) (Status, error) {
	if err := CheckName("job", job); err != nil {
		return Status{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Status{}, ErrClosed
	}
	s := Status{}
	if j := m.jobs[job]; j != nil {
		s = j.status
	}
	s.Idle = int64(m.takers.len())
	return s, ctx.Err()
}

// Dead lists poison tasks in the order of their IDs; see Queue.
func (m *Memory) Dead(ctx context.Context, job string) iter.Seq2[Failure, error] {
	return func(yield func(Failure, error) bool) {
		failures, err := m.failures(job)
		for _, f := range failures {
			if err = ctx.Err(); err != nil {
				break
			}
			if !yield(f, nil) {
				return
			}
		}
		if err != nil {
			yield(Failure{}, err)
		}
	}
}

func (m *Memory) failures(job string) ([]Failure, error) {
	if err := CheckName("job", job); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	var failures []Failure
	if j := m.jobs[job]; j != nil {
		for _, e := range j.entries {
			if e.state == dead {
				failures = append(failures, Failure{Task: e.task, Deliveries: e.deliveries, Error: e.cause})
			}
		}
	}
	slices.SortFunc(failures, func(a, b Failure) int { return cmp.Compare(a.Task.ID, b.Task.ID) })
	return failures, nil
}

// Forget drops a job; see Forgetter.
func (m *Memory) Forget(ctx context.Context, job string) error {
	if err := CheckName("job", job); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	if j := m.jobs[job]; j != nil {
		for _, e := range j.entries {
			if e.timer != nil {
				e.timer.Stop()
			}
			e.state, e.lease = done, nil
		}
		delete(m.jobs, job)
		m.moreRoom()
	}
	return ctx.Err()
}

// Close ends the queue and every Take that waits.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	for to, ok := m.takers.pop(); ok; to, ok = m.takers.pop() {
		close(to)
	}
	for _, j := range m.jobs {
		for _, e := range j.entries {
			if e.timer != nil {
				e.timer.Stop()
			}
		}
	}
	close(m.room)
	return nil
}
