package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/layers"
	"premlp/weights/catalogue"
)

// benchJobFlags are the flags of bench job.
type benchJobFlags struct {
	benchFlags
	job       collectFlags
	noSharing bool
}

func newBenchJob(e *env) *cobra.Command {
	f := benchJobFlags{}
	c := &cobra.Command{
		Use:   "job --model MODEL --concept CONCEPT --controls FILE",
		Short: "Measure a collection job, from the loaded model to the dataset on disk",
		Long: `Job runs a collection job over and over with the model loaded, each run into a
temporary folder that is removed, and sums up the times. Apart from the run
itself it states the time to load the model and pack its weights, once, and the
time to prepare a job: questions, tokens, checks, graph.`,
		Example: `  premlp bench job --model smollm2-135m --concept France --controls docs/examples/france-controls.txt
  premlp bench job --model smollm2-135m --concept France --controls docs/examples/france-controls.txt --no-prefix-sharing`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runBenchJob(c.Context(), e, c, f) },
	}
	f.addJob(c)
	c.Flags().BoolVar(&f.noSharing, "no-prefix-sharing", false, "compute what prompts begin with alike for each of them")
	f.add(c, 9)
	return c
}

// addJob adds the flags that say which job it is.
func (f *benchJobFlags) addJob(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.job.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	flags.StringVar(&f.job.concept, "concept", "", "the target concept")
	flags.StringVar(&f.job.controls, "controls", "", "file of control concepts, one a line")
	flags.StringVar(&f.job.templates, "templates", "", "YAML file of question templates (default: the seed's five)")
	flags.StringSliceVar(&f.job.sites, "sites", []string{string(layers.MLPIn)}, "sites to store, or all")
	flags.StringVar(&f.job.layers, "layers", "", "layers to store, as 0-3,29 (default all)")
	flags.BoolVar(&f.job.noChat, "no-chat", false, "ask the question itself, not in the model's chat form")
	flags.StringVar(&f.job.dtype, "dtype", string(dataset.F32), "type of the stored rows: f32, or rounded to bf16 or f16")
	flags.IntVar(&f.job.batchTokens, "batch-tokens", collect.DefaultBatchTokens, "tokens computed at once")
	require(c, "model", "concept", "controls")
}

func runBenchJob(ctx context.Context, e *env, c *cobra.Command, f benchJobFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	path, err := catalogue.Locate(f.job.model)
	if err != nil {
		return err
	}
	e.Notef("measuring the machine")
	r := &bench.JobReport{Measure: "job", Threads: f.threads, PrefixSharing: !f.noSharing}
	if r.Machine, err = bench.DescribeMachine(ctx, f.machine()); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "premlp-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	e.Notef("loading %s", path)
	bench.ForgetPeak()
	start := time.Now()
	b, err := f.open(ctx, e, c, path, dir)
	if err != nil {
		return err
	}
	defer b.loaded.Close()
	bar := &rowProgress{env: e}
	defer bar.close()
	var prepare, run []float64
	for i := range f.runs + 1 {
		once, err := b.once(ctx, !f.noSharing)
		if err != nil {
			return err
		}
		if i == 0 {
			r.Load = time.Since(start).Seconds() - once.run
		} else {
			prepare, run = append(prepare, once.prepare), append(run, once.run)
		}
		r.Questions, r.Rows, r.Bytes = once.summary.Questions, once.summary.Rows, once.bytes
		r.PromptTokens, r.Tokens = once.summary.PromptTokens, once.summary.Tokens
		bar.set("job", i, f.runs)
	}
	bar.close()
	r.Prepare, r.Run, r.Memory = bench.Summarize(prepare), bench.Summarize(run), bench.ReadMemory()
	if r.Model, err = bench.DescribeModel(ctx, b.loaded.Model); err != nil {
		return err
	}
	return f.finish(e, r)
}

// benchedJob is a job whose model is loaded.
type benchedJob struct {
	loaded  *collect.Loaded
	job     collect.Job
	options collect.Options
	dir     string // temporary, for the datasets
	count   int
}

// open loads the model. The caller closes it.
func (f *benchJobFlags) open(ctx context.Context, e *env, c *cobra.Command, path, dir string) (*benchedJob, error) {
	l, err := collect.OpenModel(path)
	if err != nil {
		return nil, err
	}
	b := &benchedJob{loaded: l, dir: dir}
	f.job.threads = f.threads
	if b.job, err = f.job.job(ctx, e, c, l); err == nil {
		b.options, err = f.job.options(l)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return b, nil
}

// jobRun is one run: its times in seconds and what it did.
type jobRun struct {
	prepare, run float64
	bytes        int64
	summary      *collect.Summary
}

// once prepares the job and runs it into a new folder, which it removes.
func (b *benchedJob) once(ctx context.Context, sharing bool) (r jobRun, err error) {
	b.count++
	o := b.options
	o.NoSharing, o.Dir = !sharing, filepath.Join(b.dir, strconv.Itoa(b.count))
	start := time.Now()
	p, err := collect.Prepare(ctx, b.loaded, b.job, o)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.Close(), os.RemoveAll(o.Dir)) }()
	r.prepare = time.Since(start).Seconds()
	defer boundGarbage()()
	start = time.Now()
	r.summary, err = p.Run(ctx, nil, nil)
	r.run, r.bytes = time.Since(start).Seconds(), p.Bytes
	return r, err
}
