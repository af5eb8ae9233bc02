package layers

// group holds linear ops that read one input. The first of them to run in a
// pass computes the outputs of all, in one kernel call; the others find theirs
// in place. Each op keeps a node and a slot of its own.
type group struct {
	ops []*Op // the members that the machine runs, in order of execution
}

// claim reports whether o has to compute the group's outputs.
func (g *group) claim(o *Op) bool { return g.ops[0] == o }
