package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/layers"
)

// reproduceFlags are the flags of reproduce.
type reproduceFlags struct {
	model, out  string
	device      string
	threads     int
	batchTokens int
}

func newReproduce(e *env) *cobra.Command {
	var f reproduceFlags
	c := &cobra.Command{
		Use:   "reproduce DIR",
		Short: "Make a dataset again from its manifest, and compare the bits",
		Long: `Reproduce runs again what made a dataset, from its manifest.json, questions.jsonl
and related.json alone, and compares every byte of the result but those of
run.json. Threads and the kernels of one arithmetic (PREMLP_KERNEL) do not matter.

The model is --model, or the pulled one with the manifest's digest, or the one
that run.json's command names; its digests are checked in any case. Rows of
another arithmetic than this machine computes in are refused before anything
runs. With -o the second dataset is kept there; without it, it is made beside DIR
and removed.

Exit status: 0 the same bits, 1 different, or it could not run. What is promised
and what is not: docs/reproducibility.md.`,
		Example: `  premlp reproduce out/france
  PREMLP_KERNEL=avx2 premlp reproduce out/france --threads 1 -o out/france-again`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runReproduce(c.Context(), e, args[0], f, d) })
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model to compute with (default: found by its digest)")
	c.Flags().StringVarP(&f.out, "out", "o", "", "keep the second dataset in this folder")
	c.Flags().IntVar(&f.batchTokens, "batch-tokens", collect.DefaultBatchTokens, "tokens computed at once; the result does not depend on it")
	addThreads(c, &f.threads)
	addDevice(c, &f.device)
	return c
}

// reproduceReport is the result of reproduce.
type reproduceReport struct {
	Dir        string      `json:"dir"`
	Out        string      `json:"out"` // "" where it was not kept
	Same       bool        `json:"same"`
	Model      string      `json:"model"` // the file that was used
	Arithmetic string      `json:"arithmetic"`
	Kernel     [2]string   `json:"kernel"` // of the dataset's run, and of this one
	Threads    [2]int      `json:"threads"`
	Version    [2]string   `json:"version"` // of premlp
	Seconds    float64     `json:"seconds"` // of the second run
	Tokens     int64       `json:"tokens"`  // it computed
	Difference *difference `json:"difference"`
}

// difference is what diff prints too.
type difference = collect.Difference

func runReproduce(ctx context.Context, e *env, dir string, f reproduceFlags, device layers.Device) error {
	r, err := dataset.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	out := f.out
	if _, err := os.Stat(out); out != "" && err == nil {
		return usagef("-o: want a folder that is not there yet, have %s", out)
	}
	if out == "" {
		parent, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".premlp-reproduce-*")
		if err != nil {
			return fmt.Errorf("a place beside %s for the second dataset: %w; -o names another", dir, err)
		}
		defer os.RemoveAll(parent)
		out = filepath.Join(parent, "again")
	}
	l, err := openMaker(f.model, dir)
	if err != nil {
		return err
	}
	defer l.Close()
	report := reproduceReport{Dir: dir, Out: f.out, Model: l.Model.Path()}
	e.Notef("computing %s again with %s", dir, report.Model)
	if err := f.run(ctx, e, r, l, out, device, &report); err != nil {
		return err
	}
	if report.Difference, err = compareDatasets(ctx, e, dir, out); err != nil {
		return err
	}
	report.Same = report.Difference.Same
	if err := e.Result(report, report.print); err != nil {
		return err
	}
	if !report.Same {
		return errors.New("the second run made other bits")
	}
	return nil
}

// run makes the second dataset.
func (f reproduceFlags) run(ctx context.Context, e *env, r *dataset.Reader, l *collect.Loaded, out string, device layers.Device, report *reproduceReport) error {
	o := collect.Options{Dir: out, Threads: f.threads, BatchTokens: f.batchTokens, Device: device, Run: runInfo()}
	plan, err := collect.PrepareAgain(ctx, r, l, o)
	if err != nil {
		return err
	}
	defer plan.Close()
	s, err := runPlan(ctx, e, plan, f.batchTokens)
	if err != nil {
		return err
	}
	report.Seconds, report.Tokens, report.Arithmetic = s.Seconds, s.Tokens, plan.Manifest.Arithmetic
	first, err := r.Run()
	if err != nil {
		return err
	}
	again, err := dataset.Open(out)
	if err != nil {
		return err
	}
	defer again.Close()
	second, err := again.Run()
	report.Kernel = [2]string{first.Kernel, second.Kernel}
	report.Threads = [2]int{first.Threads, second.Threads}
	report.Version = [2]string{strings.TrimSpace(first.Version + " " + first.Commit), strings.TrimSpace(second.Version + " " + second.Commit)}
	return err
}

// print writes the report for a reader.
func (r reproduceReport) print(w io.Writer) {
	fmt.Fprintf(w, "first run   kernel %s, %d threads, premlp %s\n", r.Kernel[0], r.Threads[0], r.Version[0])
	fmt.Fprintf(w, "second run  kernel %s, %d threads, premlp %s, %.1f s\n", r.Kernel[1], r.Threads[1], r.Version[1], r.Seconds)
	printDifference(w, r.Difference)
}
