package direction

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// held are the fits of one method with parts held out.
type held struct {
	directions [][]float64 // per block
	scores     [][]float64 // per block, of labelScores; nil where the method has none
	fits       []error     // per block
	nulls      []error
}

// fitMethods fits all methods on all rows and on each block's, and tests them. A
// fit that cannot be made is told in the report; an error is one of reading rows.
func (a *analysis) fitMethods(l *layer, labelled []*classSums) ([]*MethodReport, error) {
	reports, err := a.fitWhole(l)
	if err != nil {
		return nil, err
	}
	blocks := l.m.blocks()
	if len(blocks) == 0 {
		for _, r := range reports {
			r.Failed = cmp.Or(r.Failed, l.m.tested())
		}
		return reports, nil
	}
	parts, err := a.fitBlocks(l, blocks, reports, labelled)
	if err != nil {
		return nil, err
	}
	for i, r := range reports {
		h := parts[i]
		if r.Failed != "" {
			continue
		}
		if err := errors.Join(h.fits...); err != nil {
			r.Failed = "held-out questions: " + firstOf(h.fits).Error()
			continue
		}
		mean, least := between(h.directions)
		r.FoldCosine, r.FoldCosineLeast = Figure(mean), Figure(least)
		if err := a.test(r, l.m, h.directions); err != nil {
			return nil, err
		}
		if err := firstOf(h.nulls); err != nil {
			r.Failed = "nulls: " + err.Error()
		} else if h.scores != nil {
			a.nulls(r, a.methods[i].name, labelTrials(l.m, a.labels, h.scores))
		}
	}
	return reports, nil
}

// firstOf is the first error there is.
func firstOf(list []error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// fitWhole fits all methods on all rows.
func (a *analysis) fitWhole(l *layer) ([]*MethodReport, error) {
	p := l.newPart(whole)
	var reports []*MethodReport
	for _, x := range a.methods {
		if err := l.m.stop(); err != nil {
			return nil, err
		}
		r := newMethodReport(x.name)
		reports = append(reports, r)
		all, err := p.signed(x)
		if err != nil {
			if r.Failed = err.Error(); readError(err) != nil {
				return nil, fmt.Errorf("%s: %w", x.name, err)
			}
			continue
		}
		r.Direction = slices.Clone(all.d)
		if x.name != Mean {
			unit(r.Direction)
		}
		if x.name == LDA || x.name == LEACE {
			r.Shrinkage = Figure(all.shrinkage)
		}
		if all.variance > 0 {
			r.Variance = Figure(all.variance)
		}
	}
	return reports, nil
}

// partMemory bounds what the parts that are done at once need.
const partMemory = 1 << 30

// partsAtOnce is how many blocks are done at once: as many as there are
// processors, fewer where their [D, D] matrices, 6 each, are too large.
func (l *layer) partsAtOnce() int {
	each := 6 * 8 * l.m.dim * l.m.dim
	return max(1, min(runtime.GOMAXPROCS(0), partMemory/each))
}

// fitBlocks fits the methods that did not fail on each block's training rows, and
// scores what the block holds out for all labellings.
func (a *analysis) fitBlocks(l *layer, blocks []block, reports []*MethodReport, labelled []*classSums) ([]*held, error) {
	parts := make([]*held, len(a.methods))
	for i, x := range a.methods {
		h := &held{directions: make([][]float64, len(blocks)), fits: make([]error, len(blocks)), nulls: make([]error, len(blocks))}
		if x.whiten != nil {
			h.scores = make([][]float64, len(blocks))
		}
		parts[i] = h
	}
	err := parallel(l.partsAtOnce(), len(blocks), func(k int) error {
		p, apart := l.newPart(blocks[k]), differences(l.m, labelled, blocks[k])
		for i, x := range a.methods {
			h := parts[i]
			if err := l.m.stop(); err != nil {
				return err
			}
			if reports[i].Failed != "" {
				continue
			}
			if x.folds == nil {
				f, err := p.signed(x)
				h.directions[k], h.fits[k] = f.d, err
			}
			if x.whiten != nil && h.fits[k] == nil {
				w, err := x.whiten(p)
				if h.nulls[k] = err; err == nil {
					h.scores[k] = labelScores(l.m, apart, blocks[k], w)
				}
			}
			if err := readError(errors.Join(h.fits[k], h.nulls[k])); err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.moments = nil // large, and of no more use
	for i, x := range a.methods {
		if x.folds == nil || reports[i].Failed != "" {
			continue
		}
		if parts[i].directions, err = x.folds(l, blocks); err != nil {
			if readError(err) != nil {
				return nil, fmt.Errorf("%s: %w", x.name, err)
			}
			parts[i].fits[0] = err
		}
	}
	return parts, nil
}

func newMethodReport(name string) *MethodReport {
	return &MethodReport{
		Method: name, Shrinkage: nan, Variance: nan, AUROC: nan, Low: nan, High: nan, Worst: nan, Stratified: nan, PooledRows: nan,
		Targets: noNull, Shuffled: noNull, FoldCosine: nan, FoldCosineLeast: nan,
	}
}

// readError gives err back where it is one of reading rows.
func readError(err error) error {
	if errors.Is(err, errRows) {
		return err
	}
	return nil
}

var errOneClass = errors.New("want rows of the target and of controls outside each fold, have only one of them")

// signed fits a method and turns the direction so that the training rows'
// mean difference has a positive score.
func (p *part) signed(x method) (fitted, error) {
	c := p.sums.train(p.b)
	if c.n1 == 0 || c.n0 == 0 {
		return fitted{}, errOneClass
	}
	f, err := x.fit(p)
	if err != nil {
		return f, err
	}
	for _, v := range f.d {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fitted{}, errors.New("want finite values, have others")
		}
	}
	if dot(f.d, c.difference()) < 0 {
		f.d = slices.Clone(f.d)
		floats.Scale(-1, f.d)
	}
	return f, nil
}

// test fills in the figures of held-out questions.
func (a *analysis) test(r *MethodReport, m *matrix, directions [][]float64) error {
	scores, err := newRowScores(m, directions)
	if err != nil {
		return err
	}
	y := m.labels(m.target)
	t := m.newTrial(y, scores.question)
	r.AUROC, r.Worst, r.Stratified = Figure(t.area(once)), Figure(t.worst()), Figure(t.stratified())
	r.areas = a.draws.areas(t)
	low, high := interval(r.areas)
	r.Low, r.High = Figure(low), Figure(high)
	if a.o.Level == Questions {
		return nil
	}
	r.PooledRows = Figure(scores.pooled(y).area(once))
	for k := range m.short {
		r.Places = append(r.Places, Place{k + 1, Figure(m.newTrial(y, scores.at(k)).area(once))})
	}
	if m.sameLength() {
		return nil
	}
	for k := -m.short; k < 0; k++ {
		r.Places = append(r.Places, Place{k, Figure(m.newTrial(y, scores.at(k)).area(once))})
	}
	return nil
}

// sameLength says whether all questions have as many rows, so that places
// counted from the end are those counted from the start.
func (d *design) sameLength() bool {
	return !slices.ContainsFunc(d.questions, func(q question) bool { return q.stored != d.short })
}

// nulls fills in what other labels give by a method.
func (a *analysis) nulls(r *MethodReport, method string, trials []*trial) {
	areas := areasOf(trials)
	c := len(a.design.concepts)
	r.NullMethod, r.draws = method, areas[c:]
	r.Targets, r.Shuffled = newNull(areas[c:c+a.o.Nulls]), newNull(areas[c+a.o.Nulls:])
	r.Band = a.band(areas[:c])
}

// band sums up every concept's turn as the target.
func (a *analysis) band(areas []float64) *Band {
	b := &Band{Rank: 1, Of: len(areas), Own: Figure(areas[a.design.target])}
	for _, v := range areas {
		if v > areas[a.design.target] {
			b.Rank++
		}
	}
	mean, low, high := meanInterval(areas, a.o.Bootstrap, a.o.Seed)
	b.Mean, b.Low, b.High = Figure(mean), Figure(low), Figure(high)
	b.Median, b.Least, b.Most = Figure(quantile(areas, 0.5)), Figure(quantile(areas, 0)), Figure(quantile(areas, 1))
	order := append([]int{a.design.target}, without(len(areas), a.design.target)...)
	for _, c := range order {
		b.All = append(b.All, Figure(areas[c]))
	}
	return b
}

// without lists 0 to n-1 but one.
func without(n, one int) []int {
	var list []int
	for i := range n {
		if i != one {
			list = append(list, i)
		}
	}
	return list
}
