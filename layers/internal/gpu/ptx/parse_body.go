package ptx

import (
	"math"
	"strconv"
	"strings"
)

// body reads a function's statements from { to }.
func (p *parser) body() ([]statement, error) {
	open := p.next()
	out := []statement{}
	for depth := 1; ; {
		t := p.peek()
		switch {
		case t.kind == tokenEnd:
			return nil, wrong(open.line, "a { that is not ended")
		case p.skip("{"):
			depth++
			out = append(out, statement{kind: stOpen, line: t.line})
		case p.skip("}"):
			if depth--; depth == 0 {
				return out, nil
			}
			out = append(out, statement{kind: stClose, line: t.line})
		case p.skip(";"):
		default:
			s, err := p.statement()
			if err != nil {
				return nil, err
			}
			if s != nil {
				out = append(out, *s)
			}
		}
	}
}

// statement reads a declaration, a label or an instruction; nil is one that says
// nothing.
func (p *parser) statement() (*statement, error) {
	t := p.peek()
	switch t.text {
	case ".reg":
		r, err := p.registers()
		return &statement{kind: stRegisters, line: t.line, regs: r}, err
	case ".shared", ".local", ".param", ".global", ".const":
		vs, err := p.variables()
		if err == nil && vs[0].space == spaceParam {
			err = p.want(";")
		}
		return &statement{kind: stMemory, line: t.line, decl: vs}, err
	case ".loc", ".pragma", ".file":
		return nil, p.debug()
	}
	s := &statement{line: t.line}
	if p.skip("@") {
		s.guardNot = p.skip("!")
		var err error
		if s.guard, err = p.word(); err != nil {
			return nil, err
		}
	}
	name, err := p.word()
	if err != nil {
		return nil, err
	}
	if s.guard == "" && p.skip(":") {
		s.kind, s.label = stLabel, name
		if p.skip(".branchtargets") {
			return s, p.branchTargets(s)
		}
		return s, nil
	}
	s.opcode = name
	for !p.skip(";") {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		s.operands = append(s.operands, o)
		if !p.skip(",") && !p.is(";") {
			return nil, wrong(p.peek().line, "%s: want \",\" or \";\", have %q", s.opcode, p.peek().text)
		}
	}
	return s, nil
}

func (p *parser) branchTargets(s *statement) error {
	s.kind = stTargets
	for !p.skip(";") {
		name, err := p.word()
		if err != nil {
			return err
		}
		s.targets = append(s.targets, name)
		p.skip(",")
	}
	return nil
}

// registers reads .reg .b32 %r<6>; or .reg .b32 a, b;
func (p *parser) registers() (r registers, err error) {
	p.at++
	t := p.next()
	r.typ = strings.TrimPrefix(t.text, ".")
	if sizeOf[r.typ] == 0 {
		return r, wrong(t.line, ".reg: want a type, have %q", t.text)
	}
	for {
		name, err := p.word()
		if err != nil {
			return r, err
		}
		if p.skip("<") {
			n, err := p.integer(maxRegisters)
			if err != nil {
				return r, err
			}
			r.stem, r.count = name, int(n)
			if err := p.want(">"); err != nil {
				return r, err
			}
		} else {
			r.names = append(r.names, name)
		}
		if !p.skip(",") {
			return r, p.want(";")
		}
		if r.stem != "" {
			return r, wrong(t.line, ".reg: want \";\" behind <%d>", r.count)
		}
	}
}

// operand reads one operand.
func (p *parser) operand() (operand, error) {
	o, err := p.simpleOperand()
	if err != nil || !p.skip("|") {
		return o, err
	}
	second, err := p.simpleOperand()
	return operand{kind: opPair, parts: []operand{o, second}}, err
}

func (p *parser) simpleOperand() (o operand, err error) {
	t := p.peek()
	switch {
	case p.skip("{"):
		o.kind = opVector
		o.parts, err = p.operandList("}")
	case p.skip("("):
		o.kind = opList
		o.parts, err = p.operandList(")")
	case p.skip("["):
		return p.address()
	case p.skip("!"):
		o.not = true
		o.name, err = p.word()
	case t.kind == tokenWord:
		p.at++
		o.name = t.text
		o.offset, err = p.offset()
	case t.kind == tokenNumber || t.text == "-":
		return p.number()
	default:
		err = wrong(t.line, "want an operand, have %q", t.text)
	}
	return o, err
}

// maxOperands bounds a list of operands.
const maxOperands = 256

func (p *parser) operandList(end string) ([]operand, error) {
	var out []operand
	for !p.skip(end) {
		t := p.peek()
		if t.text == "{" || t.text == "(" || len(out) == maxOperands {
			return nil, wrong(t.line, "want %q, have %q", end, t.text)
		}
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		out = append(out, o)
		if !p.skip(",") && !p.is(end) {
			return nil, wrong(p.peek().line, "want \",\" or %q, have %q", end, p.peek().text)
		}
	}
	return out, nil
}

// address reads what stands in [ ].
func (p *parser) address() (operand, error) {
	o, err := p.simpleOperand()
	if err != nil {
		return o, err
	}
	if o.kind != opName && o.kind != opNumber || o.not {
		return o, wrong(p.peek().line, "want a register or a name for an address")
	}
	if o.kind == opNumber {
		o = operand{value: o.value, number: 'i'}
	}
	o.kind = opAddress
	return o, p.want("]")
}

// offset reads +4, +-4 or -4 behind a name.
func (p *parser) offset() (int64, error) {
	sign := int64(1)
	switch {
	case p.skip("+"):
		if p.skip("-") {
			sign = -1
		}
	case p.skip("-"):
		sign = -1
	default:
		return 0, nil
	}
	v, err := p.integer(math.MaxInt64)
	return sign * v, err
}

// number reads a literal: 0f and 0d are followed by a float's bits.
func (p *parser) number() (o operand, err error) {
	o.kind, o.number = opNumber, 'i'
	negative := p.skip("-")
	t := p.next()
	if t.kind != tokenNumber {
		return o, wrong(t.line, "want a number, have %q", t.text)
	}
	text := strings.ToLower(t.text)
	switch {
	case len(text) == 10 && text[:2] == "0f":
		o.number = 's'
		o.value, err = strconv.ParseUint(text[2:], 16, 32)
		if negative {
			o.value ^= 1 << 31
		}
	case len(text) == 18 && text[:2] == "0d":
		o.number = 'd'
		o.value, err = strconv.ParseUint(text[2:], 16, 64)
		if negative {
			o.value ^= 1 << 63
		}
	case strings.ContainsRune(text, '.') || strings.ContainsRune(text, 'e') && !strings.HasPrefix(text, "0x"):
		var f float64
		o.number = 'd'
		f, err = strconv.ParseFloat(text, 64)
		if negative {
			f = -f
		}
		o.value = math.Float64bits(f)
	default:
		o.value, err = strconv.ParseUint(strings.TrimRight(text, "u"), 0, 64)
		if negative {
			o.value = -o.value
		}
	}
	if err != nil {
		return o, wrong(t.line, "want a number, have %q", t.text)
	}
	return o, nil
}
