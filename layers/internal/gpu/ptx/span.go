package ptx

import "math/bits"

// span is the quick way of an access of a warp: if all lanes are in order and in
// one piece of global or shared memory, it returns that piece, with where each lane
// is in w.offsets, and has counted. It returns nil if they are not, or if one is
// wrong; resolve then goes lane by lane and says what is.
func (w *warp) span(in *instr, a *access, active uint32, how touch) []byte {
	size := a.size * int64(a.count)
	switch a.space {
	case spaceShared:
		b := w.block.shared
		if !w.offsetsIn(in, a, active, 0, size, int64(len(b))) {
			return nil
		}
		if w.block.races != nil {
			w.block.races.checkWarp(w, in, active, size, how)
		}
		return b
	case spaceGlobal:
		near := w.block.near[in.x]
		if near == nil || !w.offsetsIn(in, a, active, near.base, size, int64(len(near.data))) {
			return nil
		}
		if w.block.launch.Races && (how == touchWrite || near.owners.Load() != nil) {
			for m := active; m != 0; m &= m - 1 {
				lane := firstLane(m)
				w.owned(in, lane, near, w.offsets[lane], size, how)
			}
		}
		w.count(near, active, size, how)
		return near.data
	}
	return nil
}

// offsetsIn sets w.offsets and tells whether all lie in a piece of memory.
func (w *warp) offsetsIn(in *instr, a *access, active uint32, base, size, length int64) bool {
	r := &w.rows[in.a]
	move := a.offset - base
	last := uint64(length - size)
	if length < size {
		return false
	}
	bad := uint64(0)
	for m := active; m != 0; m &= m - 1 {
		lane := firstLane(m)
		at := int64(r[lane]) + move
		if a.narrow {
			at = int64(uint32(at+base)) - base
		}
		w.offsets[lane] = at
		bad |= uint64(at) & uint64(size-1)
		if uint64(at) > last {
			return false
		}
	}
	return bad == 0 // base is aligned
}

// count counts an access to global memory.
func (w *warp) count(to *allocation, active uint32, size int64, how touch) {
	stats := w.block.stats
	total := size * int64(bits.OnesCount32(active))
	w.sectors.begin()
	for m := active; m != 0; m &= m - 1 {
		w.sectors.add((to.base + w.offsets[firstLane(m)]) >> 5)
	}
	w.sectors.end(stats)
	marks := []uint64(nil)
	if how == touchRead {
		stats.Read += total
		if to.seen != nil {
			marks = to.seen.read.of(len(to.data))
		}
	} else {
		stats.Written += total
		if to.seen != nil {
			marks = to.seen.written.of(len(to.data))
		}
	}
	if marks != nil {
		for m := active; m != 0; m &= m - 1 {
			mark(marks, w.offsets[firstLane(m)], size)
		}
	}
}
