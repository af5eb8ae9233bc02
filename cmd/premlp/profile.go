package main

import (
	"context"
	"errors"
	"io"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/layers"
	"premlp/model"
)

// profileFlags are the flags of profile.
type profileFlags struct {
	benchFlags
	model, prompt, ids string
	tokens, prompts    int
	sites              []string
	layers, trace      string
	device             string
	fast               fastFlags
	ops                bool
}

func newProfile(e *env) *cobra.Command {
	f := profileFlags{}
	c := &cobra.Command{
		Use:   "profile --model MODEL (--prompt TEXT | --ids 1,2,3 | --tokens N)",
		Short: "Show where the time of a pass goes, op by op",
		Long: `Profile runs a prompt over and over and sums up what every op of the graph takes:
its time, the floating-point operations and bytes of its formula (each value that
it needs or makes counted once, whether it comes from a cache or from memory),
and what share of the machine's multiply-add peak that is. The peak and reads of
memory are measured in turn with the passes, and so are passes that are not
recorded: what recording costs is printed.

The pass ends with the logits of the last token. With --sites the rows of those
sites are copied at every layer, as collect does, and it ends at the last of them.

The products of one input are computed together, by the first of them: its row
holds the work of all. --ops adds the table of single ops; --json has it always.
--trace writes the passes for chrome://tracing or https://ui.perfetto.dev.

With --device cuda a pass that is recorded waits for the device behind each op: times
are those that it takes alone, the wait included, and of ops that share a launch the
first has that of all. No peak is compared.

For the functions of this program rather than the ops of the graph, every command
takes --cpuprofile and --memprofile, which write what go tool pprof reads.`,
		Example: `  premlp profile --model smollm2-135m --prompt "The capital of France is"
  premlp profile --model smollm2-135m --tokens 512 --trace pass.json
  premlp profile --model smollm2-135m --tokens 37 --prompts 20 --sites mlp_in --ops`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runProfile(c.Context(), e, c, f, d) })
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.prompt, "prompt", "", "the prompt as text, the model's raw input")
	c.Flags().StringVar(&f.ids, "ids", "", "the prompt as token ids, separated by commas")
	c.Flags().IntVar(&f.tokens, "tokens", 0, "a made-up prompt of so many tokens")
	c.Flags().IntVar(&f.prompts, "prompts", 1, "made-up prompts packed into one batch, with --tokens")
	c.Flags().StringSliceVar(&f.sites, "sites", nil, "sites whose rows are copied, or all (default none)")
	c.Flags().StringVar(&f.layers, "layers", "", "layers of --sites, as 0-3,29 (default all)")
	c.Flags().StringVar(&f.trace, "trace", "", "file that gets the passes in the Trace Event Format")
	c.Flags().BoolVar(&f.ops, "ops", false, "print the single ops too")
	f.fast.add(c)
	addDevice(c, &f.device)
	f.add(c, 15)
	c.MarkFlagsOneRequired("prompt", "ids", "tokens")
	c.MarkFlagsMutuallyExclusive("prompt", "ids", "tokens")
	require(c, "model")
	return c
}

func runProfile(ctx context.Context, e *env, c *cobra.Command, f profileFlags, device layers.Device) error {
	if err := errors.Join(f.check(), f.fast.check(device), checkFolder(f.trace)); err != nil {
		return err
	}
	m, err := openModel(f.model)
	if err != nil {
		return err
	}
	defer m.Close()
	o := bench.ProfileOptions{Threads: f.threads, FastBF16: f.fast.bf16, FastTF32: f.fast.tf32, Device: device, Runs: f.runs, Machine: f.machine()}
	if o.Prompts, err = f.batch(c, m); err != nil {
		return err
	}
	if o.Points, err = sitePoints(m, f.sites, f.layers); err != nil {
		return err
	}
	o.Logits = len(o.Points) == 0
	bar := &rowProgress{env: e}
	defer bar.close()
	o.Progress = bar.set
	e.Notef("measuring the machine and loading %s", m.Path())
	report, err := bench.Profile(ctx, m, o)
	bar.close()
	if err != nil {
		return err
	}
	if f.trace != "" {
		trace, err := report.Trace()
		if err == nil {
			err = maybe.WriteFile(f.trace, trace, 0o644)
		}
		if err != nil {
			return err
		}
		e.Notef("wrote %s", f.trace)
	}
	return f.finish(e, profileResult{report, f.ops})
}

// batch returns the prompts.
func (f *profileFlags) batch(c *cobra.Command, m *model.Model) ([][]int32, error) {
	if f.prompts < 1 || f.prompts > 1 && !c.Flags().Changed("tokens") {
		return nil, usagef("--prompts: want at least 1, more only with --tokens, have %d", f.prompts)
	}
	switch {
	case c.Flags().Changed("tokens"):
		if n := m.Config().Context; f.tokens < 1 || f.tokens > n {
			return nil, usagef("--tokens: want from 1 to %d, the model's context, have %d", n, f.tokens)
		}
		return bench.MadeUp(f.prompts, f.tokens, m.Config().Vocab), nil
	case c.Flags().Changed("ids"):
		ids, err := parseIDs(f.ids)
		return [][]int32{ids}, err
	}
	ids, err := encodePrompt(m, f.prompt)
	if err == nil && len(ids) == 0 {
		err = usagef("--prompt: want at least one token, have none")
	}
	return [][]int32{ids}, err
}

// profileResult is the report with or without its single ops.
type profileResult struct {
	*bench.ProfileReport
	ops bool
}

// Print writes the report for a reader.
func (r profileResult) Print(w io.Writer) {
	r.ProfileReport.Print(w)
	if r.ops {
		r.PrintOps(w)
	}
}
