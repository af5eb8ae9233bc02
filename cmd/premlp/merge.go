package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/jobs"
	"premlp/collect/jobs/store"
)

func newMerge(e *env) *cobra.Command {
	var url, out string
	var noVerify bool
	c := &cobra.Command{
		Use:   "merge JOB --store STORE -o DIR",
		Short: "Make the dataset of a job whose units are computed",
		Long: `Merge adds the blocks of a job to a dataset, in the order of its questions, and
verifies it. The dataset has the bytes that collect gives it on one machine. JOB is
the job's id or the beginning of it.

Where blocks are missing nothing is made, and they are listed. A merge that was
stopped goes on where it was.`,
		Example: `  premlp merge 3d41c3ff --store file:///shared/store -o out/france`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usagef("-o: want the dataset folder to make")
			}
			return withStore(c.Context(), url, store.Open, func(s *store.Store) error {
				return runMerge(c.Context(), e, s, args[0], out, !noVerify)
			})
		},
	}
	addStore(c, &url)
	c.Flags().StringVarP(&out, "out", "o", "", "the dataset folder to make")
	c.Flags().BoolVar(&noVerify, "no-verify", false, "do not read the dataset through afterwards")
	return c
}

// mergeReport is the result of merge.
type mergeReport struct {
	*jobs.Merged
	Digest string `json:"digest,omitempty"` // of all bytes but run.json, once verified
}

func runMerge(ctx context.Context, e *env, s *store.Store, job, out string, verify bool) error {
	id, err := jobs.Find(ctx, s, job)
	if err != nil {
		return err
	}
	bar := &stages{env: e, unit: "questions"}
	defer bar.close()
	told := func(stage string) func(done, total int) {
		return func(done, total int) { bar.set(stage, int64(done), int64(total)) }
	}
	merged, err := jobs.Merge(ctx, s, id, out, runInfo(), told("merging"))
	if err != nil {
		return err
	}
	r := &mergeReport{Merged: merged}
	if verify {
		v, err := collect.Verify(ctx, out, collect.VerifyOptions{Progress: told("verifying")})
		if err != nil {
			return err
		}
		for _, f := range v.Findings {
			if f.Fatal {
				return fmt.Errorf("%s: verify: %s", out, f)
			}
		}
		r.Digest = v.Digest
	}
	bar.close()
	return e.Result(r, r.print)
}

func (r *mergeReport) print(w io.Writer) {
	if r.Resumed == r.Questions {
		fmt.Fprintf(w, "%s is made already\n", r.Dir)
	} else {
		fmt.Fprintf(w, "made %s in %.1f s\n", r.Dir, r.Seconds)
	}
	fmt.Fprintf(w, "  job         %s\n", r.Job)
	fmt.Fprintf(w, "  questions   %d with %d token positions, of %d units\n", r.Questions, r.Rows, r.Units)
	if r.Digest != "" {
		fmt.Fprintf(w, "  digest      %s\n", r.Digest)
	}
}
