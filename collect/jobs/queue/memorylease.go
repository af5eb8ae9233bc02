package queue

import (
	"context"
	"time"
)

// memoryLease is one delivery of an entry.
type memoryLease struct {
	m        *Memory
	e        *entry
	delivery int
}

func (l *memoryLease) Task() Task    { return l.e.task }
func (l *memoryLease) Delivery() int { return l.delivery }

func (l *memoryLease) Extend(ctx context.Context) error {
	return l.whileHeld(ctx, func() { l.e.timer.Reset(l.m.options.Lease) })
}

func (l *memoryLease) Retry(ctx context.Context, cause error) error {
	return l.whileHeld(ctx, func() {
		delay := l.m.options.RetryDelay
		if cause == nil {
			delay = 0
		}
		l.m.giveBack(l.e, cause, delay)
	})
}

func (l *memoryLease) Kill(ctx context.Context, cause error) error {
	return l.whileHeld(ctx, func() { l.m.bury(l.e, cause) })
}

// whileHeld runs do under the queue's lock if the lease still holds.
func (l *memoryLease) whileHeld(ctx context.Context, do func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	switch {
	case l.m.closed:
		return ErrClosed
	case l.e.lease != l:
		return ErrLost
	}
	do()
	return nil
}

func (l *memoryLease) Done(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m, e := l.m, l.e
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	if e.state == done || e.state == dead {
		return nil
	}
	m.end(e)
	e.state = done
	j := m.jobs[e.task.Job]
	delete(j.entries, e.task.ID)
	j.status.Running--
	j.status.Done++
	m.moreRoom()
	return nil
}

// expire ends a lease whose worker let it lapse.
func (m *Memory) expire(l *memoryLease) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.e.lease == l && !m.closed {
		m.giveBack(l.e, nil, 0)
	}
}

// giveBack ends the lease of e and delivers it again after delay, or buries it
// where it was delivered as often as it may be.
func (m *Memory) giveBack(e *entry, cause error, delay time.Duration) {
	if e.deliveries >= m.options.MaxDeliveries {
		m.bury(e, cause)
		return
	}
	m.end(e)
	if delay == 0 {
		m.deliver(e, true)
		return
	}
	e.state = delayed
	e.timer = time.AfterFunc(delay, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if e.state == delayed && !m.closed {
			m.deliver(e, true)
		}
	})
}

// bury makes e dead.
func (m *Memory) bury(e *entry, cause error) {
	m.end(e)
	e.state, e.cause = dead, Cause(cause, e.deliveries)
	status := &m.jobs[e.task.Job].status
	status.Running--
	status.Dead++
	m.moreRoom()
}

// end ends the lease of e, or its delay.
func (m *Memory) end(e *entry) {
	e.timer.Stop()
	e.lease = nil
}

// moreRoom wakes the Puts that wait.
func (m *Memory) moreRoom() {
	close(m.room)
	m.room = make(chan struct{})
}
