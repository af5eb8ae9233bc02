package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/layers"
)

// collectFlags are the flags of collect.
type collectFlags struct {
	model, concept, out           string
	controls, templates, question string
	sites                         []string
	layers, dtype, system, date   string
	noChat, dryRun                bool
	fast                          fastFlags
	threads, batchTokens          int
	batchBytes                    int
	seed                          int64
	show, device                  string
	paraphrases                   bool
	related                       relatedFlags

	found []byte // related.json, where the controls were found
}

func newCollect(e *env) *cobra.Command {
	var f collectFlags
	c := &cobra.Command{
		Use:   "collect --model MODEL --concept CONCEPT -o DIR",
		Short: "Make the dataset of a concept and its controls",
		Long: `Collect asks the model every question about a concept and its controls and writes
the activations of all tokens after the concept's last occurrence, at every
layer, as a dataset folder. In a control question the concept is that
question's own.

Every question's selection is checked before the model runs, and every row as it
is computed. A run that was stopped goes on where it was when the same command
is given again; the result has the same bytes.

Without --controls, a UTF-8 file with one concept a line, the controls are related
concepts that the model itself names, or an endpoint: see 'premlp related'. What
was answered is kept in the dataset. --templates is a built-in set or a file: see
'premlp templates'. Without it the five templates of the seed are asked: capital,
language, continent, landmark, largest city; or the built-in set of the category,
where that is another than countries. --questions takes ready questions instead
of both.`,
		Example: `  premlp collect --model smollm2-135m --concept France --controls docs/examples/france-controls.txt -o out/france
  premlp collect --model smollm2-135m --concept jazz -o out/jazz
  premlp collect --model smollm2-135m --concept France --controls docs/examples/france-controls.txt --dry-run --show 3`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevices(f.device, func(d []layers.Device) error { return runCollect(c.Context(), e, c, &f, d) })
		},
	}
	f.add(c)
	flags := c.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "build and check everything and print each prompt with its selected tokens, but make nothing")
	flags.StringVar(&f.show, "show", "", "print which tokens are selected: of the first N questions, or of those named, as q00001,q00042")
	flags.StringVarP(&f.out, "out", "o", "", "the dataset folder to make")
	return c
}

// add adds the flags that say what is asked, and how it is computed and stored.
func (f *collectFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	flags.StringVar(&f.concept, "concept", "", "the target concept")
	flags.StringVar(&f.controls, "controls", "", "file of control concepts, one a line")
	flags.StringVar(&f.templates, "templates", "", "question templates: a built-in set, or a YAML file (default: the seed's five, or the category's)")
	flags.BoolVar(&f.paraphrases, "paraphrases", false, "ask with the concepts' paraphrases, from the file of templates, in place of their names")
	flags.StringVar(&f.question, "questions", "", "JSONL file of ready questions {text, concept, set, type}")
	flags.StringSliceVar(&f.sites, "sites", []string{string(layers.MLPIn)}, "sites to store, or all")
	flags.StringVar(&f.layers, "layers", "", "layers to store, as 0-3,29 (default all)")
	flags.BoolVar(&f.noChat, "no-chat", false, "ask the question itself, not in the model's chat form")
	flags.StringVar(&f.system, "system", "", "system message of the chat form (default: the template's own)")
	flags.StringVar(&f.date, "date", "", "the day a chat template that shows one sees, YYYY-MM-DD (default today)")
	flags.StringVar(&f.dtype, "dtype", string(dataset.F32), "type of the stored rows: f32, or rounded to bf16 or f16")
	flags.IntVar(&f.batchTokens, "batch-tokens", collect.DefaultBatchTokens, "tokens computed at once; the result does not depend on it")
	flags.IntVar(&f.batchBytes, "batch-bytes", 0, "bytes of rows held until they are written (default 64 MiB, or an eighth of the packed weights); the result does not depend on it")
	flags.Int64Var(&f.seed, "seed", 0, "determines the related concepts; recorded in the manifest")
	addThreads(c, &f.threads)
	f.fast.add(c)
	addDevices(c, &f.device)
	f.related.add(c)
	require(c, "model")
	c.MarkFlagsOneRequired("concept", "questions")
	c.MarkFlagsMutuallyExclusive("questions", "concept")
	for _, other := range []string{"controls", "templates", "paraphrases", "category", "alias", "related", "endpoint"} {
		c.MarkFlagsMutuallyExclusive("questions", other)
	}
	for _, other := range []string{"respects", "related", "lists", "temperature", "top-k", "endpoint"} {
		c.MarkFlagsMutuallyExclusive("controls", other)
	}
	c.MarkFlagsMutuallyExclusive("no-chat", "system")
}

func runCollect(ctx context.Context, e *env, c *cobra.Command, f *collectFlags, devices []layers.Device) error {
	if f.out == "" && !f.dryRun {
		return usagef("-o: want the dataset folder to make, or --dry-run")
	}
	plan, err := f.plan(ctx, e, c, devices)
	if err != nil {
		return err
	}
	defer plan.Model().Close()
	defer plan.Close()
	shown, err := pickQuestions(f.show, plan)
	if err != nil {
		return err
	}
	for _, i := range shown {
		q, err := plan.Question(i)
		if err != nil {
			return err
		}
		fmt.Fprint(e.stderr, collect.TokenMap(q, plan.Model().Tokenizer))
	}
	report := newCollectReport(*f, plan)
	e.noteProducts(report.Products)
	if f.dryRun {
		report.Summary = plan.Summary()
		if err := report.plan(ctx, e, plan); err != nil {
			return err
		}
	} else {
		if f.fast.any() {
			sites, err := plan.FastError(ctx)
			if err != nil {
				return err
			}
			e.noteFast(f.fast, sites)
		}
		report.Summary, err = runPlan(ctx, e, plan, f.batchTokens)
		if err != nil {
			return err
		}
	}
	return e.Result(report, report.print)
}

// plan loads the model and prepares what the flags ask for. The caller closes the
// plan, then its model.
func (f *collectFlags) plan(ctx context.Context, e *env, c *cobra.Command, devices []layers.Device) (*collect.Plan, error) {
	for _, d := range devices {
		if err := f.fast.check(d); err != nil {
			return nil, err
		}
	}
	if f.question == "" && f.controls == "" {
		if _, err := f.relatedRequest(f.related.aliases); err != nil {
			return nil, err
		}
	}
	l, err := loadNamed(e, f.model)
	if err != nil {
		return nil, err
	}
	plan, err := f.prepare(ctx, e, c, l, devices)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, finding := range plan.Findings {
		e.Notef("warning: %s", finding)
	}
	return plan, nil
}

// prepare prepares the job on a loaded model.
func (f *collectFlags) prepare(ctx context.Context, e *env, c *cobra.Command, l *collect.Loaded, devices []layers.Device) (*collect.Plan, error) {
	job, err := f.job(ctx, e, c, l)
	if err != nil {
		return nil, err
	}
	options, err := f.options(l)
	if err != nil {
		return nil, err
	}
	options.Devices = devices
	checked := checking{env: e}
	defer checked.close()
	options.Checked = checked.set
	return collect.Prepare(ctx, l, job, options)
}

// pickQuestions reads --show: how many of the first, or ids.
func pickQuestions(show string, plan *collect.Plan) (picked []int, err error) {
	if show == "" {
		return nil, nil
	}
	if n, err := strconv.Atoi(show); err == nil && n >= 0 {
		for i := range min(n, plan.Len()) {
			picked = append(picked, i)
		}
		return picked, nil
	}
	for _, id := range strings.Split(show, ",") {
		i := plan.Find(strings.TrimSpace(id))
		if i < 0 {
			return nil, usagef("--show: want a number, or ids from %s to %s, have %q", plan.ID(0), plan.ID(plan.Len()-1), id)
		}
		picked = append(picked, i)
	}
	return picked, nil
}

// runPlan runs a plan, in batches of so many tokens, with progress on stderr.
func runPlan(ctx context.Context, e *env, plan *collect.Plan, batchTokens int) (*collect.Summary, error) {
	p := e.Progress("questions", "questions", int64(plan.Len()))
	defer p.Close()
	defer boundGarbage()()
	s, err := plan.Run(ctx, func(done, total int) { p.Set(int64(done), int64(total)) }, e.Notef)
	return s, adviseBatch(err, batchTokens)
}

// options turns the flags into what is stored and how.
func (f *collectFlags) options(l *collect.Loaded) (collect.Options, error) {
	o := collect.Options{Dir: f.out, Threads: f.threads, BatchTokens: f.batchTokens, BatchBytes: f.batchBytes, Seed: f.seed, FastBF16: f.fast.bf16, FastTF32: f.fast.tf32, Related: f.found}
	var err error
	if o.Sites, err = parseSites(f.sites, l.Model.Sites()); err != nil {
		return o, err
	}
	if o.Layers, err = parseLayers(f.layers, l.Model.Config().Layers); err != nil {
		return o, err
	}
	if o.DType, err = dataset.ParseDType(f.dtype); err != nil {
		return o, usageError{fmt.Errorf("--dtype: %w", err)}
	}
	o.Run = runInfo()
	return o, nil
}
