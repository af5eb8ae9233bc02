package model

import (
	"iter"
	"slices"
	"strings"

	"premlp/weights"
)

// prefixed presents a checkpoint that leaves out the beginning of its tensors'
// paths, or all of the path to the model, under the full names.
type prefixed struct {
	weights.Source
	names map[string]string // full name → the file's
}

// headNames are what vocabulary heads are called: they lie beside the model.
var headNames = []string{"lm_head.", "embed_out."}

// underPrefix returns s with its tensors below prefix, "model.decoder.", where
// the checkpoint has them below "decoder." or nothing.
func underPrefix(s weights.Source, prefix string) weights.Source {
	names := slices.Collect(s.Names())
	under := func(p string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, p) })
	}
	have := prefix
	for have != "" && !under(have) {
		_, have, _ = strings.Cut(have, ".")
	}
	if have == prefix {
		return s
	}
	p := &prefixed{Source: s, names: map[string]string{}}
	for _, n := range names {
		full := n
		if rest, ok := strings.CutPrefix(n, have); ok && !isHead(n) {
			full = prefix + rest
		}
		p.names[full] = n
	}
	return p
}

// isHead reports whether a tensor is the vocabulary head's.
func isHead(name string) bool {
	return slices.ContainsFunc(headNames, func(head string) bool { return strings.HasPrefix(name, head) })
}

// Has implements weights.Source.
func (p *prefixed) Has(name string) bool { _, ok := p.names[name]; return ok }

// Names implements weights.Source.
func (p *prefixed) Names() iter.Seq[string] {
	var names []string
	for n := range p.names {
		names = append(names, n)
	}
	slices.Sort(names)
	return slices.Values(names)
}

// Tensor implements weights.Source.
func (p *prefixed) Tensor(name string, shape ...int) (*weights.Tensor, error) {
	file, ok := p.names[name]
	if !ok {
		return nil, &weights.Error{Name: name, Want: shape, Err: weights.ErrMissing}
	}
	return p.Source.Tensor(file, shape...)
}
