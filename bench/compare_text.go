package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"
)

// Print writes the comparison for a reader.
func (c *Comparison) Print(w io.Writer) {
	for _, s := range []struct {
		name string
		Side
	}{{"old", c.Old}, {"new", c.New}} {
		load := ""
		if s.Load != nil {
			load = fmt.Sprintf(", load %.1f", *s.Load)
		}
		fmt.Fprintf(w, "%s  %s: %s%s\n", s.name, s.File, cmp.Or(s.CPU, "processor unknown"), load)
	}
	for _, d := range c.Differ {
		fmt.Fprintf(w, "%s: old %s, new %s\n", d.Fact, cmp.Or(d.Old, "unknown"), cmp.Or(d.New, "unknown"))
	}
	fmt.Fprintln(w)
	t := table(w)
	fmt.Fprintf(t, "%s\told\tnew\tchange\t\n", c.Measure)
	for _, r := range c.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Old.text(), r.New.text(), r.change(), r.test())
	}
	fmt.Fprintf(t, "geometric mean\t\t\t%+.2f %%\t\n", 100*c.Geomean)
	t.Flush()
	for _, only := range []struct {
		side  string
		names []string
	}{{"old", c.OnlyOld}, {"new", c.OnlyNew}} {
		if len(only.names) > 0 {
			fmt.Fprintf(w, "only in the %s one: %s\n", only.side, strings.Join(only.names, "; "))
		}
	}
	fmt.Fprintln(w, "Medians, ± the farther end of their 95 % interval; ~: the times show no difference (U test, p > 0.05).")
}

// text is the median and how far off it may be.
func (s Sample) text() string {
	text := seconds(s.Median)
	if s.Interval == nil {
		return text + " ± ?"
	}
	off := max(s.Interval.High-s.Median, s.Median-s.Interval.Low) / s.Median
	return fmt.Sprintf("%s ± %.0f %%", text, math.Ceil(100*off))
}

// seconds prints a time in the unit that suits it.
func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.4g µs", 1e6*s)
	case s < 1:
		return fmt.Sprintf("%.4g ms", 1e3*s)
	}
	return fmt.Sprintf("%.4g s", s)
}

// change is the change, or ~ where none is shown.
func (r *ComparisonRow) change() string {
	if !r.Differs {
		return "~"
	}
	return fmt.Sprintf("%+.2f %%", 100*r.Change)
}

// test is the test's outcome.
func (r *ComparisonRow) test() string {
	text := fmt.Sprintf("(p=%.3f n=%d", r.P, r.Old.Runs)
	if r.New.Runs != r.Old.Runs {
		text += fmt.Sprintf("+%d", r.New.Runs)
	}
	if r.Note != "" {
		text += ", " + r.Note
	}
	return text + ")"
}
