package study

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"premlp/collect/steering"
	"premlp/model"
)

// notClaimed is what no figure of the study can show.
var notClaimed = []string{
	"that the first concept is special: every concept in turn gives about the same",
	"that an AUROC near 1 means understanding",
	"that one method is better than another: they were tested on these rows alone",
	"that the MLP input controls the answers",
	"anything about other models, other concepts or other languages",
}

// Print writes the summary for a reader.
func (r *Countries24Result) Print(w io.Writer) {
	form := "chat form"
	if !r.Chat {
		form = "the question itself, as the model has no chat form"
	}
	fmt.Fprintf(w, "%s: %d concepts × %d templates = %d questions, %s; %d rows; %.0f s\n\n", r.Model, len(r.Concepts), len(r.Templates), r.Questions, form, r.Rows, r.Seconds)
	r.printLayers(w)
	fmt.Fprintln(w)
	for _, line := range r.sentences() {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w, "\nNot shown:")
	for _, c := range notClaimed {
		fmt.Fprintln(w, "  "+c)
	}
	fmt.Fprintln(w)
	for _, f := range r.Files {
		fmt.Fprintln(w, "wrote "+f)
	}
}

// printLayers writes a small table: some layers, and what the picture shows of them.
func (r *Countries24Result) printLayers(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	x := r.headlineDescriptions()
	fmt.Fprint(t, "layer\tAUROC named\trange\trandom labels\t")
	if x != nil {
		fmt.Fprintf(t, "by %s\tabove bag\t", strings.ReplaceAll(x.Fact, "_", " "))
	}
	if r.Causal != nil {
		fmt.Fprint(t, "net resid_post\trandom\tnet mlp_in\trandom\t")
	}
	fmt.Fprintln(t)
	for _, l := range r.shown() {
		if !r.notable(l.Layer) {
			continue
		}
		b := l.Mean.Targets
		fmt.Fprintf(t, "%d\t%s\t%s…%s\t%s\t", l.Layer, area(b.Median), area(b.Least), area(b.Most), area(l.Mean.RandomTarget.High))
		if x != nil {
			d := x.at(mlpIn, l.Layer)
			fmt.Fprintf(t, "%s\t%+.3f\t", area(d.Pooled.Median), float64(d.Above))
		}
		if r.Causal != nil {
			for _, site := range []model.Site{residual, mlpIn} {
				s := r.Causal.gridAt(site, l.Layer)
				fmt.Fprintf(t, "%+.2f\t%s\t", s.Net, change(s.RandomNet))
			}
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// notable picks the layers of the small table: the first and last, every fifth,
// and those around the onset.
func (r *Countries24Result) notable(layer int) bool {
	near := r.Causal != nil && layer >= r.Causal.Onset-1 && layer <= r.Causal.Onset+1
	return layer%5 == 0 || layer == r.LayerCount-1 || near
}

// at is the layer of a site.
func (d *Described) at(site model.Site, layer int) *DescribedLayer {
	i := slices.IndexFunc(d.Layers, func(l DescribedLayer) bool { return l.Site == site && l.Layer == layer })
	return &d.Layers[i]
}

// gridAt is the grid's summary of a layer.
func (c *Causal) gridAt(site model.Site, layer int) steering.Summary {
	i := slices.IndexFunc(c.Grid.Summaries, func(s steering.Summary) bool { return s.Place.Site == site && s.Place.Layers[0] == layer })
	return c.Grid.Summaries[i]
}

// sentences say what the figures show.
func (r *Countries24Result) sentences() []string {
	best := slices.MaxFunc(r.shown(), func(a, b *Readout) int { return cmp.Compare(a.Mean.Targets.Median, b.Mean.Targets.Median) })
	list := []string{fmt.Sprintf("Read: in questions of unseen templates the concept is read best at mlp_in.%d, AUROC %s over all concepts in turn; random labels reach %s.",
		best.Layer, spread(best.Mean.Targets), area(best.Mean.RandomTarget.High))}
	for _, d := range r.Described {
		name := strings.ReplaceAll(d.Fact, "_", " ")
		for _, site := range []model.Site{mlpIn, residual} {
			from := fmt.Sprintf("from layer %d on above", d.From[site])
			if d.From[site] < 0 {
				from = "not above"
			}
			list = append(list, fmt.Sprintf("Carry over: descriptions by %s, %s: %s what bags of input embeddings give (medians %s of the prompt, %s of the description).",
				name, site, from, area(d.Prompt.Pooled.Median), area(d.Span.Pooled.Median)))
		}
	}
	if r.Causal == nil {
		return append(list, "Act: not tested: "+r.Untested+".")
	}
	return append(list, r.Causal.sentences()...)
}

// sentences say what the edits did.
func (c *Causal) sentences() []string {
	list := []string{fmt.Sprintf("Known: the %s of %d of %d concepts, asked %q and begun %q.", c.Fact, len(c.Known), len(c.Known)+len(c.Unknown), c.Question, c.Prefix)}
	for _, site := range []model.Site{residual, mlpIn} {
		var most steering.Summary
		for _, s := range c.Grid.Summaries {
			if s.Place.Site == site && (most.Targets == 0 || s.Net > most.Net) {
				most = s
			}
		}
		list = append(list, fmt.Sprintf("Act: adding 2 × a direction at one layer of %s moves the target's answer by at most %+.2f against the others (%s).", site, most.Net, most.Place))
	}
	list = append(list, fmt.Sprintf("Act: half of the largest effect is reached at resid_post.%d.", c.Onset))
	for _, a := range c.Ablation {
		if a.Place == at(residual, c.Onset).String() || strings.HasPrefix(a.Place, string(mlpIn)) {
			list = append(list, fmt.Sprintf("Needed: without its direction at %s the target's right answer is lost for %d of %d targets; %d of %d answers about others stay right.",
				a.Place, a.Lost, a.Targets, a.Kept, a.Others))
		}
	}
	return list
}
