package layers

import (
	"fmt"

	"premlp/layers/internal/kernel"
)

// CheckFastBF16 returns nil if [MachineOptions].FastBF16 can be had, else what is
// missing: the processor needs AVX512-BF16, and PREMLP_KERNEL must not name
// another kernel than avx512.
func CheckFastBF16() error {
	_, err := kernel.SelectDot()
	return err
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

// Arithmetic names the numeric contract of the machine's kernel. Bits of two
// machines may be compared only if their arithmetics are equal.
func (m *Machine) Arithmetic() string {
	if m.device != nil {
		return kernel.Fused() // of a device's kernels, whatever this processor has
	}
	return m.pool.Kernel().Arithmetic()
}
