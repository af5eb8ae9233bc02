package study

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// write keeps the result as relations.json and relations.txt.
func (r *RelationsResult) write(dir string) error {
	if err := writeJSON(filepath.Join(dir, "relations.json"), r); err != nil {
		return err
	}
	var b bytes.Buffer
	r.Print(&b)
	return writeFile(filepath.Join(dir, "relations.txt"), b.Bytes())
}

// Print writes the tables for a reader.
func (r *RelationsResult) Print(w io.Writer) {
	fmt.Fprintf(w, "relations, %s, seed %d: questions as the data has them, raw\n", r.Model, r.Seed)
	for i := range r.Relations {
		r.Relations[i].print(w)
	}
}

// print writes one relation's.
func (x *RelationResult) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %d of %d facts asked\n", x.Name, x.Facts, x.Of)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "template\tanswer best of all objects'\tof the vocabulary")
	for _, k := range x.Templates {
		mark := ""
		if k.Text == x.Asked {
			mark = "  (asked)"
		}
		fmt.Fprintf(t, "%s%s\t%d of %d\t%d of %d\n", k.Text, mark, k.Best, x.Facts, k.Own, x.Facts)
	}
	t.Flush()
	if x.Read != nil {
		fmt.Fprintf(w, "read      %d objects with two known subjects or more (%s): AUROC of new subjects in a new template\n", len(x.Objects), strings.Join(x.Objects, ", "))
		for _, site := range []string{string(mlpIn), string(residual)} {
			x.printRead(w, site)
		}
	} else {
		fmt.Fprintln(w, "read      nothing: no two objects have two known subjects")
	}
	if x.Causal == nil {
		fmt.Fprintf(w, "steering  none: %s\n", x.Reason)
		return
	}
	fmt.Fprintf(w, "steering  %d known subjects, %d targets; means over targets of changes of log-probability\n", len(x.Causal.Known), x.Causal.Summaries[0].Targets)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "edit\tplace\tto target\tright\tothers\tnet\trandom net\tflipped\tlost\town\t")
	for _, s := range x.Causal.Summaries {
		random, own := "-", "-"
		if s.RandomNet != nil {
			random = fmt.Sprintf("%+.2f", *s.RandomNet)
		}
		if s.Own != nil {
			own = fmt.Sprintf("%+.2f", *s.Own)
		}
		fmt.Fprintf(t, "%s\t%s\t%+.2f\t%+.2f\t%+.2f\t%+.2f\t%s\t%.0f %%\t%.0f %%\t%s\t\n", s.Kind, s.Place, s.ToTarget, s.Right, s.Others, s.Net, random, 100*s.Flipped, 100*s.Lost, own)
	}
	t.Flush()
}

// printRead writes a site's AUROC: of every third layer, the best, and layer 0.
func (x *RelationResult) printRead(w io.Writer, site string) {
	var best *RelationPlace
	var list []string
	for i := range x.Read {
		p := &x.Read[i]
		if string(p.Site) != site {
			continue
		}
		if best == nil || p.AUROC > best.AUROC {
			best = p
		}
		if p.Layer%3 == 0 {
			list = append(list, fmt.Sprintf("%d: %.2f", p.Layer, p.AUROC))
		}
	}
	fmt.Fprintf(w, "  %-10s %s\n", site, strings.Join(list, "  "))
	fmt.Fprintf(w, "  %-10s best %.2f at layer %d; objects dealt anew %.2f, 1 in 20 %.2f\n", "", best.AUROC, best.Layer, best.Null.Mean, best.Null.High)
}
