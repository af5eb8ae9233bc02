package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"premlp/collect/quality"
)

// qualityFlags are the flags of quality.
type qualityFlags struct {
	pictures string
	threads  int
}

func newQuality(e *env) *cobra.Command {
	var f qualityFlags
	c := &cobra.Command{
		Use:   "quality DIR",
		Short: "Measure whether a dataset's rows are fit to take directions from",
		Long: `Quality measures every site and layer of a dataset, for the target's rows and
the controls': norms, outlying, repeated and broken rows, dead and saturated
coordinates, effective rank, cosines, how the sets' difference drifts from
template to template, and how the sets differ in places and tokens. Each measure
has two thresholds and a verdict, ok, look or bad, with what to do.

With --pictures DIR the measures are drawn too, as PNG and SVG. Checksums are not
compared: premlp verify does that. The exit status is 1 where a verdict is bad.`,
		Example: `  premlp quality out/france
  premlp quality out/france --pictures out/france-pictures --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runQuality(c.Context(), e, args[0], f)
		},
	}
	c.Flags().StringVar(&f.pictures, "pictures", "", "a folder for pictures of the measures")
	addThreads(c, &f.threads)
	return c
}

func runQuality(ctx context.Context, e *env, dir string, f qualityFlags) error {
	p := e.Progress("layers", "layers", 0)
	r, err := quality.Measure(ctx, dir, quality.Options{
		Threads: f.threads, Progress: func(done, total int) { p.Set(int64(done), int64(total)) },
	})
	p.Close()
	if err != nil {
		return err
	}
	if f.pictures != "" {
		files, err := r.Draw(f.pictures)
		if err != nil {
			return err
		}
		e.Notef("%d pictures in %s", len(files), f.pictures)
	}
	if err := e.Result(r, func(w io.Writer) { printQuality(w, r) }); err != nil {
		return err
	}
	if r.Verdict == quality.Bad {
		return fmt.Errorf("%s: the verdict is bad", dir)
	}
	return nil
}

// printQuality writes a table of the layers, and what is not ok.
func printQuality(w io.Writer, r *quality.Report) {
	fmt.Fprintf(w, "%s: %d questions, %d target rows and %d control rows of %d values\n", r.Dir, r.Questions, r.Rows.Target, r.Rows.Control, r.Dim)
	for _, c := range r.Balance {
		fmt.Fprintf(w, "%s: %s: %s\n", c.Verdict, c.Name, c.Found)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nsite.layer\tnorm\toutliers\tdead\trank\tcosine\tbetween\tdrift\tverdict")
	for _, l := range r.Layers {
		a, b := l.Target, l.Control
		fmt.Fprintf(t, "%s.%d\t%.3g/%.3g\t%d/%d\t%d/%d\t%.1f/%.1f\t%.2f/%.2f\t%s\t%s\t%s\n", l.Site, l.Layer,
			a.Norms.Median, b.Norms.Median, a.Outlying, b.Outlying, a.Dead, b.Dead,
			a.Rank.Participation, b.Rank.Participation, a.Cosine.Mean, b.Cosine.Mean,
			optional("%.2f", l.Between), drift(l.Drift), l.Verdict)
	}
	t.Flush() // the writer below keeps its error
	fmt.Fprintln(w, "(target/control: median norm, rows, coordinates, participation ratio, mean cosine)")
	printFindings(w, r)
	fmt.Fprintln(w, "verdict:", r.Verdict)
}

func drift(d *quality.Drift) string {
	if d == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", d.Cosine)
}

// printFindings writes each check that is not ok once, with the layers it is of
// and its worst finding.
func printFindings(w io.Writer, r *quality.Report) {
	for _, f := range r.Findings() {
		name := strings.TrimSpace(f.Worst.Set + " " + f.Worst.Name)
		if len(f.Places) == 0 {
			fmt.Fprintf(w, "%s: %s: %s\n", f.Worst.Verdict, name, f.Worst.Found)
		} else {
			fmt.Fprintf(w, "%s: %s at %s; the worst, %s: %s\n", f.Worst.Verdict, name, strings.Join(f.Places, ", "), f.Place, f.Worst.Found)
		}
		for _, o := range f.Outliers {
			fmt.Fprintf(w, "  %s, position %d, %q: z %.0f\n", o.Question, o.Position, o.Token, o.Z)
		}
		fmt.Fprintln(w, "  what to do:", f.Worst.Advice)
	}
}
