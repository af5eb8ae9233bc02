package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/layers"
	"premlp/weights/catalogue"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	model   string
	sample  int
	seed    uint64
	threads int
	device  string
}

func newVerify(e *env) *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify DIR",
		Short: "Check a dataset, and compute a sample of it again",
		Long: `Verify checks every byte of a dataset against its checksums, every question
against the checks it was made with (its tokens decoded back, balance, coverage),
and computes a sample of questions again, comparing bits.

The model is found by its digest among those pulled, by run.json's command, or
given with --model. With
--sample 0, or when the model is not here and --sample was not given, only what
is stored is checked, and that is said.`,
		Example: `  premlp verify out/france
  premlp verify out/france --sample 105 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withDevice(f.device, func(d layers.Device) error {
				return runVerify(c.Context(), e, args[0], f, c.Flags().Changed("sample"), d)
			})
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model to compute with (default: the pulled one of the dataset's digest)")
	c.Flags().IntVar(&f.sample, "sample", 3, "questions to compute again")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "picks the sample")
	addThreads(c, &f.threads)
	addDevice(c, &f.device)
	return c
}

func runVerify(ctx context.Context, e *env, dir string, f verifyFlags, asked bool, device layers.Device) error {
	if f.sample < 0 {
		return usagef("--sample: want 0 or more, have %d", f.sample)
	}
	o := collect.VerifyOptions{Sample: f.sample, Seed: f.seed, Threads: f.threads, Device: device}
	note := "left out"
	if f.sample > 0 {
		l, err := openMaker(f.model, dir)
		var missing *catalogue.NotPulledError
		switch {
		case err == nil:
			defer l.Close()
			o.Model = l
			e.Notef("computing %d questions again with %s", f.sample, l.Model.Path())
		case errors.As(err, &missing) && !asked && f.model == "":
			note = "left out: " + err.Error()
			e.Notef("no question is computed again: %v", err)
		default:
			return err
		}
	}
	p := e.Progress("questions", "questions", 0)
	o.Progress = func(done, total int) { p.Set(int64(done), int64(total)) }
	v, err := collect.Verify(ctx, dir, o)
	p.Close()
	if err != nil {
		return err
	}
	if err := e.Result(v, func(w io.Writer) { printVerification(w, v, note) }); err != nil {
		return err
	}
	if !v.OK {
		return fmt.Errorf("%s: %d findings, %d places with other bits", dir, len(v.Findings), len(v.Different))
	}
	return nil
}

// printVerification writes the result for a reader.
func printVerification(w io.Writer, v *collect.Verification, note string) {
	for _, f := range v.Findings {
		if f.Fatal {
			fmt.Fprintln(w, "failed:", f)
		} else {
			fmt.Fprintln(w, "warning:", f)
		}
	}
	for _, d := range v.Different {
		fmt.Fprintln(w, "other bits:", d)
	}
	fmt.Fprintf(w, "%s: %d questions, %d rows, every checksum compared\n", v.Dir, v.Questions, v.Rows)
	if n := len(v.Recomputed); n > 0 {
		fmt.Fprintf(w, "%d questions computed again: %d places differ\n", n, len(v.Different))
	} else {
		fmt.Fprintf(w, "computing again: %s\n", note)
	}
	if v.OK {
		fmt.Fprintf(w, "digest %s\n", v.Digest)
	}
}
