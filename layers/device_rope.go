package layers

import (
	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
)

// rotateOnDevice rotates a call's rows, run by run of those whose prompts have one
// set of frequencies.
func (r *RopeCache) rotateOnDevice(c *deviceCall, s kernel.RotaryShape) error {
	call := Call{Batch: c.Batch, Out: Mat{Rows: c.Out.rows, Cols: c.Out.cols}, selected: c.selected}
	runs, err := call.lengths(&r.rope)
	if err != nil {
		return err
	}
	width := s.Heads * s.Width
	for _, run := range runs {
		table := r.cover(run.longest, call.positions()[run.from:run.to])
		cos, sin, err := r.send(c.d, table)
		if err != nil {
			return err
		}
		n := (run.to - run.from) * s.Heads * (s.Width - table.Half)
		interleaved := int32(0)
		if s.Interleaved {
			interleaved = 1
		}
		err = c.each("rope", n, c.Out.at.Offset(run.from*width), c.In[0].at.Offset(run.from*width), c.positionsAt().Offset(run.from),
			cos, sin, count(n), number(s.Heads), number(s.Width), number(table.Half), number(s.From), interleaved)
		if err != nil {
			return err
		}
	}
	return nil
}

// send uploads a table's cosines and sines where they are not there yet.
func (r *RopeCache) send(d *onDevice, t *kernel.RotaryTable) (cos, sin gpu.Pointer, err error) {
	m := r.sent[t]
	if m == nil {
		m = &deviceMemory{}
		if len(r.sent) > maxTables {
			clear(r.sent) // freed with the machine
		}
		at, err := d.room(m, len(t.Cos)+len(t.Sin))
		if err == nil {
			err = d.Upload(at, memoryOf(t.Cos))
		}
		if err == nil {
			err = d.Upload(at.Offset(len(t.Cos)), memoryOf(t.Sin))
		}
		if err != nil {
			return 0, 0, err
		}
		r.sent[t] = m
	}
	return m.at, m.at.Offset(len(t.Cos)), nil
}
