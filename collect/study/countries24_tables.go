package study

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"premlp/collect/steering"
	"premlp/model"
)

// write writes the result, its tables and its picture to the study's folder.
func (r *Countries24Result) write(dir string) error {
	name := func(file string) string {
		path := filepath.Join(dir, file)
		r.Files = append(r.Files, path)
		return path
	}
	var text bytes.Buffer
	r.Tables(&text)
	err := writeFile(name("tables.md"), text.Bytes())
	for _, kind := range []string{"svg", "png"} {
		if err == nil {
			err = r.drawHeadline(name("headline."+kind), kind)
		}
	}
	if err != nil {
		return err
	}
	return writeJSON(name("result.json"), r)
}

// Tables writes all tables as Markdown.
func (r *Countries24Result) Tables(w io.Writer) {
	for _, site := range []model.Site{mlpIn, residual} {
		fmt.Fprintf(w, "## Named questions, `%s`\n\n", site)
		r.readoutTable(w, site)
		fmt.Fprintf(w, "## One token alone, `%s`\n\n", site)
		r.placeTable(w, site)
	}
	for _, d := range r.Described {
		for _, site := range []model.Site{mlpIn, residual} {
			fmt.Fprintf(w, "## Descriptions by %s, `%s`\n\n", strings.ReplaceAll(d.Fact, "_", " "), site)
			d.table(w, site)
		}
	}
	if r.Causal != nil {
		r.Causal.tables(w, r.Seed)
	}
}

// readoutTable has a row for each layer of a site.
func (r *Countries24Result) readoutTable(w io.Writer, site model.Site) {
	first := r.Concepts[0]
	t := newTable("layer | mean, " + first + " | rank | mean, median (range) | LDA, " + first + " | rank | LDA, median (range) | random target, mean / LDA | shuffled, mean / LDA | random direction")
	for _, l := range r.Readouts.Layers {
		if l.Site == site {
			m, d := &l.Mean, &l.LDA
			t.row(l.Layer, between(m.Target, m.Low, m.High), m.Rank, spread(m.Targets), between(d.Target, d.Low, d.High), d.Rank, spread(d.Targets),
				area(m.RandomTarget.High)+" / "+area(d.RandomTarget.High), area(m.Shuffled.High)+" / "+area(d.Shuffled.High), area(l.Random))
		}
	}
	t.write(w)
}

// placeTable has the median over targets at each place, counted from the prompt's
// end and from the concept.
func (r *Countries24Result) placeTable(w io.Writer, site model.Site) {
	var t *table
	for _, l := range r.Readouts.Layers {
		if l.Site != site {
			continue
		}
		if t == nil {
			heads := []string{"layer"}
			for _, p := range l.Places {
				heads = append(heads, strings.TrimSpace(fmt.Sprintf("%+d %s", p.Place, p.token())))
			}
			t = newTable(strings.Join(heads, "|"))
		}
		cells := []any{l.Layer}
		for _, p := range l.Places {
			cells = append(cells, area(p.Targets.Median))
		}
		t.row(cells...)
	}
	t.write(w)
}

// token prints a place's token in a table, if all questions have the same there.
func (p PlaceReading) token() string {
	if p.Share < 1 {
		return ""
	}
	text := fmt.Sprintf("%q", p.Token)
	return "`" + strings.ReplaceAll(text[1:len(text)-1], "|", "¦") + "`" // a bar would end the cell
}

// table has a row for each layer of a site, and the bags before them.
func (d *Described) table(w io.Writer, site model.Site) {
	t := newTable("layer | first concept | all, mean (95 %) | median (range) | above the better bag (95 %) | stratified, first | stratified, median (range) | random target | stratified | shuffled | random direction")
	add := func(name any, x Transfer, above string) {
		t.row(name, area(x.Pooled.First), between(x.Pooled.Mean, x.Pooled.Low, x.Pooled.High), spread(x.Pooled), above,
			area(x.Stratified.First), spread(x.Stratified), area(x.RandomTarget.High), area(x.RandomTargetStratified.High), area(x.Shuffled.High), area(x.Random.High))
	}
	add("bag of the prompt", d.Prompt, "")
	add("bag of the description", d.Span, "")
	for _, l := range d.Layers {
		if l.Site == site {
			add(l.Layer, l.Transfer, fmt.Sprintf("%+.3f (%+.3f … %+.3f)", float64(l.Above), float64(l.AboveLow), float64(l.AboveHigh)))
		}
	}
	t.write(w)
}

// tables writes the causal tables.
func (c *Causal) tables(w io.Writer, seed uint64) {
	for _, site := range []model.Site{mlpIn, residual} {
		fmt.Fprintf(w, "## Adding 2 × the direction at one layer, `%s`\n\n", site)
		t := newTable(effectHeads)
		for _, s := range c.Grid.Summaries {
			if s.Place.Site == site {
				effectRow(t, s)
			}
		}
		t.write(w)
	}
	fmt.Fprint(w, "## Strengths\n\n")
	t := newTable(effectHeads)
	for _, s := range c.doses(seed) {
		effectRow(t, s)
	}
	t.write(w)
	fmt.Fprint(w, "## Pairs and swaps\n\n")
	t = newTable(effectHeads)
	for _, s := range c.Pairs.Summaries {
		effectRow(t, s)
	}
	t.write(w)
	fmt.Fprint(w, "## Every concept as the target\n\n")
	t = newTable(effectHeads)
	for _, s := range c.AllTargets.Summaries {
		effectRow(t, s)
	}
	t.write(w)
	fmt.Fprint(w, "## Ablation\n\n")
	t = newTable("place | targets | their right answers lost | others' right answers kept | own | random: others lost")
	for _, a := range c.Ablation {
		t.row(a.Place, a.Targets, fmt.Sprintf("%d of %d", a.Lost, a.Targets), fmt.Sprintf("%d of %d", a.Kept, a.Others), fmt.Sprintf("%+.2f", a.Own), fmt.Sprintf("%g of %d", a.RandomLost, a.RandomOthers))
	}
	t.write(w)
}

// effectHeads are the columns of effectRow.
const effectHeads = "edit | α | place | net (95 %) | net, random | to target | right | others | flipped | lost | own | KL"

// effectRow adds the means over targets of an edit.
func effectRow(t *table, s steering.Summary) {
	net, alpha, kl := fmt.Sprintf("%+.2f", s.Net), "-", "-"
	if s.Interval != nil {
		net += fmt.Sprintf(" (%+.2f … %+.2f)", s.Interval[0], s.Interval[1])
	}
	if s.Kind.Scaled() {
		alpha = fmt.Sprint(s.Alpha)
	}
	if s.KL != nil {
		kl = fmt.Sprintf("%.4f", *s.KL)
	}
	t.row(s.Kind, alpha, s.Place, net, change(s.RandomNet), fmt.Sprintf("%+.2f", s.ToTarget), fmt.Sprintf("%+.2f", s.Right), fmt.Sprintf("%+.2f", s.Others),
		fmt.Sprintf("%.1f %%", 100*s.Flipped), fmt.Sprintf("%.1f %%", 100*s.Lost), change(s.Own), kl)
}

// doses joins the strengths of adding, which were tested in several parts: those
// of the grid's targets, by place and strength.
func (c *Causal) doses(seed uint64) []steering.Summary {
	var effects []steering.Effect
	for _, e := range c.AllTargets.Effects {
		if e.Kind == steering.AddDifference && slices.Contains(c.Targets, e.Target) {
			effects = append(effects, e)
		}
	}
	effects = append(effects, c.Doses.Effects...)
	var list []steering.Summary
	for _, place := range placesOf(effects) {
		for _, alpha := range []float64{1, oneAlpha, 4} {
			var some []steering.Effect
			for _, e := range effects {
				if e.Alpha == alpha && e.Place.String() == place {
					some = append(some, e)
				}
			}
			if len(some) > 0 {
				list = append(list, steering.Summarise(some, seed))
			}
		}
	}
	return list
}

// placesOf lists the places of effects, each once.
func placesOf(effects []steering.Effect) []string {
	var list []string
	for _, e := range effects {
		if p := e.Place.String(); !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// Ablation counts right answers after each target's projection was set to that of
// its controls, over all targets.
type Ablation struct {
	Place   string `json:"place"`
	Targets int    `json:"targets"`
	Lost    int    `json:"own_lost"`    // targets whose own right answer is no longer the best
	Kept    int    `json:"others_kept"` // questions about others whose right answer is still the best
	Others  int    `json:"others"`      // questions about others
	// Own is the mean change of the log-probability of the target's own answer.
	Own float64 `json:"own"`
	// RandomLost is how many of RandomOthers' right answers random directions lose.
	RandomLost   float64 `json:"random_others_lost"`
	RandomOthers int     `json:"random_others"`
}

// ablations are the counts of every place.
func (c *Causal) ablations() []Ablation {
	var list []Ablation
	for _, e := range c.AllTargets.Effects {
		if e.Kind != steering.AblateMean {
			continue
		}
		if n := len(list); n == 0 || list[n-1].Place != e.Place.String() {
			list = append(list, Ablation{Place: e.Place.String()})
		}
		a := &list[len(list)-1]
		a.Targets++
		a.Kept += e.Kept
		a.Others += e.Questions
		if e.OwnKept != nil && !*e.OwnKept {
			a.Lost++
		}
		if e.Own != nil {
			a.Own += *e.Own
		}
		if e.Random != nil {
			a.RandomLost += e.Random.Lost
			a.RandomOthers += e.Questions
		}
	}
	for i := range list {
		list[i].Own /= float64(list[i].Targets)
	}
	return list
}
