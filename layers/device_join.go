package layers

// Two ops may share a launch on a device: the sum of the stream with a block's
// branch and the norm that reads it, or the rotations of queries and keys. The first
// of the two in order, the leader, then computes the second's output as well, into
// its buffer; the second finds it there. In a stepped run, and where the leader's
// output is edited, each op computes its own, with the same bits.

// joint says how an op's output may be computed by the launch of an earlier one.
type joint struct {
	// leads reports whether an earlier op can be the leader.
	leads func(leader *Op) bool
	// device computes both outputs.
	device func(leader, c *deviceCall) error
}

// joinLaunches finds the pairs among a machine's ops in order.
func joinLaunches(order []*Op) {
	position := map[*Op]int{}
	for at, o := range order {
		position[o] = at
		if o.joint == nil {
			continue
		}
		for _, leader := range order[:at] {
			if leader.follower == nil && leader.leader == nil && leader.selected == o.selected && o.joint.leads(leader) && o.readyAt(leader, position) {
				leader.follower, o.leader = o, leader
				break
			}
		}
	}
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

// computeOnDevice computes the output of o, and that of an op it shares a launch with.
func (o *Op) computeOnDevice(c *deviceCall) error {
	if o.joinedIn == o.m.run || c.Out.len() == 0 {
		return nil
	}
	if o.follower == nil || o.m.stepped || len(o.m.edits[o]) > 0 {
		return o.device(c)
	}
	second, err := o.follower.callOnDevice()
	if err != nil {
		return err
	}
	o.follower.joinedIn = o.m.run
	return o.follower.joint.device(c, second)
}
