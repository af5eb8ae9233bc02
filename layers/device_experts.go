package layers

import (
	"strconv"

	"premlp/layers/internal/gpu"
	"premlp/weights"
)

// routeOnDevice picks experts on this machine's processor: of each token it takes
// one short row of scores.
func (e Experts) routeOnDevice(c *deviceCall) error {
	scores, err := c.d.fetch(c.In[0])
	if err != nil {
		return err
	}
	choice := Mat{Data: make([]float32, c.Out.len()), Rows: c.Out.rows, Cols: c.Out.cols}
	for t := range scores.Rows {
		writeChoice(choice.Row(t), e, scores.Row(t))
	}
	return c.d.Upload(c.Out.at, gpu.BytesOf(choice.Data))
}

// send uploads the expert's weights.
func (x *expert) send(s Scope, d *onDevice, number int) error {
	t := x.tensors
	for i, w := range []struct{ matrix, bias *weights.Tensor }{{t.Gate, t.GateBias}, {t.Up, t.UpBias}, {t.Down, t.DownBias}} {
		key := s.Layer(number).path + "." + strconv.Itoa(i)
		var err error
		if x.sent[i], err = s.g.store.sendWeight(d, key, w.matrix); err == nil && w.bias != nil {
			x.offsets[i], err = s.g.store.sendTensor(d, key+".offset", w.bias)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runExpertsOnDevice adds up the chosen experts' results, expert by expert.
func runExpertsOnDevice(c *deviceCall, e Experts, all []*expert) error {
	choice, err := c.d.fetch(c.In[1])
	if err == nil {
		err = c.each("zero", c.Out.len(), c.Out.at, count(c.Out.len()))
	}
	if err != nil {
		return err
	}
	for i, of := range chosenRows(choice, e.Count) {
		if len(of.rows) == 0 {
			continue
		}
		if err := all[i].addOnDevice(c, e, of); err != nil {
			return err
		}
	}
	return nil
}

// addOnDevice runs the expert on some rows and adds its weighted result to theirs.
func (x *expert) addOnDevice(c *deviceCall, e Experts, of chosen) error {
	n, d := len(of.rows), c.Out.cols
	at, err := c.d.room(&c.d.scratch, n*(2+2*d+2*e.Hidden))
	if err != nil {
		return err
	}
	take := func(cols int) matAt {
		m := matAt{at, n, cols}
		at = at.Offset(n * cols)
		return m
	}
	rows, shares := take(1), take(1)
	in, out, gate, up := take(d), take(d), take(e.Hidden), take(e.Hidden)
	index := make([]int32, n)
	for i, t := range of.rows {
		index[i] = int32(t)
	}
	for _, step := range []func() error{
		func() error { return c.d.Upload(rows.at, gpu.BytesOf(index)) },
		func() error { return c.d.Upload(shares.at, gpu.BytesOf(of.shares)) },
		func() error {
			return c.each("gather", in.len(), in.at, c.In[0].at, rows.at, count(in.len()), number(d))
		},
		func() error { return c.d.product(gate, in, x.sent[0], x.offsets[0]) },
		func() error { return c.d.product(up, in, x.sent[1], x.offsets[1]) },
		func() error { return e.Activate.activateOnDevice(c, gate, gate, up) },
		func() error { return c.d.product(out, gate, x.sent[2], x.offsets[2]) },
		func() error {
			return c.each("scatter_add", out.len(), c.Out.at, out.at, rows.at, shares.at, count(out.len()), number(d))
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (b BoundedGate) activateOnDevice(c *deviceCall, dst, gate, up matAt) error {
	return c.each("bounded_gate", dst.len(), dst.at, gate.at, up.at, count(dst.len()), b.Alpha, b.Limit)
}
