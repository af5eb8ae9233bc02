package layers

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
)

// EditSites lists the sites that an [Edit] can change where a model has them and
// they are tensors of their own.
var EditSites = []Site{ResidPre, ResidMid, MLPIn, MLPOut, ResidPost}

// editable returns the op that computes a point, if an edit of its output is an
// edit of that point alone.
func (m *Machine) editable(p Point) (*Op, error) {
	if o, ok := m.editOps[p]; ok {
		return o, nil
	}
	if err := m.graph.Editable(p); err != nil {
		return nil, err
	}
	o := opOf(m.graph.points[p])
	if o.m != m {
		return nil, errors.New("it cannot be edited: the pass ends before it")
	}
	if m.editOps == nil {
		m.editOps = map[Point]*Op{}
	}
	m.editOps[p] = o
	return o, nil
}

// Editable says why a point cannot be edited, or returns nil: the model has to
// have it, and its tensor must not be one that more than the point's own readers
// read. The input of an MLP that attention reads too, or that is the residual
// stream itself, is no tensor of the MLP's own.
func (g *Graph) Editable(p Point) error {
	n, ok := g.points[p]
	switch {
	case !slices.Contains(EditSites, p.Site):
		return fmt.Errorf("it cannot be edited: want one of %v", EditSites)
	case !ok:
		return errors.New("no such place in this model")
	case p.Site != MLPIn && p.Site != MLPOut:
		return nil
	}
	for _, site := range []Site{ResidPre, ResidMid, ResidPost} {
		if stream, ok := g.points[Point{site, p.Layer}]; ok && stream == n {
			return fmt.Errorf("it cannot be edited by itself: it is the residual stream in this architecture: edit %s", Point{site, p.Layer})
		}
	}
	for _, o := range g.order {
		if o.kind == "attention" && o.layer == p.Layer && g.reads(o, n) {
			return errors.New("it cannot be edited by itself: attention of the same block reads the same tensor in this architecture")
		}
	}
	return nil
}

// reads reports whether o depends on node n.
func (g *Graph) reads(o *Op, n *gorgonia.Node) bool {
	seen := map[*gorgonia.Node]bool{}
	var from func(o *Op) bool
	from = func(o *Op) bool {
		for _, input := range o.inputs {
			if input == n {
				return true
			}
			if seen[input] {
				continue
			}
			seen[input] = true
			if before := opOf(input); before != nil && from(before) {
				return true
			}
		}
		return false
	}
	return from(o)
}
