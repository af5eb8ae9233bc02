package ptx

import (
	"sync"
	"sync/atomic"
)

// owners looks for blocks that touch the same global memory in one launch, one of
// them writing: there is no order between blocks. Which block comes first is chance,
// so a read before the other's write is not seen; atomics are let be.
type owners struct {
	once  sync.Once
	cells []int32 // the block that wrote each granule, from 1 on; 0 is none
}

func (o *owners) of(bytes, granule int64) []int32 {
	o.once.Do(func() { o.cells = make([]int32, (bytes+granule-1)/granule) })
	return o.cells
}

// startRaces forgets who wrote in the launch before.
func (m *Memory) startRaces() {
	for _, a := range m.allocations {
		a.owners.Store(nil)
	}
}

// owned faults if a lane's access to an allocation races with another block's.
func (w *warp) owned(in *instr, lane int, a *allocation, at, size int64, how touch) {
	granule := w.block.kernel.globalGranule
	o := a.owners.Load()
	if how == touchRead && o == nil || how == touchAtomic {
		return
	}
	if o == nil {
		a.owners.CompareAndSwap(nil, &owners{})
		o = a.owners.Load()
	}
	cells, me := o.of(int64(len(a.data)), granule), w.block.number
	for i := at / granule; i < (at+size+granule-1)/granule; i++ {
		other := atomic.LoadInt32(&cells[i])
		if other == 0 && how == touchWrite && !atomic.CompareAndSwapInt32(&cells[i], 0, me) {
			other = atomic.LoadInt32(&cells[i])
		}
		if other != 0 && other != me {
			g := w.block.launch.Grid
			n := int(other - 1)
			w.fault(in, lane, "a race: %s %d bytes at %#x, which block (%d,%d,%d) wrote in this launch", touchNames[how], size, a.base+at, n%g.X, n/g.X%g.Y, n/(g.X*g.Y))
		}
	}
}
