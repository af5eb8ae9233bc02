package ptx

// label finds a label from the innermost scope outwards.
func (c *compiler) label(name string) (int, bool) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if at, ok := c.scopes[i].labels[name]; ok {
			return at, true
		}
	}
	return 0, false
}

func (c *compiler) branch(s *statement, _ []string) error {
	if len(s.operands) != 1 || s.operands[0].kind != opName {
		return wrong(s.line, "bra: want a label")
	}
	at, ok := c.label(s.operands[0].name)
	if !ok {
		return wrong(s.line, "bra: there is no label %s", s.operands[0].name)
	}
	c.emit(instr{kind: kindBranch, target: int32(at)})
	return nil
}

// branchIndex compiles brx.idx i, targets as a row of comparisons.
func (c *compiler) branchIndex(s *statement, _ []string) error {
	if len(s.operands) != 2 || s.operands[1].kind != opName || c.guard != none {
		return wrong(s.line, "%s: want an index and a list of labels, and no guard", s.opcode)
	}
	var targets []string
	for i := len(c.scopes) - 1; i >= 0 && targets == nil; i-- {
		targets = c.scopes[i].targets[s.operands[1].name]
	}
	index, err := c.from(s.operands[0], "u32")
	if err != nil {
		return err
	}
	for i, name := range targets {
		at, ok := c.label(name)
		if !ok {
			return wrong(s.line, "%s: there is no label %s", s.opcode, name)
		}
		p := c.newRow()
		c.compute(alus["setp.eq.u32"], p, index, c.constant(uint64(i)))
		c.guard = p
		c.emit(instr{kind: kindBranch, target: int32(at)})
		c.guard = none
	}
	c.emit(instr{kind: kindTrap})
	return nil
}

func (c *compiler) ret(s *statement, _ []string) error {
	if len(c.ends) == 0 {
		return c.exit(s, nil)
	}
	c.emit(instr{kind: kindBranch, target: c.ends[len(c.ends)-1]})
	return nil
}

func (c *compiler) exit(*statement, []string) error {
	c.emit(instr{kind: kindExit})
	return nil
}

func (c *compiler) trap(*statement, []string) error {
	c.emit(instr{kind: kindTrap})
	return nil
}

func (c *compiler) nothing(*statement, []string) error {
	c.emit(instr{kind: kindNothing})
	return nil
}

// call puts the called function's instructions in place of the call. Its parameters
// are the caller's variables under other names.
func (c *compiler) call(s *statement, _ []string) error {
	results, name, arguments, ok := callParts(s.operands)
	if !ok {
		return wrong(s.line, "call: want (results), a function's name, (arguments)")
	}
	f := c.function(name)
	if f == nil || f.body == nil {
		return wrong(s.line, "call: there is no function %s", name)
	}
	if len(results) != len(f.results) || len(arguments) != len(f.params) {
		return wrong(s.line, "call: %s wants %d arguments and %d results, has %d and %d", name, len(f.params), len(f.results), len(arguments), len(results))
	}
	s2 := newScope()
	bind := func(vs []variable, os []operand) error {
		for i, v := range vs {
			p, ok := c.variable(os[i].name)
			if !ok || p.space != spaceLocal {
				return wrong(s.line, "call: %s: want a .param variable, have %s", name, os[i])
			}
			s2.variables[v.name] = p
		}
		return nil
	}
	if err := bind(f.results, results); err != nil {
		return err
	}
	if err := bind(f.params, arguments); err != nil {
		return err
	}
	return c.inline(s, f, s2)
}

// inline compiles f's body here, in a scope of its own below that of the module.
func (c *compiler) inline(s *statement, f *function, params *scope) error {
	end := int32(c.newLabel())
	guard := c.guard
	if guard != none { // around the body, not on each instruction of it
		skip := *s
		skip.guardNot = !s.guardNot
		c.at = &skip
		c.emit(instr{kind: kindBranch, target: end})
		c.guard = none
	}
	outer := c.scopes
	c.scopes = append([]*scope{outer[0]}, params)
	c.open(f.body)
	c.ends = append(c.ends, end)
	err := c.body(f)
	c.ends = c.ends[:len(c.ends)-1]
	c.scopes = outer
	c.labels[end] = int32(len(c.k.code))
	return err
}

func (c *compiler) function(name string) *function {
	for _, f := range c.source.functions {
		if f.name == name && !f.entry && f.body != nil {
			return f
		}
	}
	return nil
}

// callParts parts (r), f, (a) with what may be missing.
func callParts(os []operand) (results []operand, name string, arguments []operand, ok bool) {
	if len(os) > 0 && os[0].kind == opList {
		results, os = os[0].parts, os[1:]
	}
	if len(os) == 0 || os[0].kind != opName {
		return nil, "", nil, false
	}
	name, os = os[0].name, os[1:]
	if len(os) > 0 && os[0].kind == opList {
		arguments, os = os[0].parts, os[1:]
	}
	return results, name, arguments, len(os) == 0
}

// barrier compiles bar.sync 0, barrier.sync 0 and bar.warp.sync mask.
func (c *compiler) barrier(s *statement, op []string) error {
	n := len(s.operands)
	if len(op) > 2 && op[1] == "warp" {
		if n != 1 {
			return wrong(s.line, "%s: want a mask", s.opcode)
		}
		return c.across(s.operands[0], instr{}, func(*warp, *instr, uint32) {})
	}
	whole := n == 0 || n == 1 && s.operands[0].kind == opNumber && s.operands[0].value == 0
	if len(op) < 2 || op[1] != "sync" && !(op[1] == "cta" && len(op) > 2 && op[2] == "sync") || !whole {
		return wrong(s.line, "%s: only the barrier 0 of a whole block is known here", s.opcode)
	}
	c.emit(instr{kind: kindBarrier})
	return nil
}

// across adds an instruction that the lanes named by an operand execute together.
func (c *compiler) across(members operand, in instr, apply func(w *warp, in *instr, mask uint32)) error {
	at, err := c.from(members, "b32")
	if err != nil {
		return err
	}
	c.k.exchanges = append(c.k.exchanges, exchange{members: at, apply: apply})
	in.kind, in.x = kindExchange, int32(len(c.k.exchanges)-1)
	c.emit(in)
	return nil
}
