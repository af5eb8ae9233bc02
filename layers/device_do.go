package layers

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/gpu"
)

// deviceCall is what an op's device function sees: the batch, its inputs and where
// to write, all on the device.
type deviceCall struct {
	Batch *Batch
	In    []matAt
	Out   matAt
	Stats gpu.Pointer // [rows, statsPerRow]
	d     *onDevice
	o     *Op

	selected bool // rows are the batch's selected ones
}

// doOnDevice is Do on the machine's device.
func (o *Op) doOnDevice() (gorgonia.Value, error) {
	start := o.m.profile.now()
	c, err := o.callOnDevice()
	if err == nil {
		err = o.computeOnDevice(c)
	}
	if err == nil {
		err = o.m.editOnDevice(o, c)
	}
	if err == nil {
		err = o.m.profile.recordOnDevice(o, c, start)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	if err := o.m.afterOnDevice(o, c); err != nil {
		return nil, err
	}
	o.m.profile.handed()
	if o.m.stop != nil {
		value, err := c.d.fetch(c.Out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o, err)
		}
		o.m.paused = o.m.stop(o, value)
	}
	return deviceValue{c.d, c.Out}, nil
}

// callOnDevice gathers the inputs and sizes the output.
func (o *Op) callOnDevice() (*deviceCall, error) {
	d := o.m.device
	c := &deviceCall{Batch: o.m.batch, d: d, o: o, selected: o.selected}
	for _, n := range o.inputs {
		if input := opOf(n); input != nil {
			c.In = append(c.In, input.place)
		}
	}
	rows := o.rows(c.Batch)
	at, err := d.room(&o.buffer.device, rows*o.cols)
	if err != nil {
		return nil, err
	}
	c.Out = matAt{at, rows, o.cols}
	o.place = c.Out
	if o.statsPerRow > 0 {
		c.Stats, err = d.room(&o.statsPlace, rows*o.statsPerRow)
	}
	return c, err
}

// editOnDevice applies the run's edits to the output of o, by way of the host.
func (m *Machine) editOnDevice(o *Op, c *deviceCall) error {
	if len(m.edits[o]) == 0 || c.Out.len() == 0 {
		return nil
	}
	value, err := c.d.fetch(c.Out)
	if err != nil {
		return err
	}
	m.edit(o, &Call{Batch: c.Batch, Out: value, selected: c.selected})
	return c.d.Upload(c.Out.at, gpu.BytesOf(value.Data))
}
