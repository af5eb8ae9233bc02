package ptx

import (
	"encoding/binary"
	"math"
	"strings"
)

var spaceOf = map[string]space{
	".global": spaceGlobal, ".const": spaceConst, ".shared": spaceShared, ".local": spaceLocal, ".param": spaceParam, ".reg": spaceParam,
}

// sizeOf is the size in bytes of a fundamental type.
var sizeOf = map[string]int64{
	"b8": 1, "u8": 1, "s8": 1, "b16": 2, "u16": 2, "s16": 2, "f16": 2, "bf16": 2,
	"b32": 4, "u32": 4, "s32": 4, "f32": 4, "f16x2": 4, "bf16x2": 4, "tf32": 4,
	"b64": 8, "u64": 8, "s64": 8, "f64": 8, "b128": 16, "pred": 1,
}

// variables reads a declaration from its space on: .shared .align 4 .b8 a[16], b[4]
// with or without a ; behind it (a parameter has none).
func (p *parser) variables() ([]variable, error) {
	t := p.next()
	v := variable{space: spaceOf[t.text], line: t.line, count: 1}
	for strings.HasPrefix(p.peek().text, ".") {
		if err := p.attribute(&v); err != nil {
			return nil, err
		}
	}
	if v.typ == "" {
		return nil, wrong(t.line, "want a type, have %q", p.peek().text)
	}
	var out []variable
	for {
		one := v
		if err := p.declarator(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
		if one.space == spaceParam || !p.skip(",") {
			break
		}
	}
	if v.space != spaceParam {
		return out, p.want(";")
	}
	return out, nil
}

// attribute reads what stands before a variable's name.
func (p *parser) attribute(v *variable) (err error) {
	t := p.next()
	switch t.text {
	case ".align":
		v.align, err = p.integer(4096)
		if err == nil && (v.align == 0 || v.align&(v.align-1) != 0) {
			err = wrong(t.line, ".align: want a power of two, have %d", v.align)
		}
	case ".ptr", ".global", ".const", ".shared", ".local", ".generic": // .ptr .global
		if v.space != spaceParam {
			err = wrong(t.line, "a second space %q", t.text)
		}
		if p.is(".align") { // of what it points to
			p.at++
			_, err = p.integer(4096)
		}
	case ".v2":
		v.count = 2
	case ".v4":
		v.count = 4
	default:
		name := t.text[1:]
		if sizeOf[name] == 0 {
			return wrong(t.line, "want a type, have %q", t.text)
		}
		v.typ = name
	}
	return err
}

// declarator reads a variable's name, its extents and what it starts as.
func (p *parser) declarator(v *variable) (err error) {
	if v.name, err = p.word(); err != nil {
		return err
	}
	open := false
	for p.skip("[") {
		if p.skip("]") {
			open = true
			continue
		}
		n, err := p.integer(maxVariable)
		if err != nil {
			return err
		}
		if v.count *= n; v.count > maxVariable {
			return wrong(v.line, "%s: want at most %d elements", v.name, maxVariable)
		}
		if err := p.want("]"); err != nil {
			return err
		}
	}
	if p.skip("=") {
		if err := p.initial(v); err != nil {
			return err
		}
		if size := int64(len(v.data)); open {
			v.count, open = size/sizeOf[v.typ], false
		}
	}
	v.size = v.count * sizeOf[v.typ]
	if v.align == 0 {
		v.align = sizeOf[v.typ]
	}
	if open {
		v.size = 0
	}
	if v.size > maxVariable || int64(len(v.data)) > v.size {
		return wrong(v.line, "%s: want at most %d bytes, have %d", v.name, min(v.size, maxVariable), max(v.size, int64(len(v.data))))
	}
	return nil
}

// initial reads a number or a nest of { } of them.
func (p *parser) initial(v *variable) error {
	if p.skip("{") {
		for !p.skip("}") {
			if err := p.initial(v); err != nil {
				return err
			}
			if !p.skip(",") && !p.is("}") {
				return wrong(p.peek().line, "%s: want \",\" or \"}\", have %q", v.name, p.peek().text)
			}
		}
		return nil
	}
	o, err := p.operand()
	if err != nil {
		return err
	}
	if o.kind != opNumber {
		return wrong(v.line, "%s: want a number, have an address, which is not supported", v.name)
	}
	var b [8]byte
	bits := o.bits(v.typ)
	binary.LittleEndian.PutUint64(b[:], bits)
	if len(v.data) > maxVariable {
		return wrong(v.line, "%s: too large", v.name)
	}
	v.data = append(v.data, b[:min(8, sizeOf[v.typ])]...)
	return nil
}

// bits returns a number's bits as a value of a type.
func (o operand) bits(typ string) uint64 {
	f := math.Float64frombits(o.value)
	switch {
	case o.number == 'd' && typ == "f32":
		return uint64(math.Float32bits(float32(f)))
	case o.number == 's' && typ == "f64":
		return math.Float64bits(float64(math.Float32frombits(uint32(o.value))))
	}
	return o.value
}
