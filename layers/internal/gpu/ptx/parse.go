package ptx

import (
	"strconv"
	"strings"
)

// source is a parsed text.
type source struct {
	version, target string
	variables       []variable
	functions       []*function
}

// Bounds of what a text may ask for.
const (
	maxText      = 64 << 20
	maxRegisters = 1 << 16
	maxVariable  = 64 << 20 // bytes
)

type parser struct {
	tokens []token
	at     int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// is tells whether the next token is that sign or word.
func (p *parser) is(text string) bool {
	t := p.peek()
	return t.text == text && (t.kind == tokenSign || t.kind == tokenWord)
}

// skip passes the next token if it is that one.
func (p *parser) skip(text string) bool {
	if p.is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(text string) error {
	if p.skip(text) {
		return nil
	}
	t := p.peek()
	return wrong(t.line, "want %q, have %q", text, t.text)
}

func (p *parser) word() (string, error) {
	t := p.next()
	if t.kind != tokenWord {
		return "", wrong(t.line, "want a name, have %q", t.text)
	}
	return t.text, nil
}

// integer reads a whole number, as sizes and counts are.
func (p *parser) integer(most int64) (int64, error) {
	t := p.next()
	v, err := strconv.ParseInt(strings.TrimRight(t.text, "U"), 0, 64)
	if t.kind != tokenNumber || err != nil || v < 0 || v > most {
		return 0, wrong(t.line, "want a number from 0 to %d, have %q", most, t.text)
	}
	return v, nil
}

// parse reads a PTX text.
func parse(text string) (*source, error) {
	if len(text) > maxText {
		return nil, wrong(1, "want at most %d bytes, have %d", maxText, len(text))
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p, s := &parser{tokens: tokens}, &source{}
	for p.peek().kind != tokenEnd {
		if err := p.top(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// top reads one directive of a module.
func (p *parser) top(s *source) error {
	t := p.peek()
	switch t.text {
	case ".version":
		p.at++
		s.version = p.next().text
	case ".target":
		p.at++
		s.target = p.next().text
		for p.skip(",") {
			p.next()
		}
	case ".address_size":
		p.at++
		if have := p.next(); have.text != "64" {
			return wrong(t.line, ".address_size: want 64, have %s", have.text)
		}
	case ".file", ".loc", ".section", ".pragma":
		return p.debug()
	case ".visible", ".extern", ".weak", ".common":
		p.at++
	case ".entry", ".func":
		f, err := p.function()
		if err != nil {
			return err
		}
		s.functions = append(s.functions, f)
	case ".global", ".const", ".shared":
		vs, err := p.variables()
		if err != nil {
			return err
		}
		s.variables = append(s.variables, vs...)
	case ";":
		p.at++
	default:
		return wrong(t.line, "want a directive, have %q", t.text)
	}
	return nil
}

// debug passes a directive that says nothing about what is computed.
func (p *parser) debug() error {
	start := p.next()
	if start.text == ".section" {
		for !p.is("{") {
			if p.next().kind == tokenEnd {
				return wrong(start.line, "a .section without {")
			}
		}
		for !p.skip("}") {
			if p.next().kind == tokenEnd {
				return wrong(start.line, "a .section that is not ended")
			}
		}
		return nil
	}
	// .file 1 "a.cu" and .loc 1 2 3 end with their line, .pragma "..." with a ;.
	for t := p.peek(); t.kind != tokenEnd && t.line == start.line; t = p.peek() {
		p.at++
		if t.text == ";" {
			break
		}
	}
	return nil
}

// function reads an .entry or a .func.
func (p *parser) function() (*function, error) {
	t := p.next()
	f := &function{entry: t.text == ".entry", line: t.line}
	var err error
	if p.is("(") {
		if f.results, err = p.params(); err != nil {
			return nil, err
		}
	}
	if f.name, err = p.word(); err != nil {
		return nil, err
	}
	if p.is("(") {
		if f.params, err = p.params(); err != nil {
			return nil, err
		}
	}
	for !p.is("{") {
		switch t := p.next(); t.text {
		case ";":
			return f, nil
		case ".maxntid", ".reqntid":
			if f.maxThreads, err = p.threads(); err != nil {
				return nil, err
			}
		case ".minnctapersm", ".maxnctapersm", ".maxnreg", ".pragma":
			p.next()
		case ".noreturn":
		default:
			return nil, wrong(t.line, "%s: want a body, have %q", f.name, t.text)
		}
	}
	f.body, err = p.body()
	return f, err
}

// threads reads the extents of .maxntid and returns their product.
func (p *parser) threads() (int, error) {
	product := int64(1)
	for {
		v, err := p.integer(1024)
		if err != nil {
			return 0, err
		}
		product *= v
		if !p.skip(",") {
			return int(product), nil
		}
	}
}

// params reads a list of parameters.
func (p *parser) params() ([]variable, error) {
	if err := p.want("("); err != nil {
		return nil, err
	}
	var out []variable
	for !p.skip(")") {
		t := p.peek()
		if t.text != ".param" && t.text != ".reg" {
			return nil, wrong(t.line, "want .param, have %q", t.text)
		}
		vs, err := p.variables()
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
		if !p.skip(",") && !p.is(")") {
			return nil, wrong(p.peek().line, "want \",\" or \")\", have %q", p.peek().text)
		}
	}
	return out, nil
}
