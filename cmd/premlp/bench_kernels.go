package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/layers"
)

// benchKernelsFlags are the flags of bench kernels.
type benchKernelsFlags struct {
	benchFlags
	shapes, cold []string
	formats      []string
}

func newBenchKernels(e *env) *cobra.Command {
	f := benchKernelsFlags{}
	c := &cobra.Command{
		Use:   "kernels [--shapes M,K,N]… [--formats f32,…]",
		Short: "Measure matrix products against the machine's peak",
		Long: `Kernels measures products x [m, k] · W [n, k]ᵀ, each in turn with the machine's
multiply-add peak. Hot rows multiply with one matrix over and over. Cold rows
have more matrices in rotation than the caches hold, as a pass through a model
has, in turn with plain reads of memory.

Shares are of the best peak, or the best reads, of the same row.`,
		Example: `  premlp bench kernels
  premlp bench kernels --shapes 512,576,1536 --shapes 16,576,1536 --runs 50 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runBenchKernels(c.Context(), e, c, f) },
	}
	c.Flags().StringArrayVar(&f.shapes, "shapes", names(bench.HotShapes), "products m,k,n with hot weights; may be given many times")
	c.Flags().StringArrayVar(&f.cold, "cold", names(bench.ColdShapes), "products m,k,n with cold weights (with --shapes alone: none)")
	c.Flags().StringSliceVar(&f.formats, "formats", layers.WeightFormats(), "forms of the weights")
	f.add(c, 25)
	return c
}

// names lists shapes as they are given on the command line.
func names(shapes []bench.Shape) []string {
	list := make([]string, len(shapes))
	for i, s := range shapes {
		list[i] = s.String()
	}
	return list
}

func runBenchKernels(ctx context.Context, e *env, c *cobra.Command, f benchKernelsFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if c.Flags().Changed("shapes") != c.Flags().Changed("cold") { // one of them names all that is wanted
		if c.Flags().Changed("shapes") {
			f.cold = nil
		} else {
			f.shapes = nil
		}
	}
	bar := &rowProgress{env: e}
	defer bar.close()
	o := bench.KernelOptions{Formats: f.formats, Threads: f.threads, Runs: f.runs, Machine: f.machine(), Progress: bar.set}
	var err error
	if o.Shapes, err = parseShapes("--shapes", f.shapes); err != nil {
		return err
	}
	if o.Cold, err = parseShapes("--cold", f.cold); err != nil {
		return err
	}
	for _, name := range f.formats {
		if known := layers.WeightFormats(); !slices.Contains(known, name) {
			return usagef("--formats: want some of %s, have %q", strings.Join(known, ", "), name)
		}
	}
	e.Notef("measuring the machine")
	report, err := bench.Kernels(ctx, o)
	bar.close()
	if err != nil {
		return err
	}
	return f.finish(e, report)
}

// parseShapes reads the values of a flag.
func parseShapes(flag string, texts []string) ([]bench.Shape, error) {
	var list []bench.Shape
	for _, text := range texts {
		s, err := bench.ParseShape(text)
		if err != nil {
			return nil, usagef("%s: %w", flag, err)
		}
		list = append(list, s)
	}
	return list, nil
}
