package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"premlp/layers"
	"premlp/model"
	"premlp/weights"
)

// parityFlags are the flags of parity.
type parityFlags struct {
	model, golden             string
	tolerance, prompt, layers string
	sites                     []string
	picture                   string
	tokens                    bool
	threads                   int
	device                    string
}

func newParity(e *env) *cobra.Command {
	var f parityFlags
	c := &cobra.Command{
		Use:   "parity --model MODEL --golden FILE",
		Short: "Compare a model's activations with golden ones",
		Long: `Parity runs every prompt of a golden safetensors file and compares each tensor in
it with the model's own: "logits" and "<site>.<layer>", shape [T, D], for the
token ids in "ids"; all names may stand behind a prompt's name and a dot. Such a
file is written by premlp dump, and by docs/examples/golden.py from Hugging Face
transformers.

For each prompt, site and layer it prints the largest absolute error, the
largest error relative to its row's max |value|, the smallest cosine and the
worst row; --tokens prints them for each row. It fails past the tolerance, on a
value that is not finite, on a wrong shape, on a tensor it cannot compare, and if
nothing was compared. It then names the first point, in the order of computation,
that is past its tolerance, and the ops computed since the point before it.

--tol is a number, and numbers by site, by point, or by the type in which golden
values are stored: --tol 1e-5,mlp_in=1e-4,resid_post.29=1e-3,bf16=5e-3. Without a
plain one, values stored in bf16 and f16 may be off by half a unit in their last
place more. --tol 0 asks for equal values.`,
		Example: `  premlp parity --model model/testdata/arch/llama --golden model/testdata/arch/llama/golden.safetensors
  premlp dump --model smollm2-135m --text "The capital of France is" --sites mlp_in -o golden.safetensors
  premlp parity --model smollm2-135m --golden golden.safetensors --tol 0
  python docs/examples/golden.py FOLDER --text "The capital of France is" -o golden.safetensors
  premlp parity --model FOLDER --golden golden.safetensors --tol 1e-4,logits=1e-3 --picture parity.png`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runParity(e, c, f, d) })
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.golden, "golden", "", "the golden safetensors file")
	c.Flags().StringVar(&f.tolerance, "tol", model.NewTolerance().String(), "largest error allowed, as a share of the row's max |value|; by site, point or type too")
	c.Flags().StringVar(&f.prompt, "prompt", "", "compare only this prompt of the file")
	c.Flags().StringSliceVar(&f.sites, "sites", nil, "compare only these sites")
	c.Flags().StringVar(&f.layers, "layers", "", "compare only these layers, as 0-3,29")
	c.Flags().BoolVar(&f.tokens, "tokens", false, "print every row")
	c.Flags().StringVar(&f.picture, "picture", "", "draw the errors over the layers into this .png or .svg file")
	addThreads(c, &f.threads)
	addDevice(c, &f.device)
	require(c, "model", "golden")
	return c
}

// parityReport is the result of parity.
type parityReport struct {
	Model  string `json:"model"`
	Golden string `json:"golden"`
	Device string `json:"device"`
	OK     bool   `json:"ok"`
	*model.Parity
}

func runParity(e *env, c *cobra.Command, f parityFlags, device layers.Device) error {
	if kind := filepath.Ext(f.picture); f.picture != "" && !slices.Contains(pictureKinds, kind) {
		return usagef("--picture: want a file ending in %s, have %q", strings.Join(pictureKinds, " or "), f.picture)
	}
	tolerance, err := parseTolerance(f.tolerance)
	if err != nil {
		return err
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
	o, err := f.options(m, golden)
	if err != nil {
		return err
	}
	o.Tolerance, o.Device = tolerance, device
	p, err := m.Parity(c.Context(), golden, o)
	if err != nil {
		return err
	}
	if f.picture != "" {
		if err := drawParity(f.picture, p); err != nil {
			return err
		}
		e.Notef("picture in %s", f.picture)
	}
	report := parityReport{Model: m.Path(), Golden: f.golden, Device: layers.DeviceName(device), OK: len(p.Failures) == 0, Parity: p}
	if err := e.Result(report, func(w io.Writer) { printParity(w, p, f.tokens) }); err != nil {
		return err
	}
	if !report.OK {
		return fmt.Errorf("%d failures in %d comparisons", len(p.Failures), len(p.Compared))
	}
	return nil
}

// parseTolerance reads --tol.
func parseTolerance(text string) (model.Tolerance, error) {
	t, err := model.ParseTolerance(text)
	if err != nil {
		return t, usagef("--tol: %w", err)
	}
	for _, name := range t.Unknown() {
		return t, usagef("--tol: %q is no site, point or type; %s", name, nearest(name, model.ToleranceNames()))
	}
	return t, nil
}

// options turns the flags into what is compared.
func (f parityFlags) options(m *model.Model, golden *weights.Safetensors) (model.ParityOptions, error) {
	o := model.ParityOptions{Threads: f.threads, Prompt: f.prompt}
	if prompts := model.GoldenPrompts(golden); f.prompt != "" && !slices.Contains(prompts, f.prompt) {
		return o, usagef("--prompt: %s has no prompt %q; %s", f.golden, f.prompt, nearest(f.prompt, prompts))
	}
	var err error
	if len(f.sites) > 0 {
		names := slices.DeleteFunc(slices.Clone(f.sites), func(s string) bool { return s == string(model.Logits) })
		if o.Sites, err = parseSites(names, m.Sites()); err != nil {
			return o, err
		}
		if len(names) < len(f.sites) {
			o.Sites = append(o.Sites, model.Logits)
		}
	}
	if f.layers != "" {
		o.Layers, err = parseLayers(f.layers, m.Config().Layers)
	}
	return o, err
}

// printParity prints one line for each compared tensor, or each of its rows, and
// then what failed.
func printParity(w io.Writer, p *model.Parity, tokens bool) {
	fmt.Fprintf(w, "%-8s %-14s %10s %10s %12s %9s\n", "prompt", "point", "max abs", "max rel", "min cosine", "worst row")
	var worst model.Comparison
	for _, c := range p.Compared {
		fmt.Fprintf(w, "%-8s %-14s %10.3g %10.3g %12.9f %9d\n", orDash(c.Prompt), c.Point, c.MaxAbs, c.MaxRel, c.Cosine, c.WorstRow)
		for i, row := range c.Tokens {
			if tokens {
				fmt.Fprintf(w, "%-8s %-14s %10.3g %10.3g %12.9f %9s\n", "", fmt.Sprintf("  row %d", i), row.MaxAbs, row.MaxRel, row.Cosine, "")
			}
		}
		if c.MaxRel >= worst.MaxRel {
			worst = c
		}
	}
	for _, f := range p.Failures {
		fmt.Fprintln(w, "failed:", f)
	}
	if d := p.First; d != nil {
		printDivergence(w, d)
	}
	fmt.Fprintf(w, "%d tensors compared, tolerance %s of a row's max |value|", len(p.Compared), p.Tolerance)
	if len(p.Compared) > 0 {
		fmt.Fprintf(w, ", worst %.3g at %s", worst.MaxRel, worst.Point)
	}
	fmt.Fprintln(w)
}

// printDivergence names the first point that is off and the ops that may be why.
func printDivergence(w io.Writer, d *model.Divergence) {
	prompt := ""
	if d.Prompt != "" {
		prompt = "prompt " + d.Prompt + ", "
	}
	fmt.Fprintf(w, "first off: %s%s, row %d: by %.3g of its max |value|, cosine %.9f\n", prompt, d.Point, d.Row, d.MaxRel, d.Cosine)
	after := "from the start to it"
	if d.After != "" {
		after = "computed after " + d.After + ", which agrees"
	}
	fmt.Fprintf(w, "  ops %s:\n", after)
	for _, key := range d.Ops {
		fmt.Fprintln(w, "   ", key)
	}
}

// orDash stands in for an empty cell of a table.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
