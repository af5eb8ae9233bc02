package main

import (
	"context"

	"github.com/spf13/cobra"

	"premlp/bench"
)

// benchDecodeFlags are the flags of bench decode.
type benchDecodeFlags struct {
	benchFlags
	model          string
	prompt, tokens int
}

func newBenchDecode(e *env) *cobra.Command {
	f := benchDecodeFlags{}
	c := &cobra.Command{
		Use:   "decode --model MODEL [--tokens 64]",
		Short: "Measure decoding, one token after the other, against reads of memory",
		Long: `Decode measures greedy decoding of one stream with a cache, each run in turn
with plain reads of memory: every token reads all packed weights once. The
prompt and the first token, which follows from it, are not counted.`,
		Example: `  premlp bench decode --model smollm2-135m
  premlp bench decode --model smollm2-135m --prompt 512 --tokens 128 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runBenchDecode(c.Context(), e, f) },
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().IntVar(&f.prompt, "prompt", 16, "tokens of the prompt")
	c.Flags().IntVar(&f.tokens, "tokens", 64, "tokens decoded in each run")
	f.add(c, 7)
	require(c, "model")
	return c
}

func runBenchDecode(ctx context.Context, e *env, f benchDecodeFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	m, err := openModel(f.model)
	if err != nil {
		return err
	}
	defer m.Close()
	if n := m.Config().Context; f.prompt < 1 || f.tokens < 1 || f.prompt+f.tokens >= n {
		return usagef("--prompt, --tokens: want at least 1 each, less than %d together, the model's context, have %d and %d", n, f.prompt, f.tokens)
	}
	bar := &rowProgress{env: e}
	defer bar.close()
	e.Notef("measuring the machine and loading %s", m.Path())
	report, err := bench.Decode(ctx, m, bench.DecodeOptions{
		Prompt: f.prompt, Tokens: f.tokens, Threads: f.threads, Runs: f.runs, Machine: f.machine(), Progress: bar.set,
	})
	bar.close()
	if err != nil {
		return err
	}
	return f.finish(e, report)
}
