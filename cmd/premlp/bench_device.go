package main

import (
	"context"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/layers"
)

// benchDeviceFlags are the flags of bench device.
type benchDeviceFlags struct {
	benchFlags
	device string
	size   int
}

func newBenchDevice(e *env) *cobra.Command {
	f := benchDeviceFlags{}
	c := &cobra.Command{
		Use:   "device --device cuda [--size 4096]",
		Short: "Measure a graphics card: products, copies and launches",
		Long: `Device measures what a graphics card does with premlp's kernels: the product of
two square matrices in float32, copies of one of them to the card and back, and
launches of a kernel that has nothing to do. The processor is measured by
'premlp bench kernels'.`,
		Example: `  premlp bench device --device cuda
  premlp bench device --device cuda:1 --size 8192 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runBenchDevice(c.Context(), e, f, d) })
		},
	}
	c.Flags().IntVar(&f.size, "size", 4096, "rows and columns of the matrices")
	addDevice(c, &f.device)
	f.add(c, 10)
	require(c, "device")
	return c
}

func runBenchDevice(ctx context.Context, e *env, f benchDeviceFlags, d layers.Device) error {
	const largest = 1 << 15 // 4 GiB a matrix
	if f.size < 1 || f.size > largest {
		return usagef("--size: want from 1 to %d, have %d", largest, f.size)
	}
	if d == nil {
		return usagef("--device: want a graphics card, have this machine's processor")
	}
	if err := f.check(); err != nil {
		return err
	}
	bar := &rowProgress{env: e}
	defer bar.close()
	report, err := bench.Device(ctx, d, bench.DeviceOptions{Size: f.size, Runs: f.runs, Progress: bar.set})
	bar.close()
	if err != nil {
		return err
	}
	return f.finish(e, report)
}
