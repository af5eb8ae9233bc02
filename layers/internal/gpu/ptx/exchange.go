package ptx

import "math/bits"

// shuffle compiles shfl.sync.bfly.b32 d|p, a, b, c, members.
func (c *compiler) shuffle(s *statement, op []string) error {
	if len(op) != 4 || op[1] != "sync" || len(s.operands) != 5 {
		return wrong(s.line, "%s: only shfl.sync with 5 operands is known here", s.opcode)
	}
	to := s.operands[0]
	p := c.spare
	var err error
	if to.kind == opPair {
		if p, err = c.destination(to.parts[1]); err != nil {
			return err
		}
		to = to.parts[0]
	}
	d, err := c.destination(to)
	if err != nil {
		return err
	}
	var rows [3]int32
	for i, o := range s.operands[1:4] {
		if rows[i], err = c.from(o, "b32"); err != nil {
			return err
		}
	}
	mode := op[2]
	if mode != "bfly" && mode != "down" && mode != "up" && mode != "idx" {
		return wrong(s.line, "%s: want bfly, down, up or idx, have %s", s.opcode, mode)
	}
	in := instr{d: d, a: rows[0], b: rows[1], c: rows[2], e: p}
	return c.across(s.operands[4], in, func(w *warp, in *instr, mask uint32) { w.shuffle(in, mask, mode) })
}

// shuffle gives each lane another's value. The value of a lane that does not take
// part is undefined by PTX and all ones here.
func (w *warp) shuffle(in *instr, mask uint32, mode string) {
	values := w.rows[in.a]
	var out, inside row
	for m := mask; m != 0; m &= m - 1 {
		lane := firstLane(m)
		b, c := int(w.rows[in.b][lane]&31), w.rows[in.c][lane]
		clamp, segment := int(c&31), int(c>>8&31)
		highest := lane&segment | clamp&^segment
		from, ok := lane, false
		switch mode {
		case "up":
			from = lane - b
			ok = from >= highest
		case "down":
			from = lane + b
			ok = from <= highest
		case "bfly":
			from = lane ^ b
			ok = from <= highest
		case "idx":
			from = lane&segment | b&^segment
			ok = from <= highest
		}
		if !ok {
			from = lane
		}
		inside[lane] = one(ok)
		out[lane] = values[from&31]
		if mask>>(from&31)&1 == 0 {
			out[lane] = 0xffffffff
		}
	}
	for m := mask; m != 0; m &= m - 1 {
		lane := firstLane(m)
		w.rows[in.e][lane] = inside[lane]
		w.rows[in.d][lane] = out[lane]
	}
}

// vote compiles vote.sync.ballot.b32 d, p, members and activemask.b32 d.
func (c *compiler) vote(s *statement, op []string) error {
	if len(s.operands) == 0 {
		return wrong(s.line, "%s: want a register to write", s.opcode)
	}
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	if op[0] == "activemask" {
		c.k.exchanges = append(c.k.exchanges, exchange{members: none, apply: func(w *warp, in *instr, mask uint32) { w.spread(in.d, mask, uint64(mask)) }})
		c.emit(instr{kind: kindExchange, d: d, x: int32(len(c.k.exchanges) - 1)})
		return nil
	}
	if len(op) != 4 || op[1] != "sync" || len(s.operands) != 3 {
		return wrong(s.line, "%s: only vote.sync with 3 operands is known here", s.opcode)
	}
	p, err := c.from(s.operands[1], "pred")
	if err != nil {
		return err
	}
	var result func(yes, mask uint32) uint64
	switch op[2] {
	case "ballot":
		result = func(yes, _ uint32) uint64 { return uint64(yes) }
	case "any":
		result = func(yes, _ uint32) uint64 { return one(yes != 0) }
	case "all":
		result = func(yes, mask uint32) uint64 { return one(yes == mask) }
	case "uni":
		result = func(yes, mask uint32) uint64 { return one(yes == mask || yes == 0) }
	default:
		return wrong(s.line, "%s: want ballot, any, all or uni, have %s", s.opcode, op[2])
	}
	return c.across(s.operands[2], instr{d: d, a: p}, func(w *warp, in *instr, mask uint32) {
		var yes uint32
		for m := mask; m != 0; m &= m - 1 {
			lane := firstLane(m)
			yes |= uint32(w.rows[in.a][lane]&1) << lane
		}
		w.spread(in.d, mask, result(yes, mask))
	})
}

// spread writes one value to all lanes of a mask.
func (w *warp) spread(d int32, mask uint32, v uint64) {
	for m := mask; m != 0; m &= m - 1 {
		w.rows[d][firstLane(m)] = v
	}
}

// redux compiles redux.sync.add.s32 d, a, members.
func (c *compiler) redux(s *statement, op []string) error {
	if len(op) != 4 || op[1] != "sync" || len(s.operands) != 3 {
		return wrong(s.line, "%s: only redux.sync with 3 operands is known here", s.opcode)
	}
	f := update(op[2], op[3])
	if f == nil || bits.OnesCount(uint(sizeOf[op[3]])) != 1 || sizeOf[op[3]] != 4 || op[3] == "f32" || op[2] == "cas" || op[2] == "exch" {
		return wrong(s.line, "%s: not a reduction that is known here", s.opcode)
	}
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	a, err := c.from(s.operands[1], op[3])
	if err != nil {
		return err
	}
	return c.across(s.operands[2], instr{d: d, a: a}, func(w *warp, in *instr, mask uint32) {
		first := firstLane(mask)
		v := w.rows[in.a][first] & 0xffffffff
		for m := mask & (mask - 1); m != 0; m &= m - 1 {
			v = f(v, w.rows[in.a][firstLane(m)]&0xffffffff, 0) & 0xffffffff
		}
		w.spread(in.d, mask, v)
	})
}
