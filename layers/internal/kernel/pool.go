package kernel

import (
	"sync"
	"sync/atomic"
)

// Pool shares the iterations of a loop among a fixed number of threads. Which
// thread runs an iteration never changes a result: iterations write disjoint
// memory. A Pool may be used by one caller at a time.
type Pool struct {
	threads int
}

// NewPool returns a pool of the given number of threads, at least one.
func NewPool(threads int) *Pool {
	return &Pool{threads: max(threads, 1)}
}

// Threads returns the number of threads that share a loop.
func (p *Pool) Threads() int { return p.threads }

// Run calls f(i) for every i in [0, n) and returns when all calls are done. A
// panic in f is raised again in the caller.
func (p *Pool) Run(n int, f func(i int)) {
	if p.threads == 1 || n <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var failure atomic.Pointer[any]
	work := func() {
		defer func() {
			if r := recover(); r != nil {
				failure.CompareAndSwap(nil, &r)
			}
		}()
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var helpers sync.WaitGroup
	for range min(p.threads, n) - 1 {
		helpers.Go(work)
	}
	work()
	helpers.Wait()
	if r := failure.Load(); r != nil {
		panic(*r)
	}
}

// RunRows cuts [0, rows) into one range per thread and calls f on each.
func (p *Pool) RunRows(rows int, f func(from, to int)) {
	parts := min(p.threads, rows)
	p.Run(parts, func(i int) { f(i*rows/parts, (i+1)*rows/parts) })
}
