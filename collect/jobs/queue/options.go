package queue

import (
	"cmp"
	"time"
)

// Options are how a queue treats its leases. Zeros mean the defaults.
type Options struct {
	Lease         time.Duration // how long a lease lasts unless extended (30 s)
	RetryDelay    time.Duration // how long a task that failed waits (1 s)
	MaxDeliveries int           // deliveries of a task before it is dead (5)
	MaxWaiting    int           // tasks a job may have in the queue; Put waits for room (1,000,000)
}

// WithDefaults fills in the zeros.
func (o Options) WithDefaults() Options {
	o.Lease = cmp.Or(o.Lease, 30*time.Second)
	o.RetryDelay = cmp.Or(o.RetryDelay, time.Second)
	o.MaxDeliveries = cmp.Or(o.MaxDeliveries, 5)
	o.MaxWaiting = cmp.Or(o.MaxWaiting, 1_000_000)
	return o
}
