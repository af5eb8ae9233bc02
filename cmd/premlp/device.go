package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"premlp/layers"
)

// addDevice adds the --device flag.
func addDevice(c *cobra.Command, device *string) {
	c.Flags().StringVar(device, "device", "cpu", "where the model is computed: cpu, cuda, cuda:N, or auto, a card if there is one; see docs/cuda.md")
}

// addDevices adds the --device flag of a command that computes on several at once.
func addDevices(c *cobra.Command, devices *string) {
	c.Flags().StringVar(devices, "device", "cpu",
		"where the model is computed: cpu, cuda, cuda:N, auto, several as cuda:0,cuda:1, or cuda:all, side by side; see docs/cuda.md")
}

// withDevices opens the devices that --device names, calls run with them and closes
// them behind it. This machine's processor is nil among them.
func (e *env) withDevices(list string, run func([]layers.Device) error) (err error) {
	if _, err := layers.ParseDevices(list); err != nil {
		return usageError{fmt.Errorf("--device: %w", err)}
	}
	names, err := layers.DeviceNames(list)
	if err != nil {
		return fmt.Errorf("--device: %w", err)
	}
	var devices []layers.Device
	var with func() error
	with = func() error {
		if len(devices) == len(names) {
			return run(devices)
		}
		return e.withDevice(names[len(devices)], func(d layers.Device) error {
			devices = append(devices, d)
			return with()
		})
	}
	return with()
}

// withDevice opens the device that --device names, calls run with it and closes it
// behind it. run gets nil for this machine's processor.
func (e *env) withDevice(name string, run func(layers.Device) error) error {
	d, err := e.openDevice(name)
	if err != nil {
		return err
	}
	if d == nil {
		return run(nil)
	}
	err = run(d)
	if closed := d.Close(); closed != nil && !errors.Is(err, closed) { // the device tells again what could not be freed
		err = errors.Join(err, closed)
	}
	return err
}

// openDevice opens a device. Which one auto took, and why, is printed.
func (e *env) openDevice(name string) (layers.Device, error) {
	if _, err := layers.ParseDevice(name); err != nil {
		return nil, usageError{fmt.Errorf("--device: %w", err)}
	}
	d, err := layers.OpenDevice(name)
	switch auto := name == "auto"; {
	case auto && errors.Is(err, layers.ErrNoDevice):
		e.Notef("--device auto: computing on this machine's processor: %v", err)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("--device: %w", err)
	case auto:
		free, err := d.Available()
		if err != nil {
			return nil, fmt.Errorf("--device: %w", errors.Join(err, d.Close()))
		}
		e.Notef("--device auto: computing on %s, %s free", layers.DeviceName(d), formatBytes(free))
	}
	return d, nil
}

// adviseBatch adds to a device's want of memory for batches of so many tokens what
// smaller ones would do.
func adviseBatch(err error, tokens int) error {
	var memory *layers.OutOfMemory
	if !errors.As(err, &memory) || errors.Is(err, layers.ErrWeights) {
		return err
	}
	return fmt.Errorf("%w; smaller batches take less: try --batch-tokens %d", err, max(tokens/2, 1))
}
