package ptx

import (
	"math"
	"math/bits"
)

// warp is up to 32 threads that go together where they can.
type warp struct {
	block *block
	index int
	rows  []row
	drop  row    // what an instruction computes before it is known whose it is
	local []byte // of each lane after the other
	all   uint32 // the lanes there are
	live  uint32 // not ended
	ready uint32 // neither ended nor waiting
	// Lanes that wait, at the instruction pcs names.
	waiting uint32 // for the block, at a barrier
	meeting uint32 // for lanes of the warp, at an exchange
	pcs     [lanes]int32
	epoch   uint32 // times that the lanes met
	steps   int64
	sectors sectorCount
	offsets [lanes]int64 // of the accesses of one instruction
	copies  []copying    // asynchronous ones, and how many groups of them each lane has ended
	groups  [lanes]int32
	// What products of the warp's warpgroup may still read, and how many groups of them
	// it has ended.
	readings      []reading
	productGroups int32
}

func newWarp(b *block, index, threads int) *warp {
	w := &warp{block: b, index: index, rows: make([]row, b.kernel.rows), local: make([]byte, lanes*b.kernel.Local)}
	w.all = uint32(uint64(1)<<threads - 1)
	for i := range w.rows {
		for lane := range w.rows[i] {
			w.rows[i][lane] = math.MaxUint64
		}
	}
	for _, k := range b.kernel.consts {
		for lane := range w.rows[k.row] {
			w.rows[k.row][lane] = k.value
		}
	}
	return w
}

// begin sets a warp to the kernel's first instruction.
func (w *warp) begin() {
	w.live, w.ready, w.waiting, w.meeting = w.all, w.all, 0, 0
	w.pcs = [lanes]int32{}
	w.steps, w.epoch = 0, 0
	w.copies, w.groups = w.copies[:0], [lanes]int32{}
	w.readings, w.productGroups = w.readings[:0], 0
	poison(w.local)
	w.fillSpecials()
	w.block.stats.Threads += int64(bits.OnesCount32(w.all))
}

func firstLane(mask uint32) int { return bits.TrailingZeros32(mask) & (lanes - 1) }

// pick returns the lanes that are furthest behind, where they are, and where the
// next ones are, with whom they may go on together.
func (w *warp) pick() (pc int32, mask uint32, limit int32) {
	pc, limit = math.MaxInt32, math.MaxInt32
	for m := w.ready; m != 0; m &= m - 1 {
		pc = min(pc, w.pcs[firstLane(m)])
	}
	for m := w.ready | w.meeting; m != 0; m &= m - 1 {
		lane := firstLane(m)
		switch at := w.pcs[lane]; {
		case at == pc:
			mask |= 1 << lane
		case at > pc:
			limit = min(limit, at)
		}
	}
	if w.ready == 0 {
		if w.meeting != 0 {
			lane := firstLane(w.meeting)
			in := &w.block.kernel.code[w.pcs[lane]]
			w.fault(in, lane, "waits for lanes of its warp that do not come: lanes %#x wait here, %#x at a barrier", w.meeting, w.waiting)
		}
		return 0, 0, 0
	}
	w.ready |= mask
	w.meeting &^= mask
	return pc, mask, limit
}

// park notes where lanes are.
func (w *warp) park(mask uint32, pc int32) {
	for m := mask; m != 0; m &= m - 1 {
		w.pcs[firstLane(m)] = pc
	}
}

// run executes the warp until all its lanes wait at a barrier or have ended.
func (w *warp) run() {
	code, stats := w.block.kernel.code, w.block.stats
	for {
		pc, mask, limit := w.pick()
		if mask == 0 {
			return
		}
		width := int64(bits.OnesCount32(mask))
		start := w.steps
		for mask != 0 {
			if pc >= limit {
				w.park(mask, pc)
				break
			}
			in := &code[pc]
			active := mask
			if in.guard != none {
				active = w.guarded(in, mask)
			}
			stats.Executed[pc]++
			if w.steps++; w.steps > w.block.launch.MaxSteps {
				w.fault(in, firstLane(mask), "more than %d instructions: does this end?", w.block.launch.MaxSteps)
			}
			if in.kind == kindALU {
				w.compute(in, active)
				pc++
				continue
			}
			if in.kind == kindBranch {
				if active == mask {
					pc = in.target
					continue
				}
				if active == 0 {
					pc++
					continue
				}
				w.park(active, in.target)
				w.park(mask&^active, pc+1)
				break
			}
			next := w.step(in, pc, active)
			if next == active {
				pc++
				mask = w.ready & mask
				if active != 0 && in.kind == kindExit {
					stats.Instructions += width * (w.steps - start)
					stats.Warp += w.steps - start
					width, start = int64(bits.OnesCount32(mask)), w.steps
				}
				continue
			}
			// Some wait; the others go on.
			w.park(mask&^active, pc+1)
			break
		}
		stats.Instructions += width * (w.steps - start)
		stats.Warp += w.steps - start
	}
}

// guarded returns the lanes of mask for which an instruction's guard holds.
func (w *warp) guarded(in *instr, mask uint32) uint32 {
	p := &w.rows[in.guard]
	var yes uint32
	for i := range p {
		yes |= uint32(p[i]&1) << i
	}
	if in.guardNot {
		yes = ^yes
	}
	yes &= mask
	b := &w.block.stats.Branches[in.branch]
	b.Taken += int64(bits.OnesCount32(yes))
	b.Not += int64(bits.OnesCount32(mask &^ yes))
	return yes
}

// compute executes a plain instruction for some lanes. What ended lanes hold is of
// no account.
func (w *warp) compute(in *instr, active uint32) {
	r := w.rows
	if active == w.live {
		in.f(&r[in.d], &r[in.a], &r[in.b], &r[in.c], &r[in.e])
		return
	}
	if active == 0 {
		return
	}
	in.f(&w.drop, &r[in.a], &r[in.b], &r[in.c], &r[in.e])
	d := &r[in.d]
	for m := active; m != 0; m &= m - 1 {
		lane := firstLane(m)
		d[lane] = w.drop[lane]
	}
}

// step executes an instruction that is neither plain nor a branch. It returns the
// lanes that have done it; the others wait.
func (w *warp) step(in *instr, pc int32, active uint32) uint32 {
	if active == 0 {
		return 0
	}
	switch in.kind {
	case kindLoad:
		w.load(in, active)
	case kindStore:
		w.store(in, active)
	case kindAtomic:
		w.atomic(in, active)
	case kindExit:
		w.live &^= active
		w.ready &^= active
	case kindBarrier:
		w.park(active, pc)
		w.ready &^= active
		w.waiting |= active
		return 0
	case kindExchange:
		return w.meet(in, pc, active)
	case kindTrap:
		w.fault(in, firstLane(active), "a trap")
	}
	return active
}

// meet executes an exchange once all lanes that it names have come.
func (w *warp) meet(in *instr, pc int32, active uint32) uint32 {
	x := &w.block.kernel.exchanges[in.x]
	if x.members != none {
		row := &w.rows[x.members]
		members := uint32(row[firstLane(active)])
		for m := active; m != 0; m &= m - 1 {
			lane := firstLane(m)
			switch mine := uint32(row[lane]); {
			case mine>>lane&1 == 0:
				w.fault(in, lane, "the mask %#x does not name this thread's lane %d", mine, lane)
			case mine != members:
				w.fault(in, lane, "the masks %#x and %#x of one warp differ", mine, members)
			}
		}
		if members&w.live&^active != 0 {
			w.park(active, pc)
			w.ready &^= active
			w.meeting |= active
			return 0
		}
		w.epoch++
	}
	x.apply(w, in, active)
	return active
}
