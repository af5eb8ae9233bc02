package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/layers"
	"premlp/model"
)

// benchForwardFlags are the flags of bench forward.
type benchForwardFlags struct {
	benchFlags
	model            string
	sites            []string
	lengths, prompts []int
	fast             fastFlags
	device           string
}

func newBenchForward(e *env) *cobra.Command {
	f := benchForwardFlags{}
	c := &cobra.Command{
		Use:   "forward --model MODEL [--lengths 32,128,512]",
		Short: "Measure passes through a model against the machine's peak",
		Long: `Forward measures prefill: prompts through all blocks, without the vocabulary
head, each pass in turn with the machine's multiply-add peak. The share of the
peak counts the products with weights alone, while the time is of the whole
pass: attention, norms and everything else lower it.

With --sites the activations of those sites are taken at every layer and copied,
and the pass ends at the last of them. What taking them costs is measured by
passes that take none, in turn with the others: the median of the ratios, its
95 % interval, and the same by processor time, which other programs disturb less.

With --device cuda the passes run there, and no peak is compared.

The file of -o holds every single time: bench compare takes two of them.`,
		Example: `  premlp bench forward --model smollm2-135m
  premlp bench forward --model smollm2-135m --lengths 37 --prompts 1,105 --sites all`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runBenchForward(c.Context(), e, f, d) })
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().IntSliceVar(&f.lengths, "lengths", []int{32, 128, 512}, "tokens of each prompt")
	c.Flags().IntSliceVar(&f.prompts, "prompts", []int{1}, "prompts packed into one batch")
	c.Flags().StringSliceVar(&f.sites, "sites", nil, "sites whose activations are taken at every layer, or all (default none)")
	f.fast.add(c)
	addDevice(c, &f.device)
	f.add(c, 15)
	require(c, "model")
	return c
}

func runBenchForward(ctx context.Context, e *env, f benchForwardFlags, device layers.Device) error {
	if err := errors.Join(f.check(), f.fast.check(device)); err != nil {
		return err
	}
	m, err := openModel(f.model)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := f.checkSizes(m.Config()); err != nil {
		return err
	}
	bar := &rowProgress{env: e}
	defer bar.close()
	o := bench.ForwardOptions{Lengths: f.lengths, Prompts: f.prompts, Threads: f.threads, FastBF16: f.fast.bf16, FastTF32: f.fast.tf32, Device: device, Runs: f.runs, Machine: f.machine(), Progress: bar.set}
	if o.Sites, err = parseSites(f.sites, m.Sites()); err != nil {
		return err
	}
	e.Notef("measuring the machine and loading %s", m.Path())
	report, err := bench.Forward(ctx, m, o)
	bar.close()
	if err != nil {
		return err
	}
	e.noteProducts(report.Products)
	return f.finish(e, report)
}

// checkSizes refuses lengths that the model cannot read.
func (f *benchForwardFlags) checkSizes(c *model.Config) error {
	for _, n := range f.prompts {
		if n < 1 {
			return usagef("--prompts: want at least 1, have %d", n)
		}
	}
	if len(f.lengths) == 0 || len(f.prompts) == 0 {
		return usagef("--lengths, --prompts: want at least one each")
	}
	for _, n := range f.lengths {
		if n < 1 || n > c.Context {
			return usagef("--lengths: want from 1 to %d tokens, the model's context, have %d", c.Context, n)
		}
	}
	return nil
}
