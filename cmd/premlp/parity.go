package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"premlp/model"
	"premlp/weights"
)

// parityFlags are the flags of parity.
type parityFlags struct {
	model, golden string
	tolerance     float64
	threads       int
}

func newParity(e *env) *cobra.Command {
	var f parityFlags
	c := &cobra.Command{
		Use:   "parity --model MODEL --golden FILE",
		Short: "Compare a model's activations with golden ones",
		Long: `Parity runs every prompt of a golden safetensors file and compares each tensor in
it with the model's own: "logits" and "<site>.<layer>", shape [T, D], for the
token ids in "ids"; all names may stand behind a prompt's name and a dot.

For each prompt, site and layer it prints the largest absolute error, the
largest error relative to its row's max |value|, the smallest cosine and the
worst row. It fails past the tolerance, on a value that is not finite, on a
wrong shape, on a tensor it cannot compare, and if nothing was compared.`,
		Example: `  premlp parity --model model/testdata/arch/llama --golden model/testdata/arch/llama/golden.safetensors
  premlp dump --model smollm2-135m --text "The capital of France is" --sites mlp_in -o golden.safetensors
  premlp parity --model smollm2-135m --golden golden.safetensors --tol 0`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runParity(e, c, f) },
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.golden, "golden", "", "the golden safetensors file")
	c.Flags().Float64Var(&f.tolerance, "tol", model.DefaultTolerance, "largest error allowed, as a share of the row's max |value|")
	addThreads(c, &f.threads)
	require(c, "model", "golden")
	return c
}

// parityReport is the result of parity.
type parityReport struct {
	Model  string `json:"model"`
	Golden string `json:"golden"`
	OK     bool   `json:"ok"`
	*model.Parity
}

func runParity(e *env, c *cobra.Command, f parityFlags) error {
	if !(f.tolerance >= 0) {
		return usagef("--tol: want a number from 0 up, have %v", f.tolerance)
	}
	m, err := openModel(f.model)
	if err != nil {
		return err
	}
	defer m.Close()
	golden, err := weights.OpenSafetensors(f.golden)
	if err != nil {
		return err
	}
	defer golden.Close()
	p, err := m.Parity(c.Context(), golden, f.tolerance, f.threads)
	if err != nil {
		return err
	}
	report := parityReport{Model: m.Path(), Golden: f.golden, OK: len(p.Failures) == 0, Parity: p}
	if err := e.Result(report, func(w io.Writer) { printParity(w, p) }); err != nil {
		return err
	}
	if !report.OK {
		return fmt.Errorf("%d of %d comparisons failed", len(p.Failures), len(p.Compared))
	}
	return nil
}

// printParity prints one line for each compared tensor and then what failed.
func printParity(w io.Writer, p *model.Parity) {
	fmt.Fprintf(w, "%-8s %-14s %10s %10s %12s %9s\n", "prompt", "point", "max abs", "max rel", "min cosine", "worst row")
	var worst model.Comparison
	for _, c := range p.Compared {
		fmt.Fprintf(w, "%-8s %-14s %10.3g %10.3g %12.9f %9d\n", orDash(c.Prompt), c.Point, c.MaxAbs, c.MaxRel, c.Cosine, c.WorstRow)
		if c.MaxRel >= worst.MaxRel {
			worst = c
		}
	}
	for _, f := range p.Failures {
		fmt.Fprintln(w, "failed:", f)
	}
	fmt.Fprintf(w, "%d tensors compared, tolerance %g of a row's max |value|", len(p.Compared), p.Tolerance)
	if len(p.Compared) > 0 {
		fmt.Fprintf(w, ", worst %.3g at %s", worst.MaxRel, worst.Point)
	}
	fmt.Fprintln(w)
}

// orDash stands in for an empty cell of a table.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
