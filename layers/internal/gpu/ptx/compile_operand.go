package ptx

// emit adds an instruction under the statement's guard.
func (c *compiler) emit(in instr) {
	in.guard = c.guard
	in.guardNot = c.guard != none && c.at.guardNot
	if c.at != nil {
		in.line = int32(c.at.line)
	}
	c.k.code = append(c.k.code, in)
}

// compute adds a plain instruction.
func (c *compiler) compute(f alu, d int32, sources ...int32) {
	var s [4]int32
	for i := range s {
		s[i] = c.spare
	}
	copy(s[:], sources)
	c.emit(instr{kind: kindALU, f: f, d: d, a: s[0], b: s[1], c: s[2], e: s[3]})
}

// constant returns a row that holds a value.
func (c *compiler) constant(value uint64) int32 {
	if at, ok := c.consts[value]; ok {
		return at
	}
	at := c.newRow()
	c.consts[value] = at
	c.k.consts = append(c.k.consts, constant{at, value})
	return at
}

// dynamicKey marks the constant that is the address of dynamic shared memory until
// the size of the rest is known.
const dynamicKey = 0x7fd1_a301_c5a4_ed00

func (c *compiler) dynamicRows() (at []int) {
	for i, k := range c.k.consts {
		if k.value == dynamicKey {
			at = append(at, i)
		}
	}
	return at
}

// destination returns the row an operand is written to.
func (c *compiler) destination(o operand) (int32, error) {
	if o.kind == opName && o.name == "_" {
		return c.newRow(), nil
	}
	if o.kind == opName && !o.not && o.offset == 0 {
		if at, typ := c.register(o.name); typ != "" {
			return at, nil
		}
	}
	return 0, wrong(c.at.line, "%s: want a register to write, have %s", c.at.opcode, o)
}

// from returns the row that holds an operand read as a type.
func (c *compiler) from(o operand, typ string) (int32, error) {
	switch o.kind {
	case opNumber:
		return c.constant(o.bits(typ)), nil
	case opName:
		if at, have := c.register(o.name); have != "" && o.offset == 0 {
			if !o.not {
				return at, nil
			}
			not := c.newRow()
			c.compute(alus["not.pred"], not, at)
			return not, nil
		}
		if o.not {
			break
		}
		if id, ok := specialIDs[o.name]; ok && o.offset == 0 {
			return c.specialRow(id), nil
		}
		if o.name == "WARP_SZ" {
			return c.constant(lanes), nil
		}
		if p, ok := c.variable(o.name); ok {
			if p.v != nil && p.v.size == 0 {
				c.dynamic = true
				out := c.newRow()
				c.compute(alus["add.s64"], out, c.constant(dynamicKey), c.constant(uint64(o.offset)))
				return out, nil
			}
			return c.constant(uint64(p.address + o.offset)), nil
		}
	}
	return 0, wrong(c.at.line, "%s: want a register, a number or a variable, have %s", c.at.opcode, o)
}

func (c *compiler) specialRow(id specialID) int32 {
	at, ok := c.special[id]
	if !ok {
		at = c.newRow()
		c.special[id] = at
		c.k.specials = append(c.k.specials, special{at, id})
	}
	return at
}

// address returns the row of [name+offset] and sets the access's offset, and its
// space if the name is of one of the caller's parameters.
func (c *compiler) address(o operand, a *access) (base int32, err error) {
	if o.kind != opAddress {
		return 0, wrong(c.at.line, "%s: want an address, have %s", c.at.opcode, o)
	}
	a.offset = o.offset
	if o.name == "" {
		return c.constant(o.value), nil
	}
	if at, typ := c.register(o.name); typ != "" {
		a.narrow = sizeOf[typ] == 4
		return at, nil
	}
	p, ok := c.variable(o.name)
	if !ok {
		return 0, wrong(c.at.line, "%s: there is no %s", c.at.opcode, o.name)
	}
	in, have := a.space, p.space
	fits := have == in || in == spaceConst && have == spaceGlobal || in == spaceParam && have == spaceLocal || in == spaceGeneric && have == spaceGlobal
	if !fits {
		return 0, wrong(c.at.line, "%s: %s is in %s memory", c.at.opcode, o.name, have)
	}
	a.space = have
	if p.v != nil && p.v.size == 0 {
		c.dynamic = true
		return c.constant(dynamicKey), nil
	}
	a.offset += p.address
	return c.constant(0), nil
}

// String writes an operand as it stands in a text, or nearly.
func (o operand) String() string {
	switch o.kind {
	case opName:
		return o.name
	case opNumber:
		return "a number"
	case opAddress:
		return "[" + o.name + "...]"
	case opVector:
		return "{...}"
	case opPair:
		return "a pair"
	}
	return "(...)"
}
