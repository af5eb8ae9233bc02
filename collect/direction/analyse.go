package direction

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// Analyse finds and tests the directions of a dataset. It holds as many layers at
// a time as there are processors, large ones one at a time. The result follows from the source and the options alone: neither time
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
	reports := make([]*LayerReport, len(work))
	done := a.progress(len(work))
	err := parallel(a.atOnce(), len(work), func(i int) error {
		w := work[i]
		r, err := a.layer(ctx, w.site, w.layer)
		if err != nil {
			return fmt.Errorf("%s.%d: %w", w.site, w.layer, err)
		}
		reports[i] = r
		done()
		return nil
	})
	if err != nil {
		return err
	}
	for i, w := range work { // layer 0 comes first
		r := reports[i]
		if w.layer == 0 {
			a.start[w.site] = r
		}
		a.judge(r)
		if w.reported {
			a.report.Layers = append(a.report.Layers, r)
		}
	}
	a.overLayers()
	return nil
}

// progress tells the caller of none done, and gives what tells of one more.
func (a *analysis) progress(total int) (more func()) {
	if a.o.Progress == nil {
		return func() {}
	}
	a.o.Progress(0, total)
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		a.o.Progress(done, total)
	}
}

// largeLayer is how many values a layer's rows and second moments may have for
// others to be done beside it. A larger one has the memory for itself; the
// processors share its blocks.
const largeLayer = 1 << 25

// atOnce is how many layers are done at once.
func (a *analysis) atOnce() int {
	d, dim := a.design, a.src.Manifest().Dim
	if d.rows*dim > largeLayer || len(d.cells)*dim*dim/2 > largeLayer {
		return 1
	}
	return runtime.GOMAXPROCS(0)
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
	if d.groups == 1 {
		miss("controls held out: one group of controls was asked for")
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
	l := &layer{m: m, o: a.o, sums: newClassSums(m, m.labels(m.target)), bases: map[string][]float64{}}
	if slices.ContainsFunc(a.methods, func(x method) bool { return x.moments }) {
		if l.moments, err = newMoments(m); err != nil {
			return nil, err
		}
	}
	c := l.sums.train(whole)
	mean := c.difference()
	r := &LayerReport{Control: floats.AddTo(make([]float64, m.dim), m.mean, c.m0), Site: site, Layer: number, Norm: Figure(floats.Norm(mean, 2)), SplitHalf: Figure(splitHalf(m)), Random: noNull}
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
	if r.Methods, err = a.fitMethods(l, labelled); err != nil {
		return nil, err
	}
	if labelled != nil {
		a.borrow(l, r, labelled)
	}
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
func (a *analysis) borrow(l *layer, r *LayerReport, labelled []*classSums) {
	mean := r.Methods[0]
	if mean.Method != Mean {
		mean = newMethodReport(Mean)
		a.nulls(mean, Mean, byMeans(l.m, a.labels, labelled))
	}
	for _, x := range r.Methods {
		if x.NullMethod == "" {
			x.NullMethod, x.Targets, x.Shuffled, x.draws = mean.NullMethod, mean.Targets, mean.Shuffled, mean.draws
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
