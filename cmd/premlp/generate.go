package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/layers"
	"premlp/weights/catalogue"
)

// generateFlags are the flags of generate.
type generateFlags struct {
	model, prompt, system string
	device                string
	chat                  bool
	options               collect.GenerateOptions
	steer                 generateSteer
}

func newGenerate(e *env) *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate --model MODEL --prompt TEXT [--chat]",
		Short: "Continue a prompt, or answer it",
		Long: `Generate prints what the model writes behind a prompt, as it writes it. A prompt
is the model's raw input with the prefix and suffix that the tokenizer itself
adds; with --chat it is a user's message in the model's chat template, and the
answer is printed.

The most probable token is taken unless --temperature is above 0. Then tokens are
drawn: of sample i from the stream (--seed, i), so that the same command gives
the same text with any number of threads or samples. The penalty is taken first,
then temperature, top-k, top-p and min-p. A sample ends with the model's end
token, at a text of --stop, after --max-tokens, or when the context is full.

With --steer a direction is added to the activations: alpha times the target's
mean minus the controls' mean, at the site and layers named, on the prompt's
tokens but the first (with --after, those after a concept in it) and on new ones.
The text without and the text with it are printed one after the other.`,
		Example: `  premlp generate --model smollm2-135m --prompt "The capital of France is" --max-tokens 20
  premlp generate --model smollm2-135m --chat --prompt "Name three rivers." --temperature 0.8 --top-p 0.9 --seed 1 --samples 2
  premlp generate --model smollm2-135m --chat --prompt "What is the capital of Italy?" --after Italy --steer out/france --layer 24 --alpha 8 --max-tokens 20`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error {
				f.options.Device = d
				return runGenerate(c.Context(), e, c, &f)
			})
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.prompt, "prompt", "", "the text to continue, or with --chat to answer")
	c.Flags().BoolVar(&f.chat, "chat", false, "put the prompt into the model's chat template")
	c.Flags().StringVar(&f.system, "system", "", "system message, with --chat (default: the template's own)")
	c.Flags().IntVar(&f.options.MaxTokens, "max-tokens", 256, "most new tokens of a sample")
	c.Flags().StringArrayVar(&f.options.Stop, "stop", nil, "a text that ends a sample; may be given several times")
	c.Flags().IntVar(&f.options.Samples, "samples", 1, "continuations of the prompt, computed side by side")
	c.Flags().Uint64Var(&f.options.Seed, "seed", 0, "determines what is drawn")
	f.addSampling(c)
	f.steer.addFlags(c)
	addThreads(c, &f.options.Threads)
	addDevice(c, &f.device)
	require(c, "model", "prompt")
	return c
}

// addSampling adds the flags that say how a token is chosen.
func (f *generateFlags) addSampling(c *cobra.Command) {
	s := &f.options.Sampling
	c.Flags().Float64Var(&s.Temperature, "temperature", 0, "divides the logits; 0 takes the most probable token")
	c.Flags().IntVar(&s.TopK, "top-k", 0, "keep the most probable tokens, so many; 0 keeps all")
	c.Flags().Float64Var(&s.TopP, "top-p", 0, "keep the most probable tokens that together reach this probability; 0 keeps all")
	c.Flags().Float64Var(&s.MinP, "min-p", 0, "keep tokens at least this many times as probable as the most probable; 0 keeps all")
	c.Flags().Float64Var(&s.RepetitionPenalty, "repetition-penalty", 0, "lower the logits of tokens that came before; 0 or 1: not")
}

// check refuses values that cannot be meant.
func (f *generateFlags) check(c *cobra.Command) error {
	o := &f.options
	switch {
	case f.model == "":
		return usagef("--model: want a model, have an empty name")
	case o.MaxTokens < 1:
		return usagef("--max-tokens: want at least 1, have %d", o.MaxTokens)
	case o.Samples < 1:
		return usagef("--samples: want at least 1, have %d", o.Samples)
	case o.Samples > 1 && o.Temperature == 0:
		return usagef("--samples: want --temperature above 0, as samples without it are all the same")
	case c.Flags().Changed("system") && !f.chat:
		return usagef("--system: want --chat with it")
	case slices.Contains(o.Stop, ""):
		return usagef("--stop: want a text, have an empty one")
	}
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	return f.steer.check(c)
}

func runGenerate(ctx context.Context, e *env, c *cobra.Command, f *generateFlags) error {
	if err := f.check(c); err != nil {
		return err
	}
	path, err := catalogue.Locate(f.model)
	if err != nil {
		return err
	}
	l, err := collect.OpenModel(path)
	if err != nil {
		return err
	}
	defer l.Close()
	prompt, err := f.ids(c, l)
	if err != nil {
		return err
	}
	if f.steer.from != "" {
		return runGenerateSteered(ctx, e, c, l, f)
	}
	out := &firstError{w: e.stdout}
	var show func(int, string) error
	if f.options.Samples == 1 && !e.json {
		show = func(_ int, text string) error {
			_, err := io.WriteString(out, text)
			return err
		}
	}
	g, err := l.Generate(ctx, prompt, f.options, show)
	if err != nil {
		if show != nil && g != nil {
			fmt.Fprintln(out) // the message stands below the text
		}
		return err
	}
	report := newGenerateReport(l, f, prompt, g)
	if err := e.Result(report, report.print); err != nil {
		return err
	}
	e.Notef("%s", report.summary())
	return nil
}

// ids returns the prompt's tokens.
func (f *generateFlags) ids(c *cobra.Command, l *collect.Loaded) ([]int32, error) {
	if !f.chat {
		return l.RawPrompt(f.prompt)
	}
	if l.Chat == nil {
		return nil, usagef("--chat: the model has no chat template")
	}
	var system *string
	if c.Flags().Changed("system") {
		system = &f.system
	}
	return l.ChatPrompt(f.prompt, system, time.Now())
}

// generateReport is the result of generate.
type generateReport struct {
	Model      string          `json:"model"`
	Kernel     string          `json:"kernel"`
	Arithmetic string          `json:"arithmetic"`
	Prompt     generatePrompt  `json:"prompt"`
	Sampling   generateOptions `json:"sampling"`
	Samples    []generateText  `json:"samples"`
	Speed      generateSpeed   `json:"speed"`
}

// generatePrompt is what the model read.
type generatePrompt struct {
	Text string  `json:"text"`
	Chat bool    `json:"chat"`
	IDs  []int32 `json:"ids"`
}

// generateOptions is what determines the tokens beside model and prompt.
type generateOptions struct {
	MaxTokens         int      `json:"max_tokens"`
	Stop              []string `json:"stop"`
	Temperature       float64  `json:"temperature"`
	TopK              int      `json:"top_k"`
	TopP              float64  `json:"top_p"`
	MinP              float64  `json:"min_p"`
	RepetitionPenalty float64  `json:"repetition_penalty"`
	Seed              uint64   `json:"seed"`
}

// generateText is one sample.
type generateText struct {
	Text     string    `json:"text"`
	Stopped  string    `json:"stopped"` // end, length, context or stop
	IDs      []int32   `json:"ids"`
	LogProbs []float64 `json:"logprobs"` // natural logarithms, the model's own
}

// generateSpeed is how long it took, without reading and packing weights.
type generateSpeed struct {
	PrefillSeconds float64 `json:"prefill_seconds"`
	DecodeSeconds  float64 `json:"decode_seconds"`
	Decoded        int     `json:"decoded"` // tokens computed in that time: all but each sample's last
	Threads        int     `json:"threads"`
}

func newGenerateReport(l *collect.Loaded, f *generateFlags, prompt []int32, g *collect.Generated) *generateReport {
	o := f.options
	r := &generateReport{
		Model: l.Name, Kernel: g.Kernel, Arithmetic: g.Arithmetic,
		Prompt: generatePrompt{Text: f.prompt, Chat: f.chat, IDs: prompt},
		Sampling: generateOptions{
			MaxTokens: o.MaxTokens, Stop: append([]string{}, o.Stop...), Temperature: o.Temperature, TopK: o.TopK,
			TopP: o.TopP, MinP: o.MinP, RepetitionPenalty: o.RepetitionPenalty, Seed: o.Seed,
		},
		Speed: generateSpeed{
			PrefillSeconds: g.Prefill.Seconds(), DecodeSeconds: g.Decode.Seconds(), Decoded: g.Decoded, Threads: o.Threads,
		},
	}
	for i, s := range g.Samples {
		r.Samples = append(r.Samples, generateText{Text: g.Texts[i], Stopped: string(s.Stopped), IDs: s.IDs, LogProbs: s.LogProbs})
	}
	return r
}

// print ends the text that was printed as it came; several samples are printed
// whole.
func (r *generateReport) print(w io.Writer) {
	for i, s := range r.Samples {
		if len(r.Samples) > 1 {
			fmt.Fprintf(w, "--- sample %d\n%s", i, s.Text)
		}
		if !strings.HasSuffix(s.Text, "\n") {
			fmt.Fprintln(w)
		}
	}
}

// summary is the closing line.
func (r *generateReport) summary() string {
	tokens := 0
	var stopped []string
	for _, s := range r.Samples {
		tokens += len(s.IDs)
		stopped = append(stopped, s.Stopped)
	}
	rate := func(n int, seconds float64) string {
		if n == 0 || seconds <= 0 {
			return ""
		}
		return fmt.Sprintf(" at %.1f tok/s", float64(n)/seconds)
	}
	return fmt.Sprintf("%s, kernel %s, arithmetic %s: prompt of %d tokens%s, %d tokens%s, stopped: %s",
		r.Model, r.Kernel, r.Arithmetic, len(r.Prompt.IDs), rate(len(r.Prompt.IDs), r.Speed.PrefillSeconds),
		tokens, rate(r.Speed.Decoded, r.Speed.DecodeSeconds), strings.Join(stopped, ", "))
}
