package ptx

import (
	"math"
	"strings"
)

// cutSub parts shared::cta into shared and cta.
func cutSub(part string) (string, string, bool) { return strings.Cut(part, "::") }

// access reads the space, the vector and the type from a load's or store's name.
func (c *compiler) access(s *statement, op []string) (access, error) {
	a := access{count: 1}
	typ := op[len(op)-1]
	a.size = sizeOf[typ]
	if a.size == 0 || a.size > 8 || typ == "pred" || len(op) < 2 {
		return a, wrong(s.line, "%s: want a type of 8 to 64 bits", s.opcode)
	}
	a.signed = typ[0] == 's'
	a.space, _ = spaceIn(op)
	for _, part := range op {
		switch part {
		case "v2":
			a.count = 2
		case "v4":
			a.count = 4
		case "v8":
			a.count = 8
		}
	}
	return a, nil
}

// memoryRows fills an access's registers from an operand.
func (c *compiler) memoryRows(s *statement, a *access, o operand, get func(o operand) (int32, error)) error {
	parts := []operand{o}
	if o.kind == opVector {
		parts = o.parts
	}
	if len(parts) != a.count {
		return wrong(s.line, "%s: want %d registers, have %d", s.opcode, a.count, len(parts))
	}
	for i, part := range parts {
		at, err := get(part)
		if err != nil {
			return err
		}
		a.rows[i] = at
	}
	return nil
}

// touch adds an access to the kernel and returns its index.
func (c *compiler) touch(a access) int32 {
	if a.space == spaceConst {
		a.space = spaceGlobal
	}
	if a.space == spaceShared || a.space == spaceGeneric {
		c.k.granule = min(c.k.granule, a.size)
	}
	if a.space == spaceGlobal || a.space == spaceGeneric {
		c.k.globalGranule = min(c.k.globalGranule, a.size)
	}
	c.k.accesses = append(c.k.accesses, a)
	return int32(len(c.k.accesses) - 1)
}

func (c *compiler) load(s *statement, op []string) error {
	a, err := c.access(s, op)
	if err != nil {
		return err
	}
	if len(s.operands) != 2 {
		return wrong(s.line, "%s: want 2 operands, have %d", s.opcode, len(s.operands))
	}
	if err := c.memoryRows(s, &a, s.operands[0], c.destination); err != nil {
		return err
	}
	base, err := c.address(s.operands[1], &a)
	if err != nil {
		return err
	}
	c.emit(instr{kind: kindLoad, a: base, x: c.touch(a)})
	return nil
}

func (c *compiler) store(s *statement, op []string) error {
	a, err := c.access(s, op)
	if err != nil {
		return err
	}
	if len(s.operands) != 2 {
		return wrong(s.line, "%s: want 2 operands, have %d", s.opcode, len(s.operands))
	}
	from := func(o operand) (int32, error) { return c.from(o, op[len(op)-1]) }
	if err := c.memoryRows(s, &a, s.operands[1], from); err != nil {
		return err
	}
	base, err := c.address(s.operands[0], &a)
	if err != nil {
		return err
	}
	c.emit(instr{kind: kindStore, a: base, x: c.touch(a)})
	return nil
}

// atomic compiles atom d, [a], b, c and red [a], b.
func (c *compiler) atomic(s *statement, op []string) error {
	a, err := c.access(s, op)
	if err != nil {
		return err
	}
	name := ""
	for _, part := range op[1 : len(op)-1] {
		if updates[part] != nil || part == "add" || part == "min" || part == "max" {
			name = part
		}
	}
	typ := op[len(op)-1]
	if a.update = update(name, typ); a.update == nil || a.count != 1 || a.size < 4 {
		return wrong(s.line, "%s: not an atomic that is known here", s.opcode)
	}
	operands, d := s.operands, c.spare
	if op[0] == "atom" && len(operands) > 0 {
		if d, err = c.destination(operands[0]); err != nil {
			return err
		}
		operands = operands[1:]
	}
	want := 2
	if name == "cas" {
		want = 3
	}
	if len(operands) != want {
		return wrong(s.line, "%s: want %d operands behind the result, have %d", s.opcode, want, len(operands))
	}
	base, err := c.address(operands[0], &a)
	if err != nil {
		return err
	}
	rows := [2]int32{c.spare, c.spare}
	for i, o := range operands[1:] {
		if rows[i], err = c.from(o, typ); err != nil {
			return err
		}
	}
	c.emit(instr{kind: kindAtomic, d: d, a: base, b: rows[0], c: rows[1], x: c.touch(a)})
	return nil
}

// updates are the atomics on bits; b and c are the instruction's operands.
var updates = map[string]func(old, b, c uint64) uint64{
	"and":  func(old, b, _ uint64) uint64 { return old & b },
	"or":   func(old, b, _ uint64) uint64 { return old | b },
	"xor":  func(old, b, _ uint64) uint64 { return old ^ b },
	"exch": func(_, b, _ uint64) uint64 { return b },
	"cas": func(old, b, c uint64) uint64 {
		if old == b {
			return c
		}
		return old
	},
	"inc": func(old, b, _ uint64) uint64 {
		if old >= b {
			return 0
		}
		return old + 1
	},
	"dec": func(old, b, _ uint64) uint64 {
		if old == 0 || old > b {
			return b
		}
		return old - 1
	},
}

// update returns the function of an atomic. Operands come cut to the type's width.
func update(name, typ string) func(old, b, c uint64) uint64 {
	float := func(f func(x, y float64) float64) func(old, b, c uint64) uint64 {
		if typ == "f32" {
			return func(old, b, _ uint64) uint64 { return bits32(float32(f(float64(f32(old)), float64(f32(b))))) }
		}
		return func(old, b, _ uint64) uint64 { return bits64(f(f64(old), f64(b))) }
	}
	signed := func(x uint64) int64 {
		if typ == "s32" {
			return int64(int32(x))
		}
		return int64(x)
	}
	isFloat := typ == "f32" || typ == "f64"
	switch {
	case name == "add" && isFloat:
		return float(func(x, y float64) float64 { return x + y })
	case name == "add":
		return func(old, b, _ uint64) uint64 { return old + b }
	case name == "min" && typ[0] == 's':
		return func(old, b, _ uint64) uint64 { return uint64(min(signed(old), signed(b))) }
	case name == "max" && typ[0] == 's':
		return func(old, b, _ uint64) uint64 { return uint64(max(signed(old), signed(b))) }
	case (name == "min" || name == "max") && isFloat:
		return nil
	case name == "min":
		return func(old, b, _ uint64) uint64 { return min(old, b) }
	case name == "max":
		return func(old, b, _ uint64) uint64 { return max(old, b) }
	}
	return updates[name]
}

// widthMask keeps the bits of so many bytes.
func widthMask(size int64) uint64 {
	if size >= 8 {
		return math.MaxUint64
	}
	return 1<<(8*size) - 1
}
