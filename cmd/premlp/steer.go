package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/facts"
	"premlp/collect/steering"
	"premlp/layers"
	"premlp/model"
)

// steerFlags are the flags of steer.
type steerFlags struct {
	model, facts, from    string
	device                string
	methods               []string
	answer, system, date  string
	targets, sites        []string
	layers                string
	kinds                 []string
	alphas                []float64
	positions, neutral    string
	random, threads       int
	seed                  uint64
	all, together, noChat bool
}

func newSteer(e *env) *cobra.Command {
	var f steerFlags
	c := &cobra.Command{
		Use:   "steer --model MODEL --facts FILE --from DIR|FILE",
		Short: "Test what a direction does to the model's answers",
		Long: `Steer asks the model for facts while its activations are edited, and measures how
the answers change: whether a direction is more than a detector.

The facts file has the concepts, a question and the beginning of its answer. A
concept is used where the model knows its answer: the right one is the most
probable of all concepts'. For a target, its direction is put into the questions
about the others, at all tokens after the concept, and into its own:

  add          add alpha times the target's mean minus the controls' mean
  pair         add alpha times the target's mean minus that of the question's concept
  ablate-mean  set the projection on the direction to the controls' mean projection
  ablate-zero  set the projection on the direction to 0
  swap         put the target's activations in place of the question's

--from is a dataset of collect, whose means of rows give the directions of every
concept; rows of the question that is asked are left out. Or a safetensors file of
one target's directions, with tensors METHOD.SITE.LAYER.

Beside each direction random ones of the same length are tried. Changes are of
natural logarithms of probabilities: "to target" of the target's answer, "right"
of the question's own, "others" of the rest; net is to target minus others. An
edit of mlp_in changes one MLP and an edit of the stream all behind it: their
effects are not comparable in size.`,
		Example: `  premlp steer --model smollm2-135m --facts docs/examples/capitals.json --from out/france --layers 10-20
  premlp steer --model smollm2-135m --facts docs/examples/capitals.json --from france.safetensors --method mean,lda --sites mlp_in --alpha 1,2,4`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runSteer(c.Context(), e, c, &f, d) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	flags.StringVar(&f.facts, "facts", "", "JSON file of concepts, questions and answers")
	flags.StringVar(&f.from, "from", "", "where directions come from: a dataset folder or a safetensors file")
	flags.StringSliceVar(&f.methods, "method", []string{steering.MeanDifference}, "the directions of a safetensors file that are used, one after the other, as mean,lda")
	flags.StringVar(&f.answer, "answer", "capital", "the fact that is asked for")
	flags.StringSliceVar(&f.targets, "targets", nil, "the concepts whose directions are tested (default: the target of the dataset or file)")
	flags.BoolVar(&f.all, "all-targets", false, "test every concept of the facts as the target")
	flags.StringSliceVar(&f.sites, "sites", []string{"mlp_in", "resid_post"}, "sites to edit, or all")
	flags.StringVar(&f.layers, "layers", "", "layers to edit, each by itself, as 0-3,29 (default all)")
	flags.BoolVar(&f.together, "together", false, "edit all layers of a site in one run")
	flags.StringSliceVar(&f.kinds, "edits", []string{string(steering.AddDifference)}, "what is done: add, pair, ablate-mean, ablate-zero, swap")
	flags.Float64SliceVar(&f.alphas, "alpha", []float64{2}, "strengths of add and pair, as 1,2,4")
	flags.StringVar(&f.positions, "positions", string(steering.After), "tokens that are edited: after (the concept), question (without the answer's beginning), last")
	flags.IntVar(&f.random, "random", 1, "random directions tried beside each direction")
	flags.StringVar(&f.neutral, "neutral", "", "UTF-8 file of neutral texts for KL, one a line; none for no KL (default: two sentences)")
	flags.Uint64Var(&f.seed, "seed", 0, "determines the random directions and intervals")
	flags.BoolVar(&f.noChat, "no-chat", false, "ask the question itself; with a dataset, its own form is used")
	flags.StringVar(&f.system, "system", "", "system message of the chat form (default: the template's own)")
	flags.StringVar(&f.date, "date", "", "the day a chat template that shows one sees, YYYY-MM-DD (default today)")
	addThreads(c, &f.threads)
	addDevice(c, &f.device)
	require(c, "model", "facts", "from")
	c.MarkFlagsMutuallyExclusive("targets", "all-targets")
	c.MarkFlagsMutuallyExclusive("no-chat", "system")
	return c
}

func runSteer(ctx context.Context, e *env, c *cobra.Command, f *steerFlags, device layers.Device) error {
	file, err := facts.Read(f.facts)
	if err != nil {
		return err
	}
	l, err := loadModel(e, f.model)
	if err != nil {
		return err
	}
	defer l.Close()
	o, err := f.options(l, file)
	if err != nil {
		return err
	}
	o.Device = device
	vectors, err := f.vectors(ctx, e, c, l, file, &o)
	if err != nil {
		return err
	}
	digest, err := l.Model.Digest(ctx)
	if err != nil {
		return err
	}
	report := &steerReport{Model: l.Model.Path(), Weights: digest, From: f.from}
	for i, v := range vectors {
		p := e.Progress("edited prompts", "prompts", 0)
		o.Progress = func(done, total int) { p.Set(int64(done), int64(total)) }
		result, err := steering.Run(ctx, l, file, v, o)
		p.Close()
		if err != nil {
			return err
		}
		report.Results = append(report.Results, steerResult{f.methods[i], result})
	}
	return e.Result(report, report.print)
}

// options turns the flags into a test, without what the directions' source says.
func (f *steerFlags) options(l *collect.Loaded, file *facts.File) (steering.Options, error) {
	o := steering.Options{
		Answer: f.answer, Targets: f.targets, Alphas: f.alphas, Positions: steering.Positions(f.positions),
		Random: f.random, Neutral: steering.DefaultNeutral, Seed: f.seed, Threads: f.threads,
	}
	if f.all {
		o.Targets = file.Names()
	}
	if _, ok := file.Answers[f.answer]; !ok {
		return o, usagef("--answer: want one of the file's answers, have %q", f.answer)
	}
	for _, k := range f.kinds {
		o.Kinds = append(o.Kinds, steering.Kind(strings.TrimSpace(k)))
	}
	sites, err := parseSites(f.sites, l.Model.Sites())
	if err != nil {
		return o, err
	}
	layers, err := parseLayers(f.layers, l.Model.Config().Layers)
	if err != nil {
		return o, err
	}
	for _, s := range sites {
		if f.together {
			o.Places = append(o.Places, steering.Place{Site: s, Layers: layers})
			continue
		}
		for _, layer := range layers {
			o.Places = append(o.Places, steering.Place{Site: s, Layers: []int{layer}})
		}
	}
	switch f.neutral {
	case "":
	case "none":
		o.Neutral = nil
	default:
		if o.Neutral, err = readLines(f.neutral); err != nil {
			return o, err
		}
	}
	return o, nil
}

// vectors opens the source of directions, of each method, and takes from it what
// the flags leave open: the target, and with a dataset the prompts' form.
func (f *steerFlags) vectors(ctx context.Context, e *env, c *cobra.Command, l *collect.Loaded, file *facts.File, o *steering.Options) ([]steering.Vectors, error) {
	if len(f.methods) == 0 {
		return nil, usagef("--method: want at least one, have none")
	}
	source, err := openDirections(f.from, f.methods[0])
	if err != nil {
		return nil, err
	}
	defer source.Close()
	if len(o.Targets) == 0 && source.target == "" {
		return nil, usagef("--targets: want the concept whose directions %s has, as it does not say", f.from)
	}
	if len(o.Targets) == 0 {
		o.Targets = []string{source.target}
	}
	if source.data == nil {
		if o.Form, err = promptForm(c, l, f.date, f.noChat, &f.system); err != nil {
			return nil, err
		}
		vectors := []steering.Vectors{source.file}
		for _, method := range f.methods[1:] {
			more, err := steering.ReadFile(f.from, method)
			if err != nil {
				return nil, err
			}
			vectors = append(vectors, more)
		}
		return vectors, nil
	}
	for _, name := range []string{"no-chat", "system", "date", "method"} {
		if c.Flags().Changed(name) {
			return nil, usagef("--%s: a dataset has its own", name)
		}
	}
	if o.Form, err = steering.Form(ctx, l, source.data.Manifest()); err != nil {
		return nil, err
	}
	e.Notef("reading means of %s", f.from)
	var points []model.Point
	for _, p := range o.Places {
		points = append(points, p.Points()...)
	}
	means, err := steering.ReadMeans(ctx, source.data, points, file.Answers[f.answer].Question)
	return []steering.Vectors{means}, err
}

// readLines reads the lines of a small text file, without the empty ones.
func readLines(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if lines == nil {
		return nil, fmt.Errorf("%s: want texts, one a line, have none", path)
	}
	return lines, nil
}
