package layers

import (
	"errors"
	"fmt"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
)

// CheckFastBF16 returns nil if [MachineOptions].FastBF16 can be had, else what is
// missing: the processor needs AVX512-BF16, and PREMLP_KERNEL must not name
// another kernel than avx512.
func CheckFastBF16() error {
	_, err := kernel.SelectDot()
	return err
}

// CheckFastDevice returns nil if a device has lossy products, [MachineOptions].FastBF16
// and FastTF32, else what is missing.
func CheckFastDevice(d Device) error {
	const want = "want a device of compute capability 8.0 or later"
	if d == nil {
		return errors.New(want + ", have this machine's processor")
	}
	if i := d.Info(); len(i.Families) == 0 {
		return fmt.Errorf("%s, have %s of %s", want, i.Name, i.Version)
	}
	return nil
}

// kernelFor returns the kernel that a machine runs.
func kernelFor(fast bool) (kernel.Kernel, error) {
	if !fast {
		return kernel.Select()
	}
	k, err := kernel.SelectDot()
	if err != nil {
		return k, fmt.Errorf("fast bf16: %w", err)
	}
	return k, nil
}

// deviceRounding returns what products on the options' device round to: "" is nothing.
func (o MachineOptions) deviceRounding() (gpu.Rounding, error) {
	switch {
	case o.FastBF16 && o.FastTF32:
		return "", errors.New("want one of fast bf16 and fast tf32, have both")
	case o.FastTF32:
		if err := CheckFastDevice(o.Device); err != nil {
			return "", fmt.Errorf("fast tf32: %w", err)
		}
		return gpu.TF32, nil
	case o.FastBF16 && o.Device != nil:
		if err := CheckFastDevice(o.Device); err != nil {
			return "", fmt.Errorf("fast bf16: %w", err)
		}
		return gpu.BF16, nil
	}
	return "", nil
}

// Products says by what the machine's lossy products on a device are computed: "" of
// exact ones.
func (m *Machine) Products() string {
	if m.device == nil || m.device.fast == nil {
		return ""
	}
	return m.device.fast.name()
}

// Arithmetic names the numeric contract of the machine's kernel. Bits of two
// machines may be compared only if their arithmetics are equal.
func (m *Machine) Arithmetic() string {
	if m.device != nil && m.device.fast != nil {
		return m.device.fast.arithmetic()
	}
	if m.device != nil {
		return kernel.Fused() // of a device's kernels, whatever this processor has
	}
	return m.pool.Kernel().Arithmetic()
}
