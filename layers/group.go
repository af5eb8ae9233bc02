package layers

import "premlp/weights"

// group holds linear ops that read one input. The first of them to run in a
// pass computes the outputs of all, in one kernel call; the others find theirs
// in place. Each op keeps a node and a slot of its own.
type group struct {
	ops []*Op // the members that the machine runs, in order of execution
}

// send uploads the members' weights side by side.
func (g *group) send(s *Store, d *onDevice) error {
	var keys []string
	var all []*weights.Tensor
	for _, o := range g.ops {
		keys, all = append(keys, o.key), append(all, o.linear.w)
	}
	return s.sendTogether(d, keys, all)
}

// claim reports whether o has to compute the group's outputs.
func (g *group) claim(o *Op) bool { return g.ops[0] == o }
