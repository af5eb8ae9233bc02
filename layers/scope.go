package layers

import (
	"fmt"
	"strconv"

	"gorgonia.org/gorgonia"

	"premlp/weights"
)

// Scope is a path in the checkpoint and the graph that grows from it. It is
// used by value: s.Sub("mlp") is a new scope below s.
type Scope struct {
	g     *Graph
	path  string
	layer int
}

// Sub returns the scope of a module below this one: "mlp" below
// "model.layers.3" is "model.layers.3.mlp".
func (s Scope) Sub(name string) Scope {
	s.path = s.join(name)
	return s
}

// Layer returns the scope of block i below this one. Points tapped there
// belong to layer i.
func (s Scope) Layer(i int) Scope {
	s = s.Sub(strconv.Itoa(i))
	s.layer = i
	return s
}

// Path returns the scope's module path.
func (s Scope) Path() string { return s.path }

// join appends a name to the scope's path.
func (s Scope) join(name string) string {
	if s.path == "" {
		return name
	}
	return s.path + "." + name
}

// Weight returns the tensor of that name below the scope. A tensor that is
// missing or has another shape is recorded as a problem of the graph; a tensor
// of that shape without data stands in for it, so that building can go on and
// find the rest. No machine is made of such a graph.
func (s Scope) Weight(name string, shape ...int) *weights.Tensor {
	t, err := s.g.source.Tensor(s.join(name), shape...)
	if err != nil {
		s.g.fail(err)
		return &weights.Tensor{Name: s.join(name), Shape: shape}
	}
	return t
}

// Has reports whether the checkpoint has a tensor of that name below the scope.
func (s Scope) Has(name string) bool { return s.g.source.Has(s.join(name)) }

// Tap names node x as a site of the scope's layer and returns x.
func (s Scope) Tap(site Site, x *gorgonia.Node) *gorgonia.Node {
	p := Point{Site: site, Layer: s.layer}
	if _, ok := s.g.points[p]; ok {
		s.g.fail(fmt.Errorf("%s: tapped twice", p))
	}
	s.g.points[p] = x
	return x
}

// node adds an op at the scope's path and returns its node. What is computed
// from selected rows has selected rows.
func (s Scope) node(o *Op) *gorgonia.Node {
	o.key, o.layer = s.path, s.layer
	for _, n := range o.inputs {
		o.selected = o.selected || isSelected(n)
	}
	return s.g.add(o)
}
