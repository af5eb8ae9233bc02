package collect

import (
	"context"
	"iter"
	"sync"

	"premlp/collect/dataset"
)

// Assemble adds the rows of units to a dataset, in order; units begin where the
// dataset ends. Makers make them side by side, each with a unit of its own, and
// what is made ahead of its turn waits: at most two units for each of several
// makers, one of a single maker. progress is told how many questions are done,
// committed of each unit added; both may be nil.
//
// After an error all units before the one it is about are added, and none
// behind it.
func Assemble(ctx context.Context, w *dataset.Writer, units iter.Seq2[Unit, error], makers []Maker,
	progress func(done, total int), committed func(*Made)) error {
	ctx, cancel := context.WithCancel(ctx)
	a := &assembly{tally: newTally(w.Next(), w.Manifest().Questions, len(makers), progress), finished: make(chan *Made)}
	var stop func()
	a.next, stop = iter.Pull2(units)
	defer stop()
	defer a.running.Wait() // before the units' iterator is stopped
	defer cancel()
	room := 1
	if len(makers) > 1 {
		room = 2 * len(makers)
	}
	a.free = make(chan *Made, room)
	for range room {
		a.free <- &Made{}
	}
	for i, maker := range makers {
		a.running.Go(func() { a.work(ctx, i, maker) })
	}
	go func() { a.running.Wait(); close(a.finished) }()
	err := a.commit(ctx, w, committed)
	cancel()
	for range a.finished { // until all have stopped
	}
	return err
}

// assembly is one call of Assemble.
type assembly struct {
	mu       sync.Mutex
	next     func() (Unit, error, bool)
	taken    int  // units
	ended    bool // no more are taken
	free     chan *Made
	finished chan *Made
	running  sync.WaitGroup
	tally    *tally
}

// work makes units until there are no more. Memory is had before a unit is
// taken: so the first unit that is not yet added is always under way.
func (a *assembly) work(ctx context.Context, maker int, by Maker) {
	for {
		var m *Made
		select {
		case m = <-a.free:
		case <-ctx.Done():
			return
		}
		u, ok := a.take(m)
		if !ok {
			a.free <- m
			return
		}
		if m.err == nil {
			if m.err = by.Make(ctx, u, m, func(n float64) { a.tally.share(maker, n) }); m.err == nil {
				m.Unit = u
				a.tally.finish(maker, u.Len())
			} else {
				a.end()
			}
		}
		select {
		case a.finished <- m:
		case <-ctx.Done():
			return
		}
	}
}

// take gives m the next unit's number, and its error if it could not be cut.
func (a *assembly) take(m *Made) (Unit, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return Unit{}, false
	}
	u, err, ok := a.next()
	if !ok {
		a.ended = true
		return u, false
	}
	m.seq, m.err = a.taken, err
	a.taken++
	a.ended = err != nil
	return u, true
}

// end lets no more units be taken: one of those that were has failed.
func (a *assembly) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// commit adds finished units in their order, up to the first that failed.
func (a *assembly) commit(ctx context.Context, w *dataset.Writer, committed func(*Made)) error {
	waiting := map[int]*Made{}
	for n := 0; ; n++ {
		for waiting[n] == nil {
			m, ok := <-a.finished
			if !ok {
				return ctx.Err() // nil after the last
			}
			waiting[m.seq] = m
		}
		m := waiting[n]
		delete(waiting, n)
		if m.err != nil {
			return m.err
		}
		if err := w.AddRaw(m.Unit.First, m.Raw); err != nil {
			return err
		}
		if committed != nil {
			committed(m)
		}
		a.free <- m
	}
}

// tally adds up how many questions are done: those of finished units, and shares
// of those under way.
type tally struct {
	mu     sync.Mutex
	done   int
	total  int
	shares []float64
	tell   func(done, total int)
}

func newTally(done, total, makers int, tell func(done, total int)) *tally {
	return &tally{done: done, total: total, shares: make([]float64, makers), tell: tell}
}

func (t *tally) share(maker int, n float64) { t.set(maker, n, 0) }

func (t *tally) finish(maker, n int) { t.set(maker, 0, n) }

func (t *tally) set(maker int, share float64, finished int) {
	if t.tell == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += finished
	t.shares[maker] = share
	sum := float64(t.done)
	for _, s := range t.shares {
		sum += s
	}
	t.tell(int(sum), t.total)
}
