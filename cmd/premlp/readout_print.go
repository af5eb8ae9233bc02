package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"premlp/collect/readout"
)

// readoutReport is the result of readout.
type readoutReport struct {
	Model  string `json:"model"`
	From   string `json:"from"`
	Method string `json:"method"`
	*readout.Result
	shown []int // layers; nil: the one that is read most
}

// print writes the table of all points and the lists of some.
func (r *readoutReport) print(w io.Writer) {
	fmt.Fprintf(w, "direction %s of %s; beside it at each point %d random ones of its length", r.Method, r.Target, r.Random)
	if n := len(r.Others); n > 0 {
		fmt.Fprintf(w, " and those of %d other concepts", n)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "place\tlength\tproduct\tstrongest |cos|\trandom\tothers\trank\tneurons beyond\tothers\twords, highest first")
	for i := range r.Points {
		printPoint(t, &r.Points[i], len(r.Others)+1)
	}
	t.Flush()
	fmt.Fprint(w, `random: what 1 in 20 random directions reach; beyond: neurons whose |cos| is above that. others: the median over the
other concepts' directions; rank: the target's among all. A direction that stands for its concept is above both.
`)
	for _, i := range r.details() {
		r.printLists(w, &r.Points[i])
	}
}

// printPoint writes a point's rows of the table.
func printPoint(w io.Writer, p *readout.PointResult, concepts int) {
	words := "-"
	if p.Lens != nil {
		words = ""
		for _, x := range p.Lens.Highest[:min(5, len(p.Lens.Highest))] {
			words += fmt.Sprintf("%q ", x.Text)
		}
		words += fmt.Sprintf("(%+.1f sd, random %+.1f)", p.Lens.Highest[0].SDs, p.Lens.RandomHigh)
	}
	place, length := fmt.Sprintf("%s.%d", p.Site, p.Layer), fmt.Sprintf("%.4g", p.Length)
	if len(p.Neurons) == 0 {
		fmt.Fprintf(w, "%s\t%s\t-\t-\t-\t-\t-\t-\t-\t%s\n", place, length, words)
	}
	for i, n := range p.Neurons {
		if i > 0 {
			place, length, words = "", "", ""
		}
		rank := "-"
		if n.Rank != nil {
			rank = fmt.Sprintf("%d of %d", *n.Rank, concepts)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.3f\t%.3f\t%s\t%s\t%d of %d\t%s\t%s\n", place, length, n.Name, n.Strongest, n.RandomLevel,
			optional("%.3f", n.OthersMedian), rank, n.Beyond, n.Neurons, optional("%.0f", n.OthersBeyond), words)
	}
}

// details picks the points whose lists are printed.
func (r *readoutReport) details() []int {
	var list []int
	best, most := 0, -1.0
	for i, p := range r.Points {
		if slices.Contains(r.shown, p.Layer) {
			list = append(list, i)
		}
		strength := 0.0
		for _, n := range p.Neurons {
			strength = max(strength, n.Strongest/n.RandomLevel)
		}
		if p.Neurons == nil && p.Lens != nil && p.Lens.RandomHigh > 0 {
			strength = p.Lens.Highest[0].SDs / p.Lens.RandomHigh / 1e3 // behind all points with neurons
		}
		if strength > most {
			best, most = i, strength
		}
	}
	if r.shown == nil {
		return []int{best}
	}
	return list
}

// printLists writes a point's lists.
func (r *readoutReport) printLists(w io.Writer, p *readout.PointResult) {
	fmt.Fprintf(w, "\n%s.%d\n", p.Site, p.Layer)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, n := range p.Neurons {
		fmt.Fprintf(t, "%s (%s)\thighest\tcos\trow·d\t|row|\tlowest\tcos\trow·d\t|row|\n", n.Name, n.Module)
		for i := range n.Highest {
			fmt.Fprint(t, "\t")
			for _, x := range []readout.Neuron{n.Highest[i], n.Lowest[i]} {
				fmt.Fprintf(t, "%s\t%+.3f\t%+.3g\t%.3g\t", neuronName(x), x.Cosine, x.Projection, x.RowLength)
			}
			fmt.Fprintln(t)
		}
	}
	t.Flush()
	if p.NeuronsReason != "" {
		fmt.Fprintf(w, "neurons   none: %s\n", p.NeuronsReason)
	}
	if p.Lens == nil {
		fmt.Fprintf(w, "words     none: %s\n", p.LensReason)
	} else {
		fmt.Fprintf(w, "words     %s\n", p.Lens.Map)
		if p.Lens.LeftOut > 0 {
			fmt.Fprintf(w, "          %d coordinates left out, where that norm's weight is 0\n", p.Lens.LeftOut)
		}
		printWords(w, "highest", p.Lens.Highest)
		printWords(w, "lowest", p.Lens.Lowest)
		fmt.Fprintf(w, "          random directions: highest %+.1f sd, lowest %+.1f\n", p.Lens.RandomHigh, -p.Lens.RandomLow)
	}
	if p.Tokens == nil {
		return
	}
	fmt.Fprintf(w, "tokens    %d of %d texts, first ones left out; projection on the unit direction, mean %.3g, sd %.3g\n", r.Tokens, r.Texts, p.Tokens.Mean, p.Tokens.SD)
	printTokens(w, "highest", p.Tokens.Highest)
	printTokens(w, "lowest", p.Tokens.Lowest)
}

// neuronName names a neuron, of a mixture with its expert.
func neuronName(n readout.Neuron) string {
	if n.Expert != nil {
		return fmt.Sprintf("%d:%d", *n.Expert, n.Index)
	}
	return fmt.Sprint(n.Index)
}

// printWords writes one list of words in a line.
func printWords(w io.Writer, name string, words []readout.Word) {
	var list []string
	for _, x := range words {
		list = append(list, fmt.Sprintf("%q %+.1f sd", x.Text, x.SDs))
	}
	fmt.Fprintf(w, "%9s %s\n", name, strings.Join(list, ", "))
}

// printTokens writes one list of tokens with what stands around them.
func printTokens(w io.Writer, name string, tokens []readout.Activity) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range tokens {
		times := ""
		if x.Times > 1 {
			times = fmt.Sprintf(", %d times", x.Times)
		}
		fmt.Fprintf(t, "%9s %+.3g\t%+.1f sd\tcos %+.2f\t…%s[%s]%s…\t(%s, token %d%s)\n", name, x.Projection, x.SDs, x.Cosine,
			oneLine(x.Before), oneLine(x.Token), oneLine(x.After), x.Text, x.Position, times)
		name = ""
	}
	t.Flush()
}

// oneLine shows breaks as what they are.
func oneLine(text string) string {
	return strings.NewReplacer("\n", "⏎", "\r", "␍", "\t", "⇥").Replace(text)
}
