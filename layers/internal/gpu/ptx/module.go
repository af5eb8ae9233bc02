// Package ptx executes PTX, the assembly text of NVIDIA's cards, on the CPU. It is
// the proof of kernels where there is no card: every access to memory is checked,
// arithmetic is to the bit what PTX defines, and what is touched and executed is
// counted.
//
// A text is compiled once to instructions over rows: a register of the 32 threads of
// a warp. The threads of a warp go together as long as they are at the same place;
// where they part, those furthest behind go first.
//
// Reference: NVIDIA, Parallel Thread Execution ISA, versions 6.0 to 8.4.
package ptx

import (
	"slices"
	"strings"
)

// Module is a compiled text.
type Module struct {
	Version string // of PTX, as "6.0"
	Target  string // as "sm_70"

	kernels   map[string]*Kernel
	names     []string
	lines     []string
	addresses map[string]int64 // of .global and .const variables
	data      []byte           // what they start as, from dataBase on
}

// dataBase is the address of a module's variables; Memory's own allocations lie above.
const dataBase = 1 << 32

// Parse compiles a text. An error is an *Error with its line.
func Parse(text string) (*Module, error) {
	s, err := parse(text)
	if err != nil {
		return nil, err
	}
	m := &Module{Version: s.version, Target: s.target, kernels: map[string]*Kernel{}, addresses: map[string]int64{}, lines: strings.Split(text, "\n")}
	for i := range s.variables {
		v := &s.variables[i]
		if v.space != spaceGlobal && v.space != spaceConst {
			continue
		}
		if _, ok := m.addresses[v.name]; ok {
			return nil, wrong(v.line, "%s is declared twice", v.name)
		}
		if len(m.data)+int(v.size) > maxVariable {
			return nil, wrong(v.line, "want at most %d bytes of variables", maxVariable)
		}
		m.addresses[v.name] = m.place(v)
	}
	for _, f := range s.functions {
		if !f.entry || f.body == nil {
			continue
		}
		if m.kernels[f.name] != nil {
			return nil, wrong(f.line, "%s is defined twice", f.name)
		}
		k, err := m.compile(s, f)
		if err != nil {
			return nil, err
		}
		m.kernels[f.name] = k
		m.names = append(m.names, f.name)
	}
	slices.Sort(m.names)
	return m, nil
}

// place puts a variable behind the others and returns its address.
func (m *Module) place(v *variable) int64 {
	at := align(int64(len(m.data)), max(v.align, 16))
	grown := make([]byte, at+v.size)
	copy(grown, m.data)
	copy(grown[at:], v.data)
	m.data = grown
	return dataBase + at
}

// Kernel returns a kernel by its name, or nil.
func (m *Module) Kernel(name string) *Kernel { return m.kernels[name] }

// Kernels returns the names of the kernels, sorted.
func (m *Module) Kernels() []string { return m.names }

func trimStatement(line string) string {
	line, _, _ = strings.Cut(line, "//")
	return strings.Join(strings.Fields(line), " ")
}
