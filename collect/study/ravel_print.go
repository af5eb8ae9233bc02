package study

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// write keeps the result as ravel.json and ravel.txt.
func (r *RavelResult) write(dir string) error {
	if err := writeJSON(filepath.Join(dir, "ravel.json"), r); err != nil {
		return err
	}
	var b bytes.Buffer
	r.Print(&b)
	return writeFile(filepath.Join(dir, "ravel.txt"), b.Bytes())
}

// Print writes the tables for a reader.
func (r *RavelResult) Print(w io.Writer) {
	fmt.Fprintf(w, "RAVEL, %s, %s: %d entities and %d prompts of each attribute drawn of each split, seed %d\n", r.Kind, r.Model, r.Run.Entities, r.Run.Prompts, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "split\tattribute\tprompts\tentities\tknown in one prompt or more\tfacts\tknown: best of all values\tof the vocabulary")
	for _, k := range r.Known {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d (%.0f %%)\t%d\n", k.Split, k.Attribute, len(k.Prompts), k.Entities, k.KnownOf, k.Facts, k.Known, 100*float64(k.Known)/float64(max(k.Facts, 1)), k.Own)
	}
	t.Flush()
	for _, v := range r.Values {
		fmt.Fprintf(w, "%s: %d values with a mean, of %d known training facts\n", v.Attribute, v.Values, v.Facts)
	}
	fmt.Fprint(w, "\ntest, the layer and strength chosen on val; no edit has score 0.50\n")
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "moved\ttokens\tedit\talpha\tplace\tcause\t95 %\tisolation")
	fmt.Fprintln(t, "\tscore\tscore on val")
	for _, s := range r.Test {
		s.print(t, r.valScore(s))
	}
	t.Flush()
	fmt.Fprintf(w, "%d pairs, %d edited prompts\n", r.Pairs, r.Edited)
}

// print writes a row of the table.
func (s *RavelScore) print(w io.Writer, onVal float64) {
	alpha := "-"
	if s.Edit == RavelAdd || s.Edit == RavelRandom {
		alpha = fmt.Sprintf("%g", s.Alpha)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d of %d\t%.2f…%.2f\t", s.Moved, s.Tokens, s.Edit, alpha, s.Place, s.Cause.Done, s.Cause.Trials, s.Cause.Low, s.Cause.High)
	for i, x := range s.Isolation {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, "%s %d of %d", x.Attribute, x.Done, x.Trials)
	}
	fmt.Fprintf(w, "\t%.2f\t%.2f\n", s.Score, onVal)
}

// valScore is the score on val of a way.
func (r *RavelResult) valScore(s RavelScore) float64 {
	i := slices.IndexFunc(r.Val, func(x RavelScore) bool {
		return x.Moved == s.Moved && x.way().same(s.way())
	})
	if i < 0 {
		return 0
	}
	return r.Val[i].Score
}
