package ptx

// races looks for threads that touch the same shared memory with no barrier between
// them, one of them writing.
type races struct {
	granule int64
	cells   []raceCell
}

// raceCell says who last wrote and read a piece of shared memory.
type raceCell struct {
	wrote, read    uint32 // the block's epoch then
	writer, reader int16  // threads
	// How often the thread's warp had met.
	writerMet, readerMet uint32
	atomic, several      bool // the write was one; warps that read since are several
}

func newRaces(bytes int, granule int64) *races {
	return &races{granule: granule, cells: make([]raceCell, (int64(bytes)+granule-1)/granule)}
}

// read notes a read and tells whether it races with a write.
func (c *raceCell) readBy(thread int16, now, met uint32) bool {
	if c.wrote == now && c.writer != thread && (c.writer/lanes != thread/lanes || c.writerMet == met) {
		return true
	}
	switch {
	case c.read != now:
		c.several = false
	case c.reader/lanes != thread/lanes:
		c.several = true
	}
	c.read, c.reader, c.readerMet = now, thread, met
	return false
}

// writtenBy notes a write and returns whom it races with, or none.
func (c *raceCell) writtenBy(thread int16, now, met uint32, how touch) int16 {
	apart := func(other int16, otherMet uint32) bool {
		return other != thread && (other/lanes != thread/lanes || otherMet == met)
	}
	if c.wrote == now && !(c.atomic && how == touchAtomic) && apart(c.writer, c.writerMet) {
		return c.writer
	}
	if c.read == now && how == touchWrite && (c.several || apart(c.reader, c.readerMet)) {
		return c.reader
	}
	c.wrote, c.writer, c.writerMet, c.atomic = now, thread, met, how == touchAtomic
	return none
}

// check faults if an access races with one before.
func (r *races) check(w *warp, in *instr, lane int, at, size int64, how touch) {
	thread, now := int16(w.index*lanes+lane), w.block.epoch
	for i := at / r.granule; i < (at+size+r.granule-1)/r.granule; i++ {
		c := &r.cells[i]
		if how == touchRead {
			if c.readBy(thread, now, w.epoch) {
				w.fault(in, lane, "a race: reads shared memory at %#x, which thread %d wrote with no barrier between", at, c.writer)
			}
			continue
		}
		if other := c.writtenBy(thread, now, w.epoch, how); other != none {
			w.fault(in, lane, "a race: %s shared memory at %#x, which thread %d touched with no barrier between", touchNames[how], at, other)
		}
	}
}

// checkWarp checks the accesses of a warp at w.offsets.
func (r *races) checkWarp(w *warp, in *instr, active uint32, size int64, how touch) {
	if how != touchRead || size != r.granule {
		for m := active; m != 0; m &= m - 1 {
			lane := firstLane(m)
			r.check(w, in, lane, w.offsets[lane], size, how)
		}
		return
	}
	now, met, first := w.block.epoch, w.epoch, int16(w.index*lanes)
	for m := active; m != 0; m &= m - 1 {
		lane := firstLane(m)
		if r.cells[w.offsets[lane]/size].readBy(first+int16(lane), now, met) {
			r.check(w, in, lane, w.offsets[lane], size, how)
		}
	}
}
