package bench

import (
	"fmt"
	"io"
	"strings"
)

// Print writes the report for a reader, without the single ops.
func (r *ProfileReport) Print(w io.Writer) {
	r.Machine.Print(w)
	until := "to the last row that is copied, of " + count(r.Points, "point")
	if r.Logits {
		until = "to the logits of each prompt's last token"
	}
	fmt.Fprintf(w, "\n%s, %s in %s, %s; %s, %s\n", r.Model.Architecture, count(r.Tokens, "token"), count(r.Prompts, "prompt"),
		until, count(r.Threads, "thread"), count(r.Passes.With.Runs, "run"))
	t := r.Passes.With
	fmt.Fprintf(w, "pass       %s at the median, best %s, spread %.0f %%\n", milliseconds(t.Median), milliseconds(t.Best), 100*t.Spread)
	if r.Device != "cpu" {
		fmt.Fprintf(w, "           on %s, which is waited for behind each op and each copy of rows: the wait is in their times\n", r.Device)
		fmt.Fprintf(w, "           %s at the median, best %s, where it is not waited for\n", milliseconds(r.Passes.Without.Median), milliseconds(r.Passes.Without.Best))
	}
	fmt.Fprintf(w, "recording  costs %s\n", r.Passes)
	if r.Peak != nil {
		fmt.Fprintf(w, "peak       %s GFLOP/s beside it, best / median\n", pair(r.Peak, 1))
	}
	if r.Read != nil {
		fmt.Fprintf(w, "reads      %s GB/s from memory beside it, best / median\n", pair(r.Read, 1))
	}
	all := []ProfileRow{r.Total, r.Graph}
	if r.Points > 0 {
		all = []ProfileRow{r.Total, r.Sink, r.Graph}
	}
	printRows(w, "kind", append(r.Kinds[:len(r.Kinds):len(r.Kinds)], all...))
	printRows(w, "module, in all blocks", r.Modules)
}

// PrintOps writes the single ops, in the order of execution.
func (r *ProfileReport) PrintOps(w io.Writer) { printRows(w, "op", r.Ops) }

// printRows writes a table: of times and rates the best and the median.
func printRows(w io.Writer, title string, rows []ProfileRow) {
	fmt.Fprintln(w)
	t := table(w)
	fmt.Fprintf(t, "%s\tops\tms, best / median\tof the pass\tMFLOP\tGFLOP/s\tof peak\tMB read\twritten\tGB/s\n", title)
	for _, row := range rows {
		rate := "-"
		if row.Flop > 0 {
			rate = pair(&row.GFLOPS, 1)
		}
		fmt.Fprintf(t, "%s\t%d\t%.3f / %.3f\t%.1f %%\t%.1f\t%s\t%s\t%.2f\t%.2f\t%s\n", row.title(), row.Count,
			1e3*row.Times.Best, 1e3*row.Times.Median, 100*row.Share, float64(row.Flop)/1e6, rate, percent(row.ShareOfPeak),
			float64(row.Read)/1e6, float64(row.Written)/1e6, pair(&row.Rate, 1))
	}
	t.Flush()
}

// title is the row's name and what else it computes.
func (r *ProfileRow) title() string {
	return strings.Join(append([]string{r.Name}, r.With...), " + ")
}

// milliseconds prints a time.
func milliseconds(seconds float64) string { return fmt.Sprintf("%.3f ms", 1e3*seconds) }

// String says the cost in words.
func (c Cost) String() string {
	text := fmt.Sprintf("%+.2f %%", 100*c.Median)
	text += c.Interval.text()
	if c.CPU != nil {
		text += fmt.Sprintf(", of processor time %+.2f %%", 100**c.CPU) + c.CPUInterval.text()
	}
	return text
}

// text is the interval in brackets, as a percentage.
func (i *Interval) text() string {
	if i == nil {
		return ""
	}
	return fmt.Sprintf(" (%+.2f to %+.2f)", 100*i.Low, 100*i.High)
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
