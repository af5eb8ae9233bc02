package ptx

import "slices"

// setp compiles setp.lt.f32 p, a, b and setp.lt.and.f32 p|q, a, b, c.
func (c *compiler) setp(s *statement, op []string) error {
	return c.compareAnd(s, op, func(yes, no int32) error {
		to := s.operands[0]
		if to.kind != opPair {
			d, err := c.destination(to)
			if err == nil {
				c.compute(alus["mov.64"], d, yes)
			}
			return err
		}
		p, err := c.destination(to.parts[0])
		if err != nil {
			return err
		}
		q, err := c.destination(to.parts[1])
		if err != nil {
			return err
		}
		if c.guard == p || c.guard == q {
			return wrong(s.line, "%s: writes its own guard", s.opcode)
		}
		c.compute(alus["mov.64"], p, yes)
		c.compute(alus["mov.64"], q, no)
		return nil
	})
}

// compareAnd compiles what setp and set share: the comparison and the predicate
// that it is joined with. then is given the rows of the result and, for a pair, of
// the result of the comparison's negation.
func (c *compiler) compareAnd(s *statement, op []string, then func(yes, no int32) error) error {
	n := len(s.operands)
	if len(op) < 3 || n != 3 && n != 4 {
		return wrong(s.line, "%s: want 3 or 4 operands, have %d", s.opcode, n)
	}
	typ := op[len(op)-1]
	f := alus["setp."+op[1]+"."+typ]
	if f == nil {
		return wrong(s.line, "%s: not a comparison that is known here", s.opcode)
	}
	a, err := c.from(s.operands[1], typ)
	if err != nil {
		return err
	}
	b, err := c.from(s.operands[2], typ)
	if err != nil {
		return err
	}
	if typ == "f32" && slices.Contains(op, "ftz") {
		a, b = c.flushed(a), c.flushed(b)
	}
	plain := n == 3 && s.operands[0].kind != opPair && op[0] == "setp"
	if plain {
		d, err := c.destination(s.operands[0])
		if err == nil {
			c.compute(f, d, a, b)
		}
		return err
	}
	yes, no := c.newRow(), c.newRow()
	c.compute(f, yes, a, b)
	c.compute(alus["not.pred"], no, yes)
	if n == 4 {
		join := alus[op[2]+".pred"]
		if join == nil || op[2] == "not" {
			return wrong(s.line, "%s: want and, or or xor, have %s", s.opcode, op[2])
		}
		with, err := c.from(s.operands[3], "pred")
		if err != nil {
			return err
		}
		c.compute(join, yes, yes, with)
		c.compute(join, no, no, with)
	}
	return then(yes, no)
}

// set compiles set.lt.u32.f32: all ones, or 1.0 of an f32, if it holds.
func (c *compiler) set(s *statement, op []string) error {
	if len(op) < 4 {
		return wrong(s.line, "%s: want two types", s.opcode)
	}
	truth := ^uint64(0)
	if op[len(op)-2] == "f32" {
		truth = bits32(1)
	}
	return c.compareAnd(s, op, func(yes, _ int32) error {
		d, err := c.destination(s.operands[0])
		if err == nil {
			c.compute(selectRow, d, c.constant(truth), c.constant(0), yes)
		}
		return err
	})
}

// slct compiles d = c >= 0 ? a : b.
func (c *compiler) slct(s *statement, op []string) error {
	if len(s.operands) != 4 || len(op) < 3 {
		return wrong(s.line, "%s: want 4 operands, have %d", s.opcode, len(s.operands))
	}
	typ := op[len(op)-1]
	f := alus["setp.ge."+typ]
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	if f == nil {
		return wrong(s.line, "%s: not a choice that is known here", s.opcode)
	}
	var rows [3]int32
	for i, o := range s.operands[1:] {
		t := op[len(op)-2]
		if i == 2 {
			t = typ
		}
		if rows[i], err = c.from(o, t); err != nil {
			return err
		}
	}
	p := c.newRow()
	c.compute(f, p, rows[2], c.constant(0))
	c.compute(selectRow, d, rows[0], rows[1], p)
	return nil
}

// windows are where the generic addresses of shared and local memory begin.
// Global memory and parameters' addresses lie below.
const (
	sharedWindow = 1 << 48
	localWindow  = 1 << 49
	paramWindow  = 1 << 50
	windowBytes  = 1 << 32
)

func windowOf(s space) uint64 {
	switch s {
	case spaceShared:
		return sharedWindow
	case spaceLocal:
		return localWindow
	case spaceParam:
		return paramWindow
	}
	return 0
}

// cvta makes a generic address of one in a space, or with .to the other way.
func (c *compiler) cvta(s *statement, op []string) error {
	if len(s.operands) != 2 || len(op) < 3 {
		return wrong(s.line, "%s: want 2 operands, have %d", s.opcode, len(s.operands))
	}
	in, name := spaceIn(op)
	window := windowOf(in)
	if in == spaceGeneric {
		return wrong(s.line, "%s: want a space, have %q", s.opcode, name)
	}
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	a, err := c.from(s.operands[1], "u64")
	if err != nil {
		return err
	}
	if op[1] == "to" {
		window = -window
	}
	if window == 0 {
		c.compute(alus["mov.64"], d, a)
	} else {
		c.compute(alus["add.u64"], d, a, c.constant(window))
	}
	return nil
}

// isSpace tells whether a generic address is in a space.
func (c *compiler) isSpace(s *statement, op []string) error {
	if len(s.operands) != 2 {
		return wrong(s.line, "%s: want 2 operands, have %d", s.opcode, len(s.operands))
	}
	in, _ := spaceIn(op)
	window := windowOf(in)
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	a, err := c.from(s.operands[1], "u64")
	if err != nil {
		return err
	}
	c.compute(func(d, a, _, _, _ *row) {
		for i := range d {
			if window == 0 {
				d[i] = one(a[i] < sharedWindow)
			} else {
				d[i] = one(a[i]-window < windowBytes)
			}
		}
	}, d, a)
	return nil
}

// spaceIn returns the space that an instruction's name holds.
func spaceIn(op []string) (space, string) {
	for _, part := range op[1:] {
		part, _, _ = cutSub(part)
		if s, ok := spaceOf["."+part]; ok && part != "reg" {
			return s, part
		}
	}
	return spaceGeneric, ""
}
