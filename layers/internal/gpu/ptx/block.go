package ptx

// block is a block of threads and its shared memory. A worker has one, and uses it
// again for the next.
type block struct {
	run    *run
	kernel *Kernel
	launch *Launch
	at     Dim
	number int32 // from 1 on
	warps  []*warp
	shared []byte
	stats  *Stats
	epoch  uint32 // barriers passed, and blocks
	races  *races
	near   []*allocation // where each access of the kernel last went
}

func newBlock(r *run) *block {
	b := &block{run: r, kernel: r.kernel, launch: &r.launch, stats: newStats(r.kernel)}
	b.shared = make([]byte, b.kernel.Shared+int64(b.launch.Shared))
	b.near = make([]*allocation, len(b.kernel.accesses))
	if b.launch.Races && len(b.shared) > 0 {
		b.races = newRaces(len(b.shared), b.kernel.granule)
	}
	threads := b.launch.Block.X * b.launch.Block.Y * b.launch.Block.Z
	for at := 0; at < threads; at += lanes {
		b.warps = append(b.warps, newWarp(b, at/lanes, min(lanes, threads-at)))
	}
	return b
}

// execute runs the block's threads: a warp until it waits at a barrier or ends,
// then the next.
func (b *block) execute() (f *Fault) {
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(*Fault)
			if !ok {
				panic(r)
			}
			f = fault
		}
	}()
	poison(b.shared)
	b.epoch++ // never 0
	for _, w := range b.warps {
		w.begin()
	}
	for {
		for _, w := range b.warps {
			w.run()
		}
		if !b.release() {
			return nil
		}
	}
}

// release lets the warps go on behind a barrier. It returns false if none waits.
func (b *block) release() bool {
	var first *warp
	lane := 0
	for _, w := range b.warps {
		if w.waiting != 0 {
			first, lane = w, firstLane(w.waiting)
			break
		}
	}
	if first == nil {
		return false
	}
	pc := first.pcs[lane]
	in := &b.kernel.code[pc]
	for _, w := range b.warps {
		if missing := w.all &^ w.waiting; missing != 0 {
			w.fault(in, firstLane(missing), "want every thread of the block at this barrier; this thread has ended, and %d threads of its warp wait", ones([]uint64{uint64(w.waiting)}))
		}
		for i := range lanes {
			if w.waiting>>i&1 != 0 && w.pcs[i] != pc {
				w.fault(in, i, "want every thread of the block at this barrier; this thread waits at that of line %d", b.kernel.code[w.pcs[i]].line)
			}
		}
	}
	for _, w := range b.warps {
		for i := range w.pcs {
			w.pcs[i] = pc + 1
		}
		w.ready, w.waiting = w.waiting, 0
	}
	b.epoch++
	return true
}

func poison(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}
