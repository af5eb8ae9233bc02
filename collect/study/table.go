package study

import (
	"fmt"
	"io"
	"math"
	"strings"

	"premlp/collect/direction"
)

// table is a Markdown table in the making.
type table struct {
	head []string
	rows [][]string
}

// newTable begins one with the heads of its columns, between bars.
func newTable(heads string) *table {
	t := &table{}
	for _, h := range strings.Split(heads, "|") {
		t.head = append(t.head, strings.TrimSpace(h))
	}
	return t
}

// row adds a row of cells, which are printed with %v.
func (t *table) row(cells ...any) {
	var texts []string
	for _, c := range cells {
		texts = append(texts, fmt.Sprint(c))
	}
	t.rows = append(t.rows, texts)
}

// write writes the table.
func (t *table) write(w io.Writer) {
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(t.head, " | "), strings.Repeat("---|", len(t.head)))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | "))
	}
	fmt.Fprintln(w)
}

// area prints an AUROC.
func area(f direction.Figure) string {
	if math.IsNaN(float64(f)) {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(f))
}

// spread prints a median with the range around it.
func spread(b Band) string {
	return fmt.Sprintf("%s (%s … %s)", area(b.Median), area(b.Least), area(b.Most))
}

// between prints a figure with its interval.
func between(v, low, high direction.Figure) string {
	return fmt.Sprintf("%s (%s … %s)", area(v), area(low), area(high))
}

// change prints a change of a log-probability; - where there is none.
func change(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%+.2f", *v)
}
