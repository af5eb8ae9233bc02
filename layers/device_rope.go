package layers

import (
	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
)

// rotateOnDevice rotates the rows of one call, or of two that have the same rows, run
// by run of those whose prompts have one set of frequencies.
func (r *RopeCache) rotateOnDevice(s kernel.RotaryShape, calls ...*deviceCall) error {
	c := calls[0]
	call := Call{Batch: c.Batch, Out: Mat{Rows: c.Out.rows, Cols: c.Out.cols}, selected: c.selected}
	runs, err := call.lengths(&r.rope)
	if err != nil {
		return err
	}
	for _, run := range runs {
		table := r.cover(run.longest, call.positions()[run.from:run.to])
		cos, sin, err := r.send(c.d, table)
		if err != nil {
			return err
		}
		var parts [2]rotated
		for i, c := range calls {
			heads := c.Out.cols / s.Width
			parts[i] = rotated{
				c.Out.at.Offset(run.from * c.Out.cols), c.In[0].at.Offset(run.from * c.Out.cols),
				(run.to - run.from) * heads * (s.Width - table.Half), heads,
			}
		}
		interleaved := int32(0)
		if s.Interleaved {
			interleaved = 1
		}
		a, b := parts[0], parts[1]
		err = c.each("rope", a.n+b.n, a.out, a.in, b.out, b.in, c.positionsAt().Offset(run.from), cos, sin, count(a.n), count(b.n),
			number(a.heads), number(max(b.heads, 1)), number(s.Width), number(table.Half), number(s.From), interleaved)
		if err != nil {
			return err
		}
	}
	return nil
}

// rotated is one of the matrices that a launch rotates: n threads have work on it.
type rotated struct {
	out, in  gpu.Pointer
	n, heads int
}

// send uploads a table's cosines and sines where they are not there yet.
func (r *RopeCache) send(d *onDevice, t *kernel.RotaryTable) (cos, sin gpu.Pointer, err error) {
	m := r.sent[t]
	if m == nil {
		m = &deviceMemory{}
		if len(r.sent) >= maxTables {
			for of, m := range r.sent {
				if err := d.giveBack(m); err != nil {
					return 0, 0, err
				}
				delete(r.sent, of)
			}
		}
		at, err := d.room(m, len(t.Cos)+len(t.Sin))
		if err == nil {
			err = d.Upload(at, gpu.BytesOf(t.Cos))
		}
		if err == nil {
			err = d.Upload(at.Offset(len(t.Cos)), gpu.BytesOf(t.Sin))
		}
		if err != nil {
			return 0, 0, err
		}
		r.sent[t] = m
	}
	return m.at, m.at.Offset(len(t.Cos)), nil
}
