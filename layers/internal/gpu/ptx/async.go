package ptx

import "slices"

// copying is a cp.async that has been begun: its bytes are in shared memory only
// once they have been waited for.
type copying struct {
	lane  int
	group int32
	to    []byte
	data  []byte
}

// copyAsync compiles cp.async.ca.shared.global [to], [from], 16 and what goes with
// it: commit_group, wait_group n, wait_all.
func (c *compiler) copyAsync(s *statement, op []string) error {
	if len(op) < 3 || op[1] != "async" {
		return wrong(s.line, "%s: not a copy that is known here", s.opcode)
	}
	most := uint64(0)
	switch op[2] {
	case "commit_group":
		return c.alone(instr{}, func(w *warp, _ *instr, mask uint32) {
			for m := mask; m != 0; m &= m - 1 {
				w.groups[firstLane(m)]++
			}
		})
	case "wait_group":
		if len(s.operands) != 1 || s.operands[0].kind != opNumber || s.operands[0].value > 64 {
			return wrong(s.line, "%s: want a number of groups", s.opcode)
		}
		most = s.operands[0].value
		fallthrough
	case "wait_all":
		all := op[2] == "wait_all"
		return c.alone(instr{}, func(w *warp, _ *instr, mask uint32) { w.arrive(mask, int32(most), all) })
	}
	return c.copyBegin(s, op)
}

func (c *compiler) alone(in instr, apply func(w *warp, in *instr, mask uint32)) error {
	c.k.exchanges = append(c.k.exchanges, exchange{members: none, apply: apply})
	in.kind, in.x = kindExchange, int32(len(c.k.exchanges)-1)
	c.emit(in)
	return nil
}

func (c *compiler) copyBegin(s *statement, op []string) error {
	n := len(s.operands)
	if n != 3 && n != 4 || s.operands[2].kind != opNumber || !slices.Contains(op, "shared") && !slices.Contains(op, "shared::cta") {
		return wrong(s.line, "%s: want [to], [from], a number of bytes", s.opcode)
	}
	size := int64(s.operands[2].value)
	if size != 4 && size != 8 && size != 16 {
		return wrong(s.line, "%s: want 4, 8 or 16 bytes, have %d", s.opcode, size)
	}
	to, from := access{space: spaceShared, size: 4, count: int(size / 4)}, access{space: spaceGlobal, size: 4, count: int(size / 4)}
	toRow, err := c.address(s.operands[0], &to)
	if err != nil {
		return err
	}
	fromRow, err := c.address(s.operands[1], &from)
	if err != nil {
		return err
	}
	bytes := c.constant(uint64(size)) // of the source; zeros behind it
	if n == 4 {
		if bytes, err = c.from(s.operands[3], "u32"); err != nil {
			return err
		}
	}
	toX, fromX := c.touch(to), c.touch(from)
	return c.alone(instr{}, func(w *warp, in *instr, mask uint32) {
		all := w.block.kernel.accesses
		w.sectors.begin()
		for m := mask; m != 0; m &= m - 1 {
			lane := firstLane(m)
			dst := w.resolve(&instr{a: toRow, x: toX, line: in.line}, &all[toX], lane, touchWrite)
			data := make([]byte, size)
			if have := int64(uint32(w.rows[bytes][lane])); have > size {
				w.fault(in, lane, "copies %d bytes of %d", have, size)
			} else if have > 0 {
				copy(data, w.resolve(&instr{a: fromRow, x: fromX, line: in.line}, &all[fromX], lane, touchRead)[:have])
			}
			poison(dst)
			w.copies = append(w.copies, copying{lane, w.groups[lane], dst, data})
		}
		w.sectors.end(w.block.stats)
	})
}

// arrive ends the copies of lanes but for those of their last groups, or all.
func (w *warp) arrive(mask uint32, most int32, all bool) {
	w.copies = slices.DeleteFunc(w.copies, func(c copying) bool {
		done := mask>>c.lane&1 != 0 && (all || c.group < w.groups[c.lane]-most)
		if done {
			copy(c.to, c.data)
		}
		return done
	})
}
