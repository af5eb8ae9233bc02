package jobs

import (
	"context"
	"sync"

	"premlp/collect/jobs/queue"
)

// lanes is how many units of a device are under way: while one is stored, the
// next one is taken and computed.
const lanes = 2

// lane is one of a device's sides of the queue. It takes a unit only when the
// device is free to compute it, so that no unit waits here which another worker
// could have; and it frees the device when the unit is computed.
type lane struct {
	queue.Queue
	on   *device
	held bool // the device
}

// Take waits for the device, then for a unit.
func (l *lane) Take(ctx context.Context) (queue.Lease, error) {
	select {
	case l.on.free <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l.held = true
	lease, err := l.Queue.Take(ctx)
	if err != nil {
		l.release()
	}
	return lease, err
}

// release frees the device, if the lane holds it.
func (l *lane) release() {
	if l.held {
		l.held = false
		<-l.on.free
	}
}

// underWay are the units that this process works on. A unit may come twice: its
// lease ran out, or another lane is idle and it was given for sharing. It is not
// computed twice here.
type underWay struct {
	mu    sync.Mutex
	units map[string]chan struct{}
}

// begin waits until no other lane works on a unit.
func (u *underWay) begin(ctx context.Context, key string) (end func(), err error) {
	for {
		u.mu.Lock()
		other := u.units[key]
		if other == nil {
			mine := make(chan struct{})
			if u.units == nil {
				u.units = map[string]chan struct{}{}
			}
			u.units[key] = mine
			u.mu.Unlock()
			return func() {
				u.mu.Lock()
				defer u.mu.Unlock()
				delete(u.units, key)
				close(mine)
			}, nil
		}
		u.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
