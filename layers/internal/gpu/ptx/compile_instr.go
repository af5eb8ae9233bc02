package ptx

import (
	"slices"
	"strings"
)

// handlers compile the instructions that are not plain: op is the instruction's
// name in parts, as ld, global, f32.
var handlers map[string]func(c *compiler, s *statement, op []string) error

func init() {
	handlers = map[string]func(c *compiler, s *statement, op []string) error{
		"mov": (*compiler).mov, "cvta": (*compiler).cvta, "cvt": (*compiler).cvt, "isspacep": (*compiler).isSpace,
		"setp": (*compiler).setp, "set": (*compiler).set, "slct": (*compiler).slct,
		"ld": (*compiler).load, "ldu": (*compiler).load, "st": (*compiler).store,
		"atom": (*compiler).atomic, "red": (*compiler).atomic,
		"bra": (*compiler).branch, "brx": (*compiler).branchIndex, "call": (*compiler).call, "ret": (*compiler).ret, "exit": (*compiler).exit, "trap": (*compiler).trap,
		"bar": (*compiler).barrier, "barrier": (*compiler).barrier,
		"shfl": (*compiler).shuffle, "vote": (*compiler).vote, "activemask": (*compiler).vote, "redux": (*compiler).redux,
		"mma": (*compiler).mma, "ldmatrix": (*compiler).ldmatrix, "wgmma": (*compiler).warpgroup, "cp": (*compiler).copyAsync,
		"membar": (*compiler).nothing, "fence": (*compiler).nothing, "prefetch": (*compiler).nothing, "prefetchu": (*compiler).nothing,
		"nanosleep": (*compiler).nothing, "brkpt": (*compiler).nothing, "discard": (*compiler).nothing,
	}
}

// instruction compiles a statement.
func (c *compiler) instruction(s *statement) error {
	c.guard = none
	if s.guard != "" {
		at, typ := c.register(s.guard)
		if typ != "pred" {
			return wrong(s.line, "@%s: want a predicate", s.guard)
		}
		c.guard = at
	}
	op := strings.Split(s.opcode, ".")
	h := handlers[op[0]]
	if h == nil {
		h = (*compiler).plain
	}
	return h(c, s, op)
}

// plain compiles an instruction of the table.
func (c *compiler) plain(s *statement, op []string) error {
	name, ftz, sat := plainName(op)
	f := alus[name]
	typ := op[len(op)-1]
	if f == nil || len(op) < 2 {
		return wrong(s.line, "%s: not an instruction that is known here", s.opcode)
	}
	if len(s.operands) < 2 || len(s.operands) > 5 {
		return wrong(s.line, "%s: want 2 to 5 operands, have %d", s.opcode, len(s.operands))
	}
	if want := sourceCount(name); len(s.operands) != want+1 {
		return wrong(s.line, "%s: want %d operands, have %d", s.opcode, want+1, len(s.operands))
	}
	if err := c.checkWidths(s, name, typ); err != nil {
		return err
	}
	ftz = ftz && typ == "f32"
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	sources := make([]int32, len(s.operands)-1)
	for i, o := range s.operands[1:] {
		if sources[i], err = c.from(o, typ); err != nil {
			return err
		}
		if ftz {
			sources[i] = c.flushed(sources[i])
		}
	}
	if !ftz && !sat {
		c.compute(f, d, sources...)
		return nil
	}
	raw := c.newRow()
	c.compute(f, raw, sources...)
	if sat {
		clamp := alus["saturate."+typ]
		if clamp == nil {
			return wrong(s.line, "%s: .sat is not known here", s.opcode)
		}
		c.compute(clamp, raw, raw)
	}
	last := alus["mov.64"]
	if ftz {
		last = alus["flush.f32"]
	}
	c.compute(last, d, raw)
	return nil
}

func (c *compiler) flushed(at int32) int32 {
	out := c.newRow()
	c.compute(alus["flush.f32"], out, at)
	return out
}

// plainName drops the modifiers that do not change what is computed here.
func plainName(op []string) (name string, ftz, sat bool) {
	var kept []string
	for i, part := range op {
		switch part {
		case "ftz":
			ftz = true
		case "sat":
			sat = true
		case "rn", "approx", "full", "uni", "noftz":
		default:
			if i == len(op)-1 && i > 0 {
				part = tableType(op[0], part)
			}
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "."), ftz, sat
}

// tableType returns the type under which the table has an instruction: and.b32 may
// be written for any type of 32 bits.
func tableType(op, typ string) string {
	switch op {
	case "and", "or", "xor", "not", "cnot", "shl", "popc", "clz", "brev", "prmt", "lop3", "shf", "bfi":
		if typ != "pred" && len(typ) > 1 {
			return "b" + typ[1:]
		}
	}
	return typ
}

// sourceCount is how many operands an instruction of the table reads.
func sourceCount(name string) int {
	op, _, _ := strings.Cut(name, ".")
	switch op {
	case "lop3", "bfi":
		return 4
	case "mad", "fma", "sad", "mad24", "selp", "bfe", "prmt", "shf", "dp4a":
		return 3
	case "neg", "abs", "not", "cnot", "popc", "clz", "brev", "bfind", "sqrt", "rcp", "rsqrt", "ex2", "lg2", "sin", "cos", "tanh", "testp":
		return 1
	}
	return 2
}

func init() {
	alus["mov.64"] = func(d, a, _, _, _ *row) { *d = *a }
}

// mov copies, packs {a, b} into one register or unpacks one into several.
func (c *compiler) mov(s *statement, op []string) error {
	if len(s.operands) != 2 || len(op) < 2 {
		return wrong(s.line, "%s: want 2 operands, have %d", s.opcode, len(s.operands))
	}
	typ := op[len(op)-1]
	to, from := s.operands[0], s.operands[1]
	size := sizeOf[typ]
	switch {
	case size == 0:
		return wrong(s.line, "%s: want a type", s.opcode)
	case from.kind == opVector:
		return c.pack(s, to, from.parts, size)
	case to.kind == opVector:
		return c.unpack(s, to.parts, from, typ)
	}
	d, err := c.destination(to)
	if err != nil {
		return err
	}
	a, err := c.from(from, typ)
	if err == nil {
		c.compute(alus["mov.64"], d, a)
	}
	return err
}

func (c *compiler) pack(s *statement, to operand, parts []operand, size int64) error {
	if len(parts) != 2 && len(parts) != 4 || size/int64(len(parts)) == 0 {
		return wrong(s.line, "%s: want 2 or 4 parts, have %d", s.opcode, len(parts))
	}
	d, err := c.destination(to)
	if err != nil {
		return err
	}
	width := 8 * uint(size) / uint(len(parts))
	out := c.newRow()
	for i, o := range parts {
		a, err := c.from(o, "")
		if err != nil {
			return err
		}
		shift := uint(i) * width
		c.compute(func(d, a, b, _, _ *row) {
			for i := range d {
				low := b[i] & (1<<shift - 1)
				d[i] = low | a[i]&(1<<width-1)<<shift
			}
		}, out, a, out)
	}
	c.compute(alus["mov.64"], d, out)
	return nil
}

func (c *compiler) unpack(s *statement, parts []operand, from operand, typ string) error {
	if len(parts) != 2 && len(parts) != 4 || sizeOf[typ] > 8 {
		return wrong(s.line, "%s: want 2 or 4 parts of at most 64 bits, have %d", s.opcode, len(parts))
	}
	a, err := c.from(from, typ)
	if err != nil {
		return err
	}
	width := 8 * uint(sizeOf[typ]) / uint(len(parts))
	whole := c.newRow() // a part may be the register that is unpacked
	c.compute(alus["mov.64"], whole, a)
	for i, o := range parts {
		d, err := c.destination(o)
		if err != nil {
			return err
		}
		shift := uint(i) * width
		c.compute(func(d, a, _, _, _ *row) {
			for i := range d {
				d[i] = a[i] >> shift & (1<<width - 1)
			}
		}, d, whole)
	}
	return nil
}

// cvt converts between types.
func (c *compiler) cvt(s *statement, op []string) error {
	if len(op) < 3 || len(s.operands) < 2 {
		return wrong(s.line, "%s: want two types and two operands", s.opcode)
	}
	to, from := op[len(op)-2], op[len(op)-1]
	mods := op[1 : len(op)-2]
	if len(s.operands) == 3 || to == "bf16x2" || to == "f16x2" {
		return c.cvtPair(s, to, from, mods)
	}
	mode, toInteger := nearestEven, false
	for _, m := range mods {
		if r, ok := roundings[m]; ok {
			mode, toInteger = r, strings.HasSuffix(m, "i")
		}
	}
	f := converter(to, from, mode, toInteger, slices.Contains(mods, "sat"))
	if f == nil || len(s.operands) != 2 {
		return wrong(s.line, "%s: not a conversion that is known here", s.opcode)
	}
	if fast := plainConversion(to, from, mode, mods); fast != nil {
		f = fast
	}
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	a, err := c.from(s.operands[1], from)
	if err != nil {
		return err
	}
	ftz := slices.Contains(mods, "ftz")
	if ftz && from == "f32" {
		a = c.flushed(a)
	}
	c.compute(f, d, a)
	if ftz && to == "f32" {
		c.compute(alus["flush.f32"], d, d)
	}
	return nil
}
