package ptx

import (
	"encoding/binary"
)

// load executes ld for some lanes.
func (w *warp) load(in *instr, active uint32) {
	a := &w.block.kernel.accesses[in.x]
	if from := w.span(in, a, active, touchRead); from != nil {
		for i := range a.count {
			w.loadAll(from[int64(i)*a.size:], a, &w.rows[a.rows[i]], active)
		}
		return
	}
	w.sectors.begin()
	for m := active; m != 0; m &= m - 1 {
		lane := firstLane(m)
		from := w.resolve(in, a, lane, touchRead)
		for i := range a.count {
			v := get(from[int64(i)*a.size:], a.size)
			if a.signed {
				v = signExtend(v, a.size)
			}
			w.rows[a.rows[i]][lane] = v
		}
	}
	w.sectors.end(w.block.stats)
}

func signExtend(v uint64, size int64) uint64 {
	shift := 64 - 8*size
	return uint64(int64(v<<shift) >> shift)
}

// loadAll reads one element for each lane from w.offsets.
func (w *warp) loadAll(from []byte, a *access, d *row, active uint32) {
	if a.size == 4 {
		for m := active; m != 0; m &= m - 1 {
			lane := firstLane(m)
			d[lane] = uint64(binary.LittleEndian.Uint32(from[w.offsets[lane]:]))
		}
	} else {
		for m := active; m != 0; m &= m - 1 {
			lane := firstLane(m)
			d[lane] = get(from[w.offsets[lane]:], a.size)
		}
	}
	if a.signed && a.size < 8 {
		for m := active; m != 0; m &= m - 1 {
			lane := firstLane(m)
			d[lane] = signExtend(d[lane], a.size)
		}
	}
}

// store executes st for some lanes.
func (w *warp) store(in *instr, active uint32) {
	a := &w.block.kernel.accesses[in.x]
	if to := w.span(in, a, active, touchWrite); to != nil {
		for i := range a.count {
			s, to := &w.rows[a.rows[i]], to[int64(i)*a.size:]
			for m := active; m != 0; m &= m - 1 {
				lane := firstLane(m)
				put(to[w.offsets[lane]:], a.size, s[lane])
			}
		}
		return
	}
	w.sectors.begin()
	for m := active; m != 0; m &= m - 1 {
		lane := firstLane(m)
		to := w.resolve(in, a, lane, touchWrite)
		for i := range a.count {
			put(to[int64(i)*a.size:], a.size, w.rows[a.rows[i]][lane])
		}
	}
	w.sectors.end(w.block.stats)
}

// atomic executes atom or red, lane by lane.
func (w *warp) atomic(in *instr, active uint32) {
	a := &w.block.kernel.accesses[in.x]
	w.sectors.begin()
	mu := &w.block.run.mem.atomics
	mu.Lock()
	defer mu.Unlock()
	width := widthMask(a.size)
	for m := active; m != 0; m &= m - 1 {
		lane := firstLane(m)
		at := w.resolve(in, a, lane, touchAtomic)
		old := get(at, a.size)
		put(at, a.size, a.update(old, w.rows[in.b][lane]&width, w.rows[in.c][lane]&width))
		w.rows[in.d][lane] = old
	}
	w.sectors.end(w.block.stats)
}

func get(b []byte, size int64) uint64 {
	switch size {
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		return binary.LittleEndian.Uint64(b)
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	}
	return uint64(b[0])
}

func put(b []byte, size int64, v uint64) {
	switch size {
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	case 8:
		binary.LittleEndian.PutUint64(b, v)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	default:
		b[0] = byte(v)
	}
}

type touch uint8

const (
	touchRead touch = iota
	touchWrite
	touchAtomic
)

var touchNames = [...]string{"reads", "writes", "changes"}

// resolve returns the bytes that a lane's access is to, or faults.
func (w *warp) resolve(in *instr, a *access, lane int, how touch) []byte {
	base := w.rows[in.a][lane]
	at := int64(base) + a.offset
	if a.narrow {
		at = int64(uint32(at))
	}
	size := a.size * int64(a.count)
	if at&(size-1) != 0 {
		w.fault(in, lane, "%s %d bytes at %#x, which is no multiple of %d", touchNames[how], size, at, size)
	}
	space := a.space
	if space == spaceGeneric {
		space, at = generic(at)
	}
	switch space {
	case spaceGlobal:
		return w.resolveGlobal(in, lane, at, size, how)
	case spaceShared:
		b := w.block.shared
		if uint64(at) > uint64(len(b)) || at+size > int64(len(b)) {
			w.fault(in, lane, "%s %d bytes at %#x of %d bytes of shared memory", touchNames[how], size, at, len(b))
		}
		if w.block.races != nil {
			w.block.races.check(w, in, lane, at, size, how)
		}
		return b[at : at+size]
	case spaceLocal:
		n := w.block.kernel.Local
		if uint64(at) > uint64(n) || at+size > n {
			w.fault(in, lane, "%s %d bytes at %#x of %d bytes of local memory", touchNames[how], size, at, n)
		}
		return w.local[int64(lane)*n+at:][:size]
	}
	b := w.block.launch.Arguments
	if uint64(at) > uint64(len(b)) || at+size > int64(len(b)) || how != touchRead {
		w.fault(in, lane, "%s %d bytes at %#x of %d bytes of parameters", touchNames[how], size, at, len(b))
	}
	return b[at : at+size]
}

// generic parts a generic address into a space and the address in it.
func generic(at int64) (space, int64) {
	for _, s := range []space{spaceShared, spaceLocal, spaceParam} {
		if off := uint64(at) - windowOf(s); off < windowBytes {
			return s, int64(off)
		}
	}
	return spaceGlobal, at
}

func (w *warp) resolveGlobal(in *instr, lane int, at, size int64, how touch) []byte {
	b := w.block
	near := b.near[in.x]
	if near == nil || uint64(at-near.base) >= uint64(len(near.data)) {
		near = b.run.mem.find(at)
		b.near[in.x] = near
	}
	if near == nil || at-near.base+size > int64(len(near.data)) {
		w.fault(in, lane, "%s %d bytes at %#x: %s", touchNames[how], size, at, b.run.mem.describe(at))
	}
	off := at - near.base
	if b.launch.Races {
		w.owned(in, lane, near, off, size, how)
	}
	if how != touchWrite {
		b.stats.Read += size
		if near.seen != nil {
			mark(near.seen.read.of(len(near.data)), off, size)
		}
	}
	if how != touchRead {
		b.stats.Written += size
		if near.seen != nil {
			mark(near.seen.written.of(len(near.data)), off, size)
		}
	}
	w.sectors.add(at >> 5)
	return near.data[off : off+size]
}

// sectorCount counts the distinct sectors of one access of a warp.
type sectorCount struct {
	seen [lanes]int64
	n    int
	top  int64
}

func (s *sectorCount) begin() { s.n, s.top = 0, -1 }

func (s *sectorCount) add(sector int64) {
	if sector > s.top {
		s.top = sector
	} else {
		for i := s.n - 1; i >= 0; i-- {
			if s.seen[i] == sector {
				return
			}
		}
	}
	s.seen[s.n&(lanes-1)] = sector
	s.n++
}

func (s *sectorCount) end(stats *Stats) { stats.Sectors += int64(s.n) }
