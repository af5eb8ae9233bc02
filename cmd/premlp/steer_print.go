package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"premlp/collect/steering"
)

// steerReport is the result of steer.
type steerReport struct {
	Model   string        `json:"model"`
	Weights string        `json:"weights"` // sha256, as a dataset's manifest has it
	From    string        `json:"from"`
	Results []steerResult `json:"results"` // of each method
}

// steerResult is what one method's directions did.
type steerResult struct {
	Method string `json:"method"`
	*steering.Result
}

// print writes the report for a reader: for each method a table.
func (r *steerReport) print(w io.Writer) {
	first := r.Results[0]
	fmt.Fprintf(w, "question  %s  answer begins %q; edited: tokens %s\n", first.Question, first.Prefix, first.Positions)
	fmt.Fprintf(w, "known     %d of %d concepts' %s", len(first.Known), len(first.Known)+len(first.Unknown), first.Answer)
	if len(first.Unknown) > 0 {
		fmt.Fprintf(w, "; not %s", strings.Join(first.Unknown, ", "))
	}
	fmt.Fprintln(w)
	if len(first.Skipped) > 0 {
		fmt.Fprintf(w, "skipped   targets that are not known: %s\n", strings.Join(first.Skipped, ", "))
	}
	for _, result := range r.Results {
		if len(r.Results) > 1 {
			fmt.Fprintf(w, "\nmethod %s\n", result.Method)
		}
		result.print(w)
	}
}

// print writes a row for each edit, for several targets their means.
func (r steerResult) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Effects) == len(r.Summaries) {
		r.printEffects(t)
	} else {
		r.printSummaries(t)
	}
	t.Flush()
	fmt.Fprintf(w, "%d edited prompts, %d tokens in %.1f s\n", r.Prompts, r.Tokens, r.Seconds)
}

// printEffects writes the effects of one target.
func (r steerResult) printEffects(w io.Writer) {
	fmt.Fprintf(w, "target %s, changes of log-probability, mean over %d questions about others\n", r.Effects[0].Target, r.Effects[0].Questions)
	fmt.Fprintln(w, "edit\talpha\tplace\tto target\tright\tothers\tnet\trandom net\tflipped\tlost\trandom lost\town\tKL\t")
	for _, e := range r.Effects {
		var net, lost *float64
		if e.Random != nil {
			net, lost = &e.Random.Net, &e.Random.Lost
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%+.2f\t%+.2f\t%+.2f\t%+.2f\t%s\t%d\t%d\t%s\t%s\t%s\t\n", e.Kind, strength(e.Kind, e.Alpha), e.Place,
			e.ToTarget, e.Right, e.Others, e.Net, optional("%+.2f", net), e.Flipped, e.Lost, optional("%.1f", lost), optional("%+.2f", e.Own), optional("%.4f", e.KL))
	}
}

// printSummaries writes the means over several targets.
func (r steerResult) printSummaries(w io.Writer) {
	fmt.Fprintf(w, "means over %d targets: changes of log-probability in the questions about others; 95 %% of net by bootstrap over targets\n", r.Summaries[0].Targets)
	fmt.Fprintln(w, "edit\talpha\tplace\tto target\tright\tothers\tnet\t95 %\trandom net\tflipped\tlost\trandom lost\town\tKL\t")
	for _, s := range r.Summaries {
		interval := "-"
		if s.Interval != nil {
			interval = fmt.Sprintf("%+.2f…%+.2f", s.Interval[0], s.Interval[1])
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%+.2f\t%+.2f\t%+.2f\t%+.2f\t%s\t%s\t%.0f %%\t%.0f %%\t%s\t%s\t%s\t\n", s.Kind, strength(s.Kind, s.Alpha), s.Place,
			s.ToTarget, s.Right, s.Others, s.Net, interval, optional("%+.2f", s.RandomNet), 100*s.Flipped, 100*s.Lost,
			percent(s.RandomLost), optional("%+.2f", s.Own), optional("%.4f", s.KL))
	}
}

// strength prints α, or a dash for edits without one.
func strength(k steering.Kind, alpha float64) string {
	if !k.Scaled() {
		return "-"
	}
	return fmt.Sprintf("%g", alpha)
}

// optional prints a value that may be missing.
func optional(format string, x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf(format, *x)
}

// percent prints a share that may be missing.
func percent(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100**x)
}
