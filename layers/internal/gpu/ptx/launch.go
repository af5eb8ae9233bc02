package ptx

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Launch says how a kernel is run.
type Launch struct {
	Grid, Block Dim    // every extent at least 1
	Shared      int    // bytes of dynamic shared memory
	Arguments   []byte // laid out as Kernel.Params says

	Workers  int   // blocks that run at the same time; 0 is one for each CPU
	MaxSteps int64 // instructions of one warp, after which it is said to hang; 0 is 1<<32
	Count    bool  // count the distinct bytes that are touched
	Races    bool  // look for races, in shared memory and between blocks
}

// Run executes a launch of k. An error is a *Fault, or says what is wrong with the
// launch. The counts are of what was executed, also with an error.
func (k *Kernel) Run(mem *Memory, l Launch) (*Stats, error) {
	if err := k.check(l); err != nil {
		return nil, err
	}
	if l.MaxSteps == 0 {
		l.MaxSteps = 1 << 32
	}
	blocks := int64(l.Grid.X) * int64(l.Grid.Y) * int64(l.Grid.Z)
	workers := l.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = int(min(int64(workers), blocks))
	r := &run{kernel: k, mem: mem, launch: l, blocks: blocks}
	if l.Count {
		mem.startCounting()
	}
	if l.Races {
		mem.startRaces()
	}
	stats := make([]*Stats, workers)
	if workers == 1 {
		stats[0] = r.work()
	} else {
		var wait sync.WaitGroup
		for i := range stats {
			wait.Go(func() { stats[i] = r.work() })
		}
		wait.Wait()
	}
	total := stats[0]
	for _, s := range stats[1:] {
		total.add(s)
	}
	if l.Count {
		mem.stopCounting(total)
	}
	if r.fault != nil {
		return total, r.fault
	}
	return total, nil
}

func (k *Kernel) check(l Launch) error {
	for _, d := range []Dim{l.Grid, l.Block} {
		if d.X < 1 || d.Y < 1 || d.Z < 1 {
			return fmt.Errorf("%s: want extents of at least 1, have grid %v, block %v", k.Name, l.Grid, l.Block)
		}
	}
	if int64(len(l.Arguments)) != k.ParamBytes {
		return fmt.Errorf("%s: want %d bytes of arguments, have %d", k.Name, k.ParamBytes, len(l.Arguments))
	}
	if n := l.Block.X * l.Block.Y * l.Block.Z; k.MaxThreads > 0 && n > k.MaxThreads {
		return fmt.Errorf("%s: want at most %d threads a block, have %d", k.Name, k.MaxThreads, n)
	}
	if l.Shared < 0 {
		return fmt.Errorf("%s: want shared memory of at least 0 bytes, have %d", k.Name, l.Shared)
	}
	return nil
}

// run is a launch that goes on.
type run struct {
	kernel *Kernel
	mem    *Memory
	launch Launch
	blocks int64
	next   atomic.Int64
	stop   atomic.Bool

	mu        sync.Mutex
	fault     *Fault
	faultedAt int64 // the first block with a fault
}

// work executes blocks until there are no more or one has faulted.
func (r *run) work() *Stats {
	b := newBlock(r)
	for !r.stop.Load() {
		n := r.next.Add(1) - 1
		if n >= r.blocks {
			break
		}
		b.number = int32(n%math.MaxInt32) + 1
		grid := r.launch.Grid
		b.at = Dim{int(n % int64(grid.X)), int(n / int64(grid.X) % int64(grid.Y)), int(n / (int64(grid.X) * int64(grid.Y)))}
		if f := b.execute(); f != nil {
			r.stop.Store(true)
			r.mu.Lock()
			if r.fault == nil || n < r.faultedAt {
				r.fault, r.faultedAt = f, n
			}
			r.mu.Unlock()
		}
	}
	return b.stats
}
