package ptx

import (
	"slices"
	"strings"
)

// Bounds of what a kernel may become; its functions are put in where they are called.
const (
	maxCode  = 1 << 20
	maxRows  = 1 << 16
	maxCalls = 16
)

// compiler makes one kernel.
type compiler struct {
	module  *Module
	source  *source
	k       *Kernel
	scopes  []*scope
	labels  []int32 // instruction of each label, or none so far
	consts  map[uint64]int32
	special map[specialID]int32
	shared  map[*variable]int64 // offset of each that is used
	dynamic bool                // an .extern .shared is used
	ends    []int32             // label behind each function that is being put in
	calls   []string
	spare   int32 // a row whose contents nobody reads
	at      *statement
	guard   int32
}

// scope holds what a { } declares.
type scope struct {
	registers map[string]int32 // rows, of those seen
	types     map[string]string
	stems     map[string]registers
	variables map[string]place
	labels    map[string]int
	targets   map[string][]string
}

// place is where a variable is: an offset into its space.
type place struct {
	space   space
	address int64
	v       *variable // of shared memory, which is laid out as it is used
}

func newScope() *scope {
	return &scope{registers: map[string]int32{}, types: map[string]string{}, stems: map[string]registers{}, variables: map[string]place{}, labels: map[string]int{}, targets: map[string][]string{}}
}

// compile makes a kernel of an .entry.
func (m *Module) compile(s *source, f *function) (*Kernel, error) {
	c := &compiler{module: m, source: s, consts: map[uint64]int32{}, special: map[specialID]int32{}, shared: map[*variable]int64{}, guard: none}
	c.k = &Kernel{Name: f.name, MaxThreads: f.maxThreads, lines: m.lines, granule: 16, globalGranule: 16}
	c.spare = c.newRow()
	c.open(nil)
	for name, address := range m.addresses {
		c.scope().variables[name] = place{space: spaceGlobal, address: address}
	}
	for i := range s.variables {
		if v := &s.variables[i]; v.space == spaceShared {
			c.scope().variables[v.name] = place{space: spaceShared, v: v}
		}
	}
	c.open(f.body)
	if err := c.params(f); err != nil {
		return nil, err
	}
	if err := c.body(f); err != nil {
		return nil, err
	}
	c.guard = none
	c.emit(instr{kind: kindExit})
	if err := c.link(); err != nil {
		return nil, err
	}
	return c.k, nil
}

// params lays out a kernel's arguments.
func (c *compiler) params(f *function) error {
	for _, v := range f.params {
		at := align(c.k.ParamBytes, v.align)
		c.k.Params = append(c.k.Params, Param{Name: v.name, Type: v.typ, Offset: at, Size: v.size})
		c.scope().variables[v.name] = place{space: spaceParam, address: at}
		if c.k.ParamBytes = at + v.size; c.k.ParamBytes > 4096 {
			return wrong(v.line, "%s: want at most 4096 bytes of parameters", f.name)
		}
	}
	return nil
}

func align(offset, to int64) int64 { return (offset + to - 1) / to * to }

// link lays dynamic shared memory behind the rest and resolves branches.
func (c *compiler) link() error {
	for i := range c.k.code {
		in := &c.k.code[i]
		in.branch = none
		if in.guard != none {
			in.branch = int32(len(c.k.branches))
			c.k.branches = append(c.k.branches, Branch{Line: int(in.line), Text: c.k.statementText(in.line), Jump: in.kind == kindBranch})
		}
		if in.kind != kindBranch {
			continue
		}
		if in.target = c.labels[in.target]; in.target == none {
			return wrong(int(in.line), "a branch to a label that is not there")
		}
	}
	if c.dynamic {
		c.k.Shared = align(c.k.Shared, 16)
		for _, k := range c.dynamicRows() {
			c.k.consts[k].value = uint64(c.k.Shared)
		}
	}
	return nil
}

func (c *compiler) scope() *scope { return c.scopes[len(c.scopes)-1] }

// open begins a scope; its labels are known from its beginning.
func (c *compiler) open(body []statement) {
	s := newScope()
	depth := 0
	for i := range body {
		switch st := &body[i]; st.kind {
		case stOpen:
			depth++
		case stClose:
			depth--
		case stLabel:
			if depth == 0 {
				s.labels[st.label] = c.newLabel()
			}
		case stTargets:
			if depth == 0 {
				s.targets[st.label] = st.targets
			}
		}
		if depth < 0 {
			break
		}
	}
	c.scopes = append(c.scopes, s)
}

func (c *compiler) newLabel() int {
	c.labels = append(c.labels, none)
	return len(c.labels) - 1
}

// body compiles a function's statements.
func (c *compiler) body(f *function) error {
	if f.body == nil {
		return wrong(f.line, "%s is declared and not defined", f.name)
	}
	if slices.Contains(c.calls, f.name) || len(c.calls) == maxCalls {
		return wrong(f.line, "%s calls itself, or calls go more than %d deep", f.name, maxCalls)
	}
	c.calls = append(c.calls, f.name)
	depth := len(c.scopes)
	for i := range f.body {
		st := &f.body[i]
		c.at = st
		var err error
		switch st.kind {
		case stOpen:
			c.open(f.body[i+1:])
		case stClose:
			c.scopes = c.scopes[:len(c.scopes)-1]
		case stLabel:
			id := c.scope().labels[st.label]
			if c.labels[id] != none {
				return wrong(st.line, "%s is declared twice", st.label)
			}
			c.labels[id] = int32(len(c.k.code))
		case stRegisters:
			err = c.declare(st.regs)
		case stMemory:
			err = c.memory(st.decl)
		case stInstruction:
			err = c.instruction(st)
		}
		if err == nil && (len(c.k.code) > maxCode || c.k.rows > maxRows) {
			err = wrong(st.line, "%s: want at most %d instructions and %d registers", f.name, maxCode, maxRows)
		}
		if err != nil {
			return err
		}
	}
	c.scopes = c.scopes[:depth]
	c.calls = c.calls[:len(c.calls)-1]
	return nil
}

func (c *compiler) declare(r registers) error {
	s := c.scope()
	for _, name := range r.names {
		if s.types[name] != "" {
			return wrong(c.at.line, "%s is declared twice", name)
		}
		s.types[name] = r.typ
	}
	if r.stem != "" {
		s.stems[r.stem] = r
	}
	return nil
}

// memory gives a function's variables their place. Each copy of a function has its
// own local ones; the parameters of a call are local too.
func (c *compiler) memory(vs []variable) error {
	for i := range vs {
		v := &vs[i]
		switch v.space {
		case spaceShared:
			c.scope().variables[v.name] = place{space: spaceShared, v: v}
		case spaceLocal, spaceParam:
			at := align(c.k.Local, v.align)
			if c.k.Local = at + v.size; c.k.Local > 512<<10 {
				return wrong(v.line, "want at most 512 KiB of local memory")
			}
			c.scope().variables[v.name] = place{space: spaceLocal, address: at}
		default:
			address, ok := c.module.addresses[v.name]
			if !ok {
				address = c.module.place(v)
			}
			c.scope().variables[v.name] = place{space: spaceGlobal, address: address}
		}
	}
	return nil
}

// variable finds a variable and where it is.
func (c *compiler) variable(name string) (place, bool) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		p, ok := c.scopes[i].variables[name]
		if !ok {
			continue
		}
		if p.v != nil && p.v.size > 0 {
			at, ok := c.shared[p.v]
			if !ok {
				at = align(c.k.Shared, p.v.align)
				c.shared[p.v], c.k.Shared = at, at+p.v.size
			}
			p.address = at
		}
		return p, true
	}
	return place{}, false
}

// register returns a register's row, and "" for a type if there is none.
func (c *compiler) register(name string) (int32, string) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		s := c.scopes[i]
		typ := s.types[name]
		if typ == "" {
			stem := strings.TrimRight(name, "0123456789")
			r, ok := s.stems[stem]
			number := name[len(stem):]
			if !ok || !below(number, r.count) {
				continue
			}
			typ = r.typ
		}
		at, ok := s.registers[name]
		if !ok {
			at = c.newRow()
			s.registers[name] = at
		}
		return at, typ
	}
	return none, ""
}

// below tells whether a text of digits is a number below n.
func below(digits string, n int) bool {
	if digits == "" || len(digits) > 6 || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	v := 0
	for _, c := range digits {
		v = 10*v + int(c-'0')
	}
	return v < n
}

func (c *compiler) newRow() int32 {
	c.k.rows++
	return int32(c.k.rows - 1)
}
