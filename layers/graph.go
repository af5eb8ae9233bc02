package layers

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"premlp/weights"
)

// Graph is a model's forward pass as a Gorgonia expression graph, complete from
// token ids to logits. A [Machine] compiles the part of it that is wanted.
type Graph struct {
	g      *gorgonia.ExprGraph
	batch  *gorgonia.Node
	nodes  map[string]*gorgonia.Node // by op key
	order  []*Op                     // as built
	points map[Point]*gorgonia.Node
	source *weights.Tracker
	store  *Store
	errs   []error
	// last is the block behind whose keys and values only the rows that are read
	// are computed; none: every row is.
	last int
	// first is the block that the graph begins at; given the width of the residual
	// stream that it takes there from the batch, 0 where it begins with tokens.
	first, given int
}

// NewGraph returns an empty graph that takes its tensors from source and packs
// them in store.
func NewGraph(source weights.Source, store *Store) *Graph {
	g := gorgonia.NewGraph()
	return &Graph{
		g:      g,
		batch:  gorgonia.NewScalar(g, gorgonia.Int, gorgonia.WithName("batch")),
		nodes:  map[string]*gorgonia.Node{},
		points: map[Point]*gorgonia.Node{},
		source: weights.Track(source),
		store:  store,
		last:   none,
	}
}

// SelectAfter says, before blocks are built, that nothing is wanted behind block
// i, and in it only of the rows that a batch selects. What those rows need of
// the others, their keys and values, is computed for all.
func (g *Graph) SelectAfter(i int) { g.last = i }

// Root returns the scope of the checkpoint's root.
func (g *Graph) Root() Scope { return Scope{g: g} }

// Err returns the problems found while building, joined, or nil: all of them
// unless Failed.
func (g *Graph) Err() error {
	if g.Failed() {
		return errors.Join(append(g.errs[:maxProblems:maxProblems], errors.New("and more: the checkpoint is another model's"))...)
	}
	return errors.Join(g.errs...)
}

// maxProblems is how many problems are listed.
const maxProblems = 40

// Failed reports whether there are so many problems that building on is of no
// use.
func (g *Graph) Failed() bool { return len(g.errs) > maxProblems }

// Unused lists the checkpoint's tensors that no layer asked for.
func (g *Graph) Unused() []string { return g.source.Unused() }

// Points lists the places where activations can be read, by layer and then in
// the order of computation.
func (g *Graph) Points() []Point {
	points := make([]Point, 0, len(g.points))
	for p := range g.points {
		points = append(points, p)
	}
	slices.SortFunc(points, inOrder)
	return points
}

// inOrder compares points by where they stand in the pass.
func inOrder(a, b Point) int {
	if a.Layer != b.Layer && a.Site != Logits && b.Site != Logits {
		return a.Layer - b.Layer
	}
	return siteOrder(a.Site) - siteOrder(b.Site)
}

// siteOrder places logits behind every block site.
func siteOrder(s Site) int {
	switch s {
	case Logits:
		return 2 * len(BlockSites)
	case Router:
		return siteOrder(MLPIn) + 1
	}
	return 2 * slices.Index(BlockSites, s)
}

// fail records a problem, once where several parts of a tensor have it; building
// goes on.
func (g *Graph) fail(err error) {
	if !slices.ContainsFunc(g.errs, func(e error) bool { return e.Error() == err.Error() }) {
		g.errs = append(g.errs, err)
	}
}

// add puts an op into the graph and returns its node. Keys are unique: two ops
// of one key would be merged by Gorgonia.
func (g *Graph) add(o *Op) *gorgonia.Node {
	if _, ok := g.nodes[o.key]; ok {
		g.fail(fmt.Errorf("%s: built twice", o))
		return g.nodes[o.key]
	}
	n, err := gorgonia.ApplyOpWithName(o, o.key, o.inputs...)
	if err != nil {
		g.fail(fmt.Errorf("%s: %w", o, err))
		return o.inputs[0]
	}
	g.nodes[o.key] = n
	g.order = append(g.order, o)
	return n
}

// columns returns the width of a matrix node.
func columns(n *gorgonia.Node) int {
	if s := n.Shape(); len(s) == 2 {
		return s[1]
	}
	return 0
}

// verify checks what Gorgonia relies on without checking: that the hashes of
// all nodes differ, since nodes of equal hash are merged or skipped.
func (g *Graph) verify() error {
	seen := map[uint32]*gorgonia.Node{}
	for _, n := range g.g.AllNodes() {
		if other, ok := seen[n.Hashcode()]; ok {
			return fmt.Errorf("graph: nodes %q and %q have one hash %#x", other.Name(), n.Name(), n.Hashcode())
		}
		seen[n.Hashcode()] = n
	}
	if want := len(g.order) + 1; len(seen) != want {
		return fmt.Errorf("graph: want %d nodes, have %d", want, len(seen))
	}
	return nil
}
