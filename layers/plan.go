package layers

import (
	"slices"

	"gorgonia.org/gorgonia"
)

// plan gives every op of a machine, in order of execution, a buffer of the
// arena. A buffer is free again after the last op that reads its value; the
// buffers of kept ops are their own. It returns how many buffers are shared.
func plan(order []*Op, kept map[*Op]bool) int {
	births, deaths := lifetimes(order)
	arena := arena{}
	for at := range order {
		for _, born := range births[at] {
			if kept[born] {
				born.buffer = &buffer{widest: born.cols}
			} else {
				born.buffer = arena.take(born.cols)
			}
		}
		for _, dead := range deaths[at] {
			if !kept[dead] {
				arena.release(dead.buffer)
			}
		}
	}
	return arena.count
}

// lifetimes lists, for each position of the order, the ops whose values come
// into being there and those read there for the last time. All values of a
// group come into being at its first op, one of a joined launch at the leader.
func lifetimes(order []*Op) (births, deaths [][]*Op) {
	births, deaths = make([][]*Op, len(order)), make([][]*Op, len(order))
	position := make(map[*Op]int, len(order))
	last := make(map[*Op]int, len(order))
	for at, o := range order {
		position[o], last[o] = at, at
		for _, n := range o.inputs {
			if input := opOf(n); input != nil {
				last[input] = at
			}
		}
	}
	for _, o := range order {
		born := position[o]
		if o.group != nil {
			born = position[o.group.ops[0]]
		}
		if o.leader != nil {
			born = position[o.leader]
		}
		births[born] = append(births[born], o)
		deaths[last[o]] = append(deaths[last[o]], o)
	}
	return births, deaths
}

// arena hands out buffers and takes them back.
type arena struct {
	free  []*buffer
	count int // buffers made
}

// take returns the free buffer whose widest value fits cols best, or a new one.
func (a *arena) take(cols int) *buffer {
	best := -1
	for i, b := range a.free {
		if best < 0 || fits(b.widest, a.free[best].widest, cols) {
			best = i
		}
	}
	if best < 0 {
		a.count++
		return &buffer{widest: cols}
	}
	b := a.free[best]
	a.free = slices.Delete(a.free, best, best+1)
	b.widest = max(b.widest, cols)
	return b
}

// fits says whether a buffer of width a suits a value of width want better than
// one of width b: the narrowest that holds it, else the widest.
func fits(a, b, want int) bool {
	if b >= want {
		return a >= want && a < b
	}
	return a > b
}

// release takes a buffer back.
func (a *arena) release(b *buffer) { a.free = append(a.free, b) }

// opOf returns a node's op, or nil for the batch.
func opOf(n *gorgonia.Node) *Op {
	o, _ := n.Op().(*Op)
	return o
}
