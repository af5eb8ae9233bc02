package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/model"
	"premlp/weights"
)

func newDiff(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: "Say whether two datasets or tensor files have the same bits, and how they differ",
		Long: `Diff compares two dataset folders, or two safetensors files as dump and directions
write them.

Of datasets it compares every byte but those of run.json. Where they differ, it
lists the manifests' fields that do, the first question, and the first row: its
question, layer, site and token; and how far apart the rows are, site by site and
layer by layer, measured from A. Of files it lists tensors that only one has, and
of each other tensor that differs the first value and the distances.

Bits of two arithmetics are not compared: that they differ would say nothing.
That is said, distances are told, and the two count as different.

Exit status: 0 the same, 1 different, 2 wrong usage.`,
		Example: `  premlp diff out/france out/france-again
  premlp diff france.safetensors golden.safetensors --json`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return runDiff(c.Context(), e, args[0], args[1]) },
	}
}

func runDiff(ctx context.Context, e *env, a, b string) error {
	folders := 0
	for _, path := range []string{a, b} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.IsDir() {
			folders++
		}
	}
	switch folders {
	case 2:
		return diffDatasets(ctx, e, a, b)
	case 0:
		return diffTensors(e, a, b)
	}
	return usagef("want two dataset folders or two safetensors files, have a folder and a file")
}

// errDifferent is what ends a comparison that found a difference.
var errDifferent = errors.New("they differ")

func diffDatasets(ctx context.Context, e *env, a, b string) error {
	d, err := compareDatasets(ctx, e, a, b)
	if err != nil {
		return err
	}
	if err := e.Result(d, func(w io.Writer) { printDifference(w, d) }); err != nil {
		return err
	}
	if !d.Same {
		return fmt.Errorf("%s and %s: %w", a, b, errDifferent)
	}
	return nil
}

// compareDatasets compares two dataset folders with progress on stderr.
func compareDatasets(ctx context.Context, e *env, a, b string) (*collect.Difference, error) {
	ra, err := dataset.Open(a)
	if err != nil {
		return nil, err
	}
	defer ra.Close()
	rb, err := dataset.Open(b)
	if err != nil {
		return nil, err
	}
	defer rb.Close()
	p := e.Progress("comparing", "questions", int64(ra.Len()))
	defer p.Close()
	return collect.Compare(ctx, ra, rb, func(done, total int) { p.Set(int64(done), int64(total)) })
}

// printDifference writes how two datasets differ.
func printDifference(w io.Writer, d *collect.Difference) {
	if d.Same {
		fmt.Fprintf(w, "the same bits: %d questions, %d rows\ndigest %s\n", d.Questions.Count[0], d.Rows, d.Digest[0])
		return
	}
	for _, f := range d.Manifest {
		fmt.Fprintf(w, "manifest: %s\n", f)
	}
	if d.Questions.First != "" || d.Questions.Count[0] != d.Questions.Count[1] {
		fmt.Fprintf(w, "questions: %d and %d, of which %d have the same tokens and rows\n", d.Questions.Count[0], d.Questions.Count[1], d.Questions.Compared)
	}
	if d.Questions.First != "" {
		fmt.Fprintf(w, "first question that differs: %s\n", d.Questions.First)
	}
	if !d.Comparable {
		fmt.Fprintf(w, "bits are not compared: the rows were computed in %s and in %s\n", d.Arithmetic[0], d.Arithmetic[1])
	}
	if r := d.First; r != nil {
		fmt.Fprintf(w, "first row that differs: question %s, layer %d, %s, row %d (token %d, %q), value %d: %g and %g\n",
			r.Question, r.Layer, r.Site, r.Row, r.Position, r.Token, r.Value, r.A, r.B)
		printPoints(w, d)
	} else {
		fmt.Fprintf(w, "rows: %d compared, all the same\n", d.Rows)
	}
}

// printPoints tells how far apart the rows of each site and layer are.
func printPoints(w io.Writer, d *collect.Difference) {
	fmt.Fprintf(w, "%-16s %8s %10s %10s %12s  %s\n", "point", "rows", "max abs", "max rel", "min cosine", "worst row")
	for _, p := range d.Points {
		fmt.Fprintf(w, "%-16s %8d %10.3g %10.3g %12.9f  %s, row %d\n",
			fmt.Sprintf("%s.%d", p.Site, p.Layer), p.Rows, p.MaxAbs, p.MaxRel, p.Cosine, p.Question, p.WorstRow)
	}
	fmt.Fprintf(w, "%d rows compared at every site and layer; %d places have other values\n", d.Rows, d.OtherRows)
}

func diffTensors(e *env, a, b string) error {
	ta, err := weights.OpenSafetensors(a)
	if err != nil {
		return err
	}
	defer ta.Close()
	tb, err := weights.OpenSafetensors(b)
	if err != nil {
		return err
	}
	defer tb.Close()
	d, err := model.CompareTensors(ta, tb)
	if err != nil {
		return err
	}
	d.A, d.B = a, b
	names := [2][]string{slices.Collect(ta.Names()), slices.Collect(tb.Names())}
	if err := e.Result(d, func(w io.Writer) { printTensors(w, d, names) }); err != nil {
		return err
	}
	if !d.Same {
		return fmt.Errorf("%s and %s: %w", a, b, errDifferent)
	}
	return nil
}

// printTensors writes how two files differ; names are those of all their tensors.
func printTensors(w io.Writer, d *model.TensorDifference, names [2][]string) {
	if d.Same {
		fmt.Fprintf(w, "the same bits: %d tensors\n", d.Compared)
		return
	}
	for _, f := range d.Metadata {
		fmt.Fprintf(w, "metadata: %s: %s and %s\n", f.Key, orDash(brief(f.A)), orDash(brief(f.B)))
	}
	for _, name := range d.OnlyA {
		fmt.Fprintf(w, "only in %s: %s (%s)\n", d.A, name, nearest(name, names[1]))
	}
	for _, name := range d.OnlyB {
		fmt.Fprintf(w, "only in %s: %s (%s)\n", d.B, name, nearest(name, names[0]))
	}
	if !d.Comparable {
		fmt.Fprintln(w, "bits are not compared: the values were computed in two arithmetics")
	}
	if len(d.Tensors) > 0 {
		fmt.Fprintf(w, "%-24s %10s %10s %12s %9s  %s\n", "tensor", "max abs", "max rel", "min cosine", "worst row", "first that differs")
	}
	for _, t := range d.Tensors {
		switch {
		case t.Why != "":
			fmt.Fprintf(w, "%-24s %s\n", t.Name, t.Why)
		default:
			place := fmt.Sprintf("row %d, value %d", t.Row, t.Value)
			if t.Types != nil {
				place = fmt.Sprintf("stored as %s and %s", t.Types[0], t.Types[1])
			}
			fmt.Fprintf(w, "%-24s %10.3g %10.3g %12.9f %9d  %s\n", t.Name, t.MaxAbs, t.MaxRel, t.Cosine, t.WorstRow, place)
		}
	}
	fmt.Fprintf(w, "%d tensors in both, %d of them differ\n", d.Compared, len(d.Tensors))
}

// brief is a text that fits a line.
func brief(s string) string {
	const limit = 60
	if s = strings.ReplaceAll(s, "\n", " "); len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
