package ptx

// races looks for threads that touch the same shared memory with no barrier between
// them, one of them writing.
type races struct {
	granule int64
	cells   []raceCell
}

// raceCell says who last wrote and read a piece of shared memory.
type raceCell struct {
	writer, reader       int32 // threads, or none
	wrote, read          uint32
	wroteWarp, readWarp  uint32 // how often the thread's warp had met
	atomic, severalWarps bool   // the write was one; readers of several warps since
}

func newRaces(bytes int, granule int64) *races {
	return &races{granule: granule, cells: make([]raceCell, (int64(bytes)+granule-1)/granule)}
}

func (r *races) reset() {
	for i := range r.cells {
		r.cells[i] = raceCell{writer: none, reader: none}
	}
}

// check faults if an access races with one before.
func (r *races) check(w *warp, in *instr, lane int, at, size int64, how touch) {
	me, now := int32(w.index*lanes+lane), w.block.epoch
	apart := func(other int32, then, met uint32) bool { // not ordered by a barrier, nor by the warp
		return other != none && other != me && then == now && (other/lanes != me/lanes || met == w.epoch)
	}
	for i := at / r.granule; i < (at+size+r.granule-1)/r.granule; i++ {
		c := &r.cells[i]
		if !(c.atomic && how == touchAtomic) && apart(c.writer, c.wrote, c.wroteWarp) {
			w.fault(in, lane, "a race: %s shared memory at %#x, which thread %d wrote with no barrier between", touchNames[how], at, c.writer)
		}
		if how == touchRead {
			same := c.reader != none && c.read == now && c.reader/lanes != me/lanes
			c.severalWarps = same || c.severalWarps && c.read == now
			c.reader, c.read, c.readWarp = me, now, w.epoch
			continue
		}
		if how == touchWrite && (apart(c.reader, c.read, c.readWarp) || c.severalWarps && c.read == now) {
			w.fault(in, lane, "a race: writes shared memory at %#x, which thread %d read with no barrier between", at, c.reader)
		}
		c.writer, c.wrote, c.wroteWarp, c.atomic = me, now, w.epoch, how == touchAtomic
	}
}
