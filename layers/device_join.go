package layers

// Ops may share a launch on a device: the sum of the stream with a block's branch and
// the norm that reads it, the rotations of queries and keys, the products of one
// input. The first of them in order, the leader, then computes the others' outputs as
// well, into their buffers; they find them there. In a stepped run, and where the
// leader's output is edited, each op computes its own, with the same bits.

// joint says how an op's output may be computed by the launch of an earlier one.
type joint struct {
	most int // ops that share a launch
	// leads reports whether an earlier op can be the leader.
	leads func(leader *Op) bool
	// device computes the outputs of the leader, which is the first, and of the others.
	device func(calls []*deviceCall) error
}

// joinLaunches finds which ops of a machine, in order, share launches.
func joinLaunches(order []*Op) {
	position := map[*Op]int{}
	for at, o := range order {
		position[o] = at
		if o.joint == nil {
			continue
		}
		for _, leader := range order[:at] {
			if leader.leader == nil && o.joint.leads(leader) && leader.takes(o) && o.readyAt(leader, position) {
				leader.followers, o.leader = append(leader.followers, o), leader
				break
			}
		}
	}
}

// takes reports whether o may share the launch that another op leads, or will lead.
func (o *Op) takes(another *Op) bool {
	return o.selected == another.selected && len(o.followers)+1 < another.joint.most &&
		(len(o.followers) == 0 || o.followers[0].kind == another.kind)
}

// readyAt reports whether what o reads is there when the leader has run.
func (o *Op) readyAt(leader *Op, position map[*Op]int) bool {
	for _, n := range o.inputs {
		if input := opOf(n); input != nil && position[input] > position[leader] {
			return false
		}
	}
	return true
}

// computeOnDevice computes the output of o, and those of the ops it leads.
func (o *Op) computeOnDevice(c *deviceCall) error {
	if o.joinedIn == o.m.run || c.Out.len() == 0 {
		return nil
	}
	if len(o.followers) == 0 || o.m.stepped || len(o.m.edits[o]) > 0 {
		return o.device(c)
	}
	calls := []*deviceCall{c}
	for _, f := range o.followers {
		second, err := f.callOnDevice()
		if err != nil {
			return err
		}
		f.joinedIn = o.m.run
		calls = append(calls, second)
	}
	return o.followers[0].joint.device(calls)
}
