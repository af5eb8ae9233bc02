package layers

import "premlp/layers/internal/gpu"

// EmulatedDevice executes the kernels' own text on this machine's processor, with so
// much memory in bytes. It is a proof of the kernels, and slow: a model of a few
// million parameters is as much as it can run.
func EmulatedDevice(memory int64) (Device, error) { return gpu.NewEmulator(gpu.PTX, memory) }
