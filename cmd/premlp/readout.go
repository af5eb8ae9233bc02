package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/readout"
	"premlp/collect/steering"
	"premlp/layers"
	"premlp/model"
	"premlp/weights/catalogue"
)

// readoutFlags are the flags of readout.
type readoutFlags struct {
	model, from, method, target string
	device                      string
	sites                       []string
	layers, show                string
	text                        []string
	texts                       string
	noTexts                     bool
	top, random, threads        int
	seed                        uint64
}

func newReadout(e *env) *cobra.Command {
	var f readoutFlags
	c := &cobra.Command{
		Use:   "readout DIR|FILE --model MODEL",
		Short: "Show what a direction is to the model: neurons, words, tokens",
		Long: `Readout takes a target's directions from a dataset of collect (mean differences)
or from a safetensors file of directions, and shows at every site and layer

  neurons  which rows of the MLP's gate and up products (of the one product in MLPs
           without a gate) read the direction: projections, cosines, row lengths
  words    the logit lens: which tokens of the vocabulary the direction stands for
           through the final norm's weight and the vocabulary head. At mlp_in the
           weight of the norm before the MLP is undone first; what the MLP makes of
           the direction is not linear and no part of it
  tokens   at which tokens of texts the rows project on the direction most and
           least: of --text, --texts, or the dataset's own questions

Random directions of the same length stand beside the first two, and for a dataset
every other concept's direction beside the neurons.

The table has every layer; the lists are of the layers of --show, by default the
one whose neurons read the direction most, beside chance.`,
		Example: `  premlp readout out/france --model smollm2-135m
  premlp readout out/france.safetensors --model smollm2-135m --method lda --layers 20-26 --show 23 --text "She flew from Paris to Rome."`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.from = args[0]
			return e.withDevice(f.device, func(d layers.Device) error { return runReadout(c.Context(), e, c, &f, d) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	flags.StringVar(&f.method, "method", steering.MeanDifference, "which directions of a safetensors file")
	flags.StringVar(&f.target, "target", "", "whose direction (default: the target of the dataset or file)")
	flags.StringSliceVar(&f.sites, "sites", nil, "sites (default all of the dataset or file)")
	flags.StringVar(&f.layers, "layers", "", "layers, as 0-3,29 (default all of the dataset or file)")
	flags.StringVar(&f.show, "show", "", "layers whose lists are printed, as 0-3,29")
	flags.StringArrayVar(&f.text, "text", nil, "a text, raw; may be given several times")
	flags.StringVar(&f.texts, "texts", "", "UTF-8 file of texts, one a line; in a .jsonl file {\"text\": …} each")
	flags.BoolVar(&f.noTexts, "no-texts", false, "no tokens, nor those of a dataset's questions")
	flags.IntVar(&f.top, "top", 8, "how many of each list")
	flags.IntVar(&f.random, "random", 20, "random directions at each point")
	flags.Uint64Var(&f.seed, "seed", 1, "determines the random directions")
	addThreads(c, &f.threads)
	addDevice(c, &f.device)
	require(c, "model")
	c.MarkFlagsMutuallyExclusive("no-texts", "text", "texts")
	return c
}

func runReadout(ctx context.Context, e *env, c *cobra.Command, f *readoutFlags, device layers.Device) error {
	if f.top < 1 || f.random < 1 || f.threads < 1 {
		return usagef("--top, --random and --threads: want 1 or more, have %d, %d and %d", f.top, f.random, f.threads)
	}
	source, err := openDirections(f.from, f.method)
	if err != nil {
		return err
	}
	defer source.Close()
	if source.data != nil && c.Flags().Changed("method") {
		return usagef("--method: a dataset has mean differences alone")
	}
	path, err := catalogue.Locate(f.model)
	if err != nil {
		return err
	}
	noteEmbedded(e, f.model)
	e.Notef("loading %s", path)
	l, err := collect.OpenModel(path)
	if err != nil {
		return err
	}
	defer l.Close()
	o, err := f.options(l, source)
	if err != nil {
		return err
	}
	o.Device = device
	shown, err := f.shown(l.Model.Config().Layers)
	if err != nil {
		return err
	}
	if o.Texts, err = f.read(l, source); err != nil {
		return err
	}
	var vectors readout.Vectors = source.file
	if source.data != nil {
		if vectors, err = readoutMeans(ctx, e, l, source.data, &o); err != nil {
			return err
		}
	}
	bars := stages{env: e, unit: "steps"}
	o.Progress = func(stage string, done, total int) { bars.set(stage, int64(done), int64(total)) }
	result, err := readout.Run(ctx, l, vectors, o)
	bars.close()
	if err != nil {
		return err
	}
	report := &readoutReport{Model: path, From: f.from, Method: f.method, Result: result, shown: shown}
	return e.Result(report, report.print)
}

// options turns the flags and the source's own points into options.
func (f *readoutFlags) options(l *collect.Loaded, source *directionSource) (readout.Options, error) {
	o := readout.Options{Target: source.target, Top: f.top, Random: f.random, Seed: f.seed, Threads: f.threads}
	if f.target != "" {
		o.Target = f.target
	}
	if o.Target == "" {
		o.Target = "-" // a file that does not say
	}
	var has []model.Point
	if source.data != nil {
		m := source.data.Manifest()
		if o.Target != m.Target && !slices.Contains(m.Controls, o.Target) {
			return o, usagef("--target: want one of the dataset's concepts, have %q", o.Target)
		}
		for _, s := range m.Sites {
			for _, layer := range m.Layers {
				has = append(has, model.Point{Site: model.Site(s), Layer: layer})
			}
		}
	} else {
		has = source.file.Points()
	}
	count := l.Model.Config().Layers
	layers, err := parseLayers(f.layers, count)
	if err != nil {
		return o, err
	}
	sites, err := parseSites(f.sites, l.Model.Sites())
	if err != nil {
		return o, err
	}
	for _, p := range has {
		if p.Layer >= count || !slices.Contains(l.Model.Sites(), p.Site) {
			return o, fmt.Errorf("%s: %s: the model has no such place: it is another's directions", f.from, p)
		}
		if slices.Contains(layers, p.Layer) && (sites == nil || slices.Contains(sites, p.Site)) {
			o.Points = append(o.Points, p)
		}
	}
	if len(o.Points) == 0 {
		return o, usagef("--sites and --layers: want some of %s, have none of them", f.from)
	}
	return o, nil
}

// shown are the layers of --show; nil where it is not given.
func (f *readoutFlags) shown(count int) ([]int, error) {
	if f.show == "" {
		return nil, nil
	}
	return parseLayers(f.show, count)
}

// readoutMeans reads a dataset's means, at the points of options; its other
// concepts are what the target's is compared with.
func readoutMeans(ctx context.Context, e *env, l *collect.Loaded, data *dataset.Reader, o *readout.Options) (readout.Vectors, error) {
	digest, err := l.Model.Digest(ctx)
	if err != nil {
		return nil, err
	}
	if m := data.Manifest(); m.Model.Digest != digest {
		return nil, fmt.Errorf("%s: want a dataset of this model, digest %s, have one of %s, digest %s", data.Dir(), digest, m.Model.Name, m.Model.Digest)
	}
	e.Notef("reading means of %s", data.Dir())
	means, err := steering.ReadMeans(ctx, data, o.Points, "")
	if err != nil {
		return nil, err
	}
	for _, c := range means.Concepts() {
		if c != o.Target {
			o.Others = append(o.Others, c)
		}
	}
	return means, nil
}

// read reads the texts: those given, or else a dataset's prompts.
func (f *readoutFlags) read(l *collect.Loaded, source *directionSource) ([]readout.Text, error) {
	var list []readout.Text
	add := func(name, text string) error {
		ids, err := l.RawPrompt(text)
		if err == nil && len(ids) < 2 {
			err = errors.New("want two tokens or more, as the first is left out")
		}
		if err != nil {
			return fmt.Errorf("text %s: %w", name, err)
		}
		list = append(list, readout.Text{Name: name, IDs: ids})
		return nil
	}
	for i, text := range f.text {
		if err := add(strconv.Itoa(i+1), text); err != nil {
			return nil, err
		}
	}
	if f.texts != "" {
		lines, err := readout.ReadTexts(f.texts)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			if err := add(fmt.Sprintf("line %d", line.Number), line.Text); err != nil {
				return nil, fmt.Errorf("%s: %w", f.texts, err)
			}
		}
	}
	if len(list) > 0 || f.noTexts || source.data == nil {
		return list, nil
	}
	for q, err := range source.data.Questions() {
		if err != nil {
			return nil, err
		}
		list = append(list, readout.Text{Name: q.ID, IDs: q.IDs})
	}
	return list, nil
}
