package kernel

import (
	"sync"
	"sync/atomic"
	"time"
)

// Pool runs the package's functions with one kernel on a fixed number of
// threads. Which thread runs an iteration never changes a result: iterations
// write disjoint memory. A Pool may be used by one caller at a time; Close ends
// its threads.
type Pool struct {
	kernel  Kernel
	workers []*worker // the caller's first
	start   sync.Once // of the helpers, at the first loop that needs them
	job     atomic.Pointer[job]
	scratch scratch // shared by the workers
	pairs   scratch // rows as pairs of bf16 values
}

// worker is one thread of a pool and the memory it works in.
type worker struct {
	scratch scratch
	values  scratch // of a panel, expanded
	parked  atomic.Bool
	wake    chan struct{} // receives one value after parked is taken back
}

// job is one loop. Helpers join it and leave it; the caller ends it when all
// have left, after which none can join.
type job struct {
	n       int
	f       func(w *worker, i int)
	next    atomic.Int64 // iteration to be taken
	helpers atomic.Int64 // at work; ended: -1
	failure atomic.Pointer[any]
}

// spin is how long a helper watches for the next loop before it sleeps. Loops
// of one pass follow each other within microseconds, and waking a sleeping
// thread takes about as long as a small product.
const spin = 50 * time.Microsecond

// NewPool returns a pool of the given number of threads, at least one.
func NewPool(threads int, k Kernel) *Pool {
	p := &Pool{kernel: k}
	for range max(threads, 1) {
		p.workers = append(p.workers, &worker{wake: make(chan struct{}, 1)})
	}
	return p
}

// Threads returns the number of threads that share a loop.
func (p *Pool) Threads() int { return len(p.workers) }

// Kernel returns the kernel the pool runs.
func (p *Pool) Kernel() Kernel { return p.kernel }

// Close ends the pool's threads. A loop run afterwards runs in its caller alone:
// a job would hide the end from a helper that has not seen it yet.
func (p *Pool) Close() {
	p.publish(nil)
	p.workers = p.workers[:1]
}

// Run calls f(i) for every i in [0, n) and returns when all calls are done. A
// panic in f is raised again in the caller.
func (p *Pool) Run(n int, f func(i int)) {
	p.share(n, func(_ *worker, i int) { f(i) })
}

// RunRows cuts [0, rows) into one range per thread and calls f on each.
func (p *Pool) RunRows(rows int, f func(from, to int)) {
	parts := min(len(p.workers), rows)
	p.Run(parts, func(i int) { f(i*rows/parts, (i+1)*rows/parts) })
}

// share is Run for loops that need memory of their thread's own.
func (p *Pool) share(n int, f func(w *worker, i int)) {
	caller := p.workers[0]
	if len(p.workers) == 1 || n <= 1 {
		for i := range n {
			f(caller, i)
		}
		return
	}
	p.start.Do(func() {
		p.job.Store(&job{})
		for _, w := range p.workers[1:] {
			go p.help(w, p.job.Load())
		}
	})
	j := &job{n: n, f: f}
	p.publish(j)
	j.work(caller)
	for i := 0; !j.helpers.CompareAndSwap(0, -1); i++ {
		relax(i)
	}
	if r := j.failure.Load(); r != nil {
		panic(*r)
	}
}

// publish sets the job that helpers join next, nil to end them.
func (p *Pool) publish(j *job) {
	p.job.Store(j)
	for _, w := range p.workers[1:] {
		if w.parked.CompareAndSwap(true, false) {
			w.wake <- struct{}{}
		}
	}
}

// help joins job after job until there are no more. last is the job that was
// published when the helper was started.
func (p *Pool) help(w *worker, last *job) {
	for {
		j := p.await(w, last)
		if j == nil {
			return
		}
		for n := j.helpers.Load(); n >= 0; n = j.helpers.Load() {
			if j.helpers.CompareAndSwap(n, n+1) {
				j.work(w)
				j.helpers.Add(-1)
				break
			}
		}
		last = j
	}
}

// await returns the next job after last. It spins a while, then sleeps.
func (p *Pool) await(w *worker, last *job) *job {
	begin := time.Now()
	for i := 0; i%64 != 63 || time.Since(begin) < spin; i++ {
		if j := p.job.Load(); j != last {
			return j
		}
		pause()
	}
	for {
		w.parked.Store(true)
		// A job published before the store was not followed by a wake.
		if j := p.job.Load(); j != last && w.parked.CompareAndSwap(true, false) {
			return j
		}
		<-w.wake
		if j := p.job.Load(); j != last {
			return j
		}
	}
}

// work takes iterations until none is left.
func (j *job) work(w *worker) {
	defer func() {
		if r := recover(); r != nil {
			j.failure.CompareAndSwap(nil, &r)
		}
	}()
	for i := int(j.next.Add(1)) - 1; i < j.n; i = int(j.next.Add(1)) - 1 {
		j.f(w, i)
	}
}
