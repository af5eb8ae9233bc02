package direction

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Level is what a direction is fitted on.
type Level string

const (
	Rows      Level = "rows"      // every row counts
	Questions Level = "questions" // every question counts, by its mean row
)

// Options say what Analyse does. The zero value of a field is its default.
type Options struct {
	Target    string   // the manifest's target
	Sites     []string // all
	Layers    []int    // all
	Methods   []string // all
	Level     Level    // Rows
	Folds     int      // of templates: 5, or as many as leave 2 templates in each, or 1
	Groups    int      // of controls: 3
	Bootstrap int      // draws: 1000
	Nulls     int      // draws of each null: 40
	Seed      uint64   // 1

	// Progress is told how many layers of how many are done.
	Progress func(done, total int)
}

// Analyse finds and tests the directions of a dataset. It holds one layer at a
// time. The result follows from the source and the options alone: neither time
// nor the number of processors is in it.
func Analyse(ctx context.Context, src Source, o Options) (*Report, error) {
	o, err := o.complete(src)
	if err != nil {
		return nil, fmt.Errorf("directions: %w", err)
	}
	d, err := newDesign(src, o)
	if err != nil {
		return nil, fmt.Errorf("directions: %w", err)
	}
	a := &analysis{src: src, o: o, design: d, start: map[string]*LayerReport{}}
	if err := a.run(ctx); err != nil {
		return nil, fmt.Errorf("directions: %w", err)
	}
	return a.report, nil
}

// complete fills in defaults and checks what was asked for.
func (o Options) complete(src Source) (Options, error) {
	m := src.Manifest()
	fill := func(v *int, standard int) {
		if *v == 0 {
			*v = standard
		}
	}
	fill(&o.Groups, 3)
	fill(&o.Bootstrap, 1000)
	fill(&o.Nulls, 40)
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Level == "" {
		o.Level = Rows
	}
	if len(o.Sites) == 0 {
		o.Sites = m.Sites
	}
	if len(o.Layers) == 0 {
		o.Layers = m.Layers
	}
	if _, err := chooseMethods(o.Methods); err != nil {
		return o, err
	}
	if o.Level != Rows && o.Level != Questions {
		return o, fmt.Errorf("level: want %s or %s, have %q", Rows, Questions, o.Level)
	}
	for _, s := range o.Sites {
		if !slices.Contains(m.Sites, s) {
			return o, fmt.Errorf("site: want some of %v, have %q", m.Sites, s)
		}
	}
	for _, l := range o.Layers {
		if !slices.Contains(m.Layers, l) {
			return o, fmt.Errorf("layer: want some of %v, have %d", m.Layers, l)
		}
	}
	if o.Folds == 1 || o.Folds < 0 {
		return o, fmt.Errorf("folds: want at least 2, have %d", o.Folds)
	}
	if o.Groups < 2 {
		return o, fmt.Errorf("control groups: want at least 2, have %d", o.Groups)
	}
	if o.Bootstrap < 1 || o.Nulls < 1 {
		return o, fmt.Errorf("draws: want at least 1, have %d of the bootstrap and %d of the nulls", o.Bootstrap, o.Nulls)
	}
	return o, nil
}

// analysis is one run.
type analysis struct {
	src     Source
	o       Options
	design  *design
	methods []method
	draws   *draws
	labels  []labelling             // every concept, then random targets, then shuffled labels
	tokens  []float64               // the bootstrap's AUROCs of the rows' tokens
	start   map[string]*LayerReport // per site: layer 0
	report  *Report
}

func (a *analysis) run(ctx context.Context) error {
	d := a.design
	a.methods, _ = chooseMethods(a.o.Methods) // checked before
	a.draws = newDraws(d, a.o.Bootstrap, a.o.Seed)
	a.labels = slices.Concat(d.pseudoTargets(), d.randomTargets(a.o.Nulls, a.o.Seed), d.shuffledLabels(a.o.Nulls, a.o.Seed))
	a.begin()
	work := a.work()
	for i, w := range work {
		if a.o.Progress != nil {
			a.o.Progress(i, len(work))
		}
		r, err := a.layer(ctx, w.site, w.layer)
		if err != nil {
			return fmt.Errorf("%s.%d: %w", w.site, w.layer, err)
		}
		if w.layer == 0 {
			a.start[w.site] = r
		}
		a.judge(r)
		if w.reported {
			a.report.Layers = append(a.report.Layers, r)
		}
	}
	if a.o.Progress != nil {
		a.o.Progress(len(work), len(work))
	}
	return nil
}

// begin starts the report with what needs no rows.
func (a *analysis) begin() {
	d, m := a.design, a.src.Manifest()
	r := &Report{
		Model: m.Model.Name, Target: d.concepts[d.target], Templates: len(d.templates), Questions: len(d.questions),
		Rows: d.rows, Level: a.o.Level, Folds: d.folds, Groups: d.groups, Bootstrap: a.o.Bootstrap, NullDraws: a.o.Nulls, Seed: a.o.Seed,
		Convention: "the target's mean score is above the controls'; mean is in the rows' units, the others have length 1",
		Tokens:     nan, Prompt: nan, Refused: refused, Missing: []string{},
	}
	for c, name := range d.concepts {
		if c != d.target {
			r.Controls = append(r.Controls, name)
		}
	}
	a.report = r
	miss := func(format string, args ...any) { r.Missing = append(r.Missing, fmt.Sprintf(format, args...)) }
	miss("descriptions and their bag of embeddings: the dataset has no questions that describe the target without its name")
	if why := d.tested(); why != "" {
		miss("every figure on held-out questions: %s", why)
		return
	}
	if n := len(d.templates); n < 10 {
		miss("a narrow interval: its clusters are %d templates; below 10 it is too short more often than it says", n)
	}
	if len(d.templates) < 2*d.folds {
		miss("AUROC between templates in every fold: a fold of one template has only pairs of one template, which are at their ceiling from layer 0 on")
	}
	if !slices.Contains(m.Layers, 0) {
		miss("layer 0 as a baseline: the dataset has no layer 0")
	}
	a.bags()
}

// job is one layer to do; a layer 0 that was not asked for is only a baseline.
type job struct {
	site     string
	layer    int
	reported bool
}

func (a *analysis) work() []job {
	var list []job
	stored := slices.Contains(a.src.Manifest().Layers, 0)
	for _, s := range a.o.Sites {
		if stored && !slices.Contains(a.o.Layers, 0) && a.design.tested() == "" {
			list = append(list, job{s, 0, false})
		}
		for _, l := range slices.Sorted(slices.Values(a.o.Layers)) {
			list = append(list, job{s, l, true})
		}
	}
	return list
}

// layer does one layer, all but what compares it with layer 0.
func (a *analysis) layer(ctx context.Context, site string, number int) (*LayerReport, error) {
	m, err := load(ctx, a.src, a.design, site, number)
	if err != nil {
		return nil, err
	}
	l := &layer{m: m, o: a.o, bases: map[string][]float64{}}
	l.sums = newClassSums(m, m.labels(m.target))
	l.centred, l.shares = make([][]float64, m.folds*m.groups+1), make([]float64, m.folds*m.groups+1)
	for _, x := range a.methods {
		if x.moments && l.moments == nil {
			if l.moments, err = newMoments(m); err != nil {
				return nil, err
			}
		}
	}
	mean := l.sums.train(whole).difference()
	r := &LayerReport{Site: site, Layer: number, Norm: Figure(floats.Norm(mean, 2)), SplitHalf: Figure(splitHalf(m)), Random: noNull}
	r.Share = r.Norm / Figure(m.spread())
	if r.Pairs, err = pairCosines(m, mean); err != nil {
		return nil, err
	}
	var labelled []*classSums
	if len(m.blocks()) > 0 {
		r.Random = newNull(areasOf(randomDirections(m, l.sums, a.o.Nulls, a.o.Seed)))
		for _, y := range a.labels {
			labelled = append(labelled, newClassSums(m, y))
		}
	}
	for _, x := range a.methods {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		mr, err := a.method(l, x, labelled)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
		r.Methods = append(r.Methods, mr)
	}
	a.borrow(r)
	return r, nil
}

// spread is the root mean square distance of questions from their mean.
func (m *matrix) spread() float64 {
	return floats.Norm(m.means, 2) / math.Sqrt(float64(len(m.questions)))
}

// areasOf are the AUROCs of trials.
func areasOf(trials []*trial) []float64 {
	list := make([]float64, len(trials))
	for i, t := range trials {
		list[i] = t.area(once)
	}
	return list
}

// borrow gives methods without nulls of their own those of the mean difference.
func (a *analysis) borrow(r *LayerReport) {
	for _, x := range r.Methods {
		if x.NullMethod == "" && r.Methods[0].NullMethod != "" {
			x.NullMethod, x.Targets, x.Shuffled = r.Methods[0].NullMethod, r.Methods[0].Targets, r.Methods[0].Shuffled
		}
	}
}

// judge compares a layer with the baselines and gives its verdicts.
func (a *analysis) judge(r *LayerReport) {
	start := a.start[r.Site]
	for i, x := range r.Methods {
		x.Start, x.StartLow, x.StartHigh, x.TokensLow, x.TokensHigh = nan, nan, nan, nan, nan
		if x.areas != nil {
			if start != nil && start.Methods[i].areas != nil {
				x.Start = start.Methods[i].AUROC
				low, high := interval(difference(x.areas, start.Methods[i].areas))
				x.StartLow, x.StartHigh = Figure(low), Figure(high)
			}
			if a.tokens != nil {
				low, high := interval(difference(x.areas, a.tokens))
				x.TokensLow, x.TokensHigh = Figure(low), Figure(high)
			}
		}
		x.Verdict = x.judge(a.report.Tokens, r.Random.High, start == r)
	}
	r.Verdict = r.Methods[0].Verdict
}
