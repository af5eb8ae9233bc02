package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// table returns a writer of columns separated by tabs, aligned at Flush.
func table(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// percent prints both ends of a share, "-" where there is none.
func percent(f *Figure) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f / %.0f %%", 100*f.Best, 100*f.Median)
}

// pair prints a figure with that many digits after the point, "-" where there
// is none.
func pair(f *Figure, digits int) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.*f / %.*f", digits, f.Best, digits, f.Median)
}

// Print writes the report for a reader.
func (r *KernelReport) Print(w io.Writer) {
	r.Machine.Print(w)
	fmt.Fprintf(w, "\nproducts x [m, k] · W [n, k]ᵀ, %d threads; best / median\n", r.Threads)
	t := table(w)
	fmt.Fprintln(t, "m,k,n\tformat\tweights\tGFLOP/s\tpeak beside it\tshare\tGB/s\tof reads\tspread")
	for _, row := range r.Rows {
		weights := "hot"
		if row.Cold {
			weights = fmt.Sprintf("cold, %d matrices", row.Matrices)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f %%\n", row.Shape, row.Format, weights,
			pair(&row.GFLOPS, 1), pair(row.Peak, 1), percent(row.Share), pair(row.Rate, 1), percent(row.ReadShare), 100*row.Times.Spread)
	}
	t.Flush()
}

// Print writes the report for a reader.
func (r *ForwardReport) Print(w io.Writer) {
	r.Machine.Print(w)
	taken, column := "none taken", ""
	if len(r.Sites) > 0 {
		taken, column = fmt.Sprint(r.Sites)+" taken at every layer", "\ttaking them costs"
	}
	fmt.Fprintf(w, "\nprefill of %s, %d layers, no vocabulary head, activations: %s; %d threads; on %s; best / median\n",
		r.Model.Architecture, r.Model.Layers, taken, r.Threads, r.Device)
	fmt.Fprintf(w, "linear layers: %.1f MFLOP a token\n", float64(r.FlopPerToken)/1e6)
	t := table(w)
	fmt.Fprintln(t, "prompts\ttokens each\ttokens/s\tGFLOP/s\tpeak beside it\tshare\tspread"+column)
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%d\t%d\t%s\t%s\t%s\t%s\t%.0f %%", row.Prompts, row.Length,
			pair(&row.TokensPerSecond, 0), pair(&row.GFLOPS, 1), pair(row.Peak, 1), percent(row.Share), 100*row.Times.Spread)
		if row.Capture != nil {
			fmt.Fprintf(t, "\t%s", row.Capture)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// Print writes the report for a reader.
func (r *LoadReport) Print(w io.Writer) {
	r.Machine.Print(w)
	fmt.Fprintf(w, "\nloading %s, each run a new process, file in the page cache; %d runs\n", r.Model.Architecture, r.FirstRow.Runs)
	t := table(w)
	fmt.Fprintln(t, "until\tbest\tmedian\tspread")
	for _, row := range []struct {
		name string
		Times
	}{{"opened", r.Open}, {"session ready", r.Session}, {"first row of one token", r.FirstRow}} {
		fmt.Fprintf(t, "%s\t%.3f s\t%.3f s\t%.0f %%\n", row.name, row.Best, row.Median, 100*row.Spread)
	}
	t.Flush()
	const mb = 1e6
	fmt.Fprintf(w, "packed weights %.1f MB, most resident %.1f MB, of mapped files %.1f MB\n",
		float64(r.PackedBytes)/mb, float64(r.Memory.Peak)/mb, float64(r.Memory.File)/mb)
}
