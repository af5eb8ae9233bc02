package direction

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// method fits one method on all rows and on each block's, and tests it. A fit
// that cannot be made is told in the report; an error is one of reading rows.
func (a *analysis) method(l *layer, x method, labelled []*classSums) (*MethodReport, error) {
	r := newMethodReport(x.name)
	all, err := l.signed(x, whole)
	if err != nil {
		r.Failed = err.Error()
		return r, readError(err)
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
	blocks := l.m.blocks()
	if len(blocks) == 0 {
		r.Failed = l.m.tested()
		return r, nil
	}
	directions := make([][]float64, len(blocks))
	err = parallel(len(blocks), func(k int) error {
		f, err := l.signed(x, blocks[k])
		directions[k] = f.d
		return err
	})
	if err != nil {
		r.Failed = "held-out questions: " + err.Error()
		return r, readError(err)
	}
	mean, least := between(directions)
	r.FoldCosine, r.FoldCosineLeast = Figure(mean), Figure(least)
	if err := a.test(r, l.m, directions); err != nil {
		return r, err
	}
	return r, a.nulls(r, l, x, labelled)
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

// signed fits a method and turns the direction so that the training rows'
// mean difference has a positive score.
func (l *layer) signed(x method, b block) (fitted, error) {
	c := l.sums.train(b)
	if c.n1 == 0 || c.n0 == 0 {
		return fitted{}, errors.New("want rows of the target and of controls outside each fold, have only one of them")
	}
	f, err := x.fit(l, b)
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

// nulls fills in what other labels give.
func (a *analysis) nulls(r *MethodReport, l *layer, x method, labelled []*classSums) error {
	if x.whiten == nil {
		return nil
	}
	trials, err := many(l.m, a.labels, labelled, func(b block) (whitener, error) { return x.whiten(l, b) })
	if err != nil {
		r.Failed = "nulls: " + err.Error()
		return readError(err)
	}
	areas := areasOf(trials)
	c := len(l.m.concepts)
	r.NullMethod = x.name
	r.Targets, r.Shuffled = newNull(areas[c:c+a.o.Nulls]), newNull(areas[c+a.o.Nulls:])
	r.Band = a.band(areas[:c])
	return nil
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
