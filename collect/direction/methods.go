package direction

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
)

// The methods, in the order of reports.
const (
	Mean       = "mean"        // mean difference
	LDA        = "lda"         // mean difference whitened by the classes' covariance
	Logistic   = "logistic"    // logistic regression
	PCA        = "pca"         // principal component of paired differences
	PCACentred = "pca-centred" // the same, the differences centred
	PCARows    = "pca-rows"    // principal component of all rows
	CCS        = "ccs"         // contrast-consistent search
	LEACE      = "leace"       // least-squares concept erasure: the direction it reads
)

// fitted is one direction of one block.
type fitted struct {
	d         []float64 // [D], its sign as the mean difference's
	shrinkage float64
	variance  float64
}

// method is how a direction is fitted, and how the same is done for many
// labellings at once, where that is cheap.
type method struct {
	name    string
	moments bool // needs second moments
	fit     func(*layer, block) (fitted, error)
	whiten  func(*layer, block) (whitener, error) // nil: too dear for nulls and pseudo-targets
}

var methods = []method{
	{Mean, false, (*layer).fitMean, func(*layer, block) (whitener, error) { return plain, nil }},
	{LDA, true, (*layer).fitLDA, (*layer).whitenLDA},
	{Logistic, true, (*layer).fitLogistic, nil},
	{PCA, true, (*layer).fitPCA, nil},
	{PCACentred, true, (*layer).fitPCACentred, nil},
	{PCARows, true, (*layer).fitPCARows, (*layer).alongPCARows},
	{CCS, false, (*layer).fitCCS, nil},
	{LEACE, true, (*layer).fitLEACE, (*layer).whitenLEACE},
}

// MethodNames lists all methods.
func MethodNames() []string {
	var names []string
	for _, m := range methods {
		names = append(names, m.name)
	}
	return names
}

// chooseMethods gives the methods of names, all where there are none.
func chooseMethods(names []string) ([]method, error) {
	if len(names) == 0 {
		return methods, nil
	}
	for _, n := range names {
		if !slices.Contains(MethodNames(), n) {
			return nil, fmt.Errorf("method: want some of %s, have %q", strings.Join(MethodNames(), ", "), n)
		}
	}
	var chosen []method
	for _, m := range methods {
		if slices.Contains(names, m.name) {
			chosen = append(chosen, m)
		}
	}
	return chosen, nil
}

// layer is one site and layer with what its methods share.
type layer struct {
	m         *matrix
	sums      *classSums // of the target
	moments   *moments   // nil where no method needs them
	o         Options
	curvature *curvature           // near logit
	logit     *logit               // of all rows: a start for the folds'
	bases     map[string][]float64 // leading components of all rows, by method
	centred   [][]float64          // per block, the whole last: what fitPCA finds on its way
	shares    []float64            // their variance
}

func (l *layer) fitMean(b block) (fitted, error) { return fitted{d: meanDifference(l.sums, b)}, nil }

func (l *layer) fitLDA(b block) (fitted, error) {
	d, share, err := lda(l.moments, l.sums, b)
	return fitted{d: d, shrinkage: share}, err
}

func (l *layer) whitenLDA(b block) (whitener, error) {
	c, err := sharedLDA(l.moments, b)
	return inverse(c), err
}

func (l *layer) fitLEACE(b block) (fitted, error) {
	d, share, err := leace(l.moments, l.sums, b)
	return fitted{d: d, shrinkage: share}, err
}

func (l *layer) whitenLEACE(b block) (whitener, error) {
	c, err := sharedLEACE(l.moments, b)
	return inverse(c), err
}

// Where logistic regression ends: the rounds of the fit on all rows, each of
// which begins with the Hessian at the end of the one before, the first with
// that at 0; and a fold's fit, which begins at the end of that, with the Hessian
// there of its own rows. It moves a fold's scores by less than one in ten thousand.
var wholeRounds = []float64{1, 1e-2, 1e-7}

const foldTolerance = 1e-4

// fitLogistic fits all rows first.
func (l *layer) fitLogistic(b block) (fitted, error) {
	if b != whole {
		round, err := penalised(l.curvature.train(b))
		if err != nil {
			return fitted{}, err
		}
		f, err := logistic(l.m, l.sums, b, l.logit, round, foldTolerance)
		if err != nil {
			return fitted{}, err
		}
		return fitted{d: f.direction}, nil
	}
	round, err := flatHessian(l.moments.train(whole), l.sums.train(whole))
	for i, tolerance := range wholeRounds {
		if i > 0 && err == nil {
			if l.curvature, err = l.logit.curvature(l.m); err == nil {
				round, err = penalised(l.curvature.train(whole))
			}
		}
		if err != nil {
			return fitted{}, err
		}
		l.logit, err = logistic(l.m, l.sums, b, l.logit, round, tolerance)
	}
	if err != nil {
		return fitted{}, err
	}
	return fitted{d: l.logit.direction}, nil
}

// slot is a block's place in l.centred.
func (l *layer) slot(b block) int {
	if b == whole {
		return l.m.folds * l.m.groups
	}
	return b.fold*l.m.groups + max(b.group, 0)
}

// component keeps a fit on all rows as the folds' start: the end is the same
// from any start.
func (l *layer) component(name string, b block, p pca, err error) (fitted, error) {
	if err != nil {
		return fitted{}, err
	}
	if b == whole {
		l.bases[name] = p.basis
	}
	return fitted{d: p.first, variance: p.share}, nil
}

func (l *layer) fitPCA(b block) (fitted, error) {
	pairs, err := newPairSums(l.moments, b)
	if err != nil {
		return fitted{}, err
	}
	p, err := pcaPairs(pairs, l.bases[PCA])
	f, err := l.component(PCA, b, p, err)
	if err != nil {
		return f, err
	}
	if c, err := pcaCentred(pairs, l.bases[PCACentred]); err == nil {
		_, _ = l.component(PCACentred, b, c, nil)
		l.centred[l.slot(b)], l.shares[l.slot(b)] = c.first, c.share
	}
	return f, nil
}

func (l *layer) fitPCACentred(b block) (fitted, error) {
	if d := l.centred[l.slot(b)]; d != nil {
		return fitted{d: d, variance: l.shares[l.slot(b)]}, nil
	}
	pairs, err := newPairSums(l.moments, b)
	if err != nil {
		return fitted{}, err
	}
	p, err := pcaCentred(pairs, l.bases[PCACentred])
	return l.component(PCACentred, b, p, err)
}

func (l *layer) fitPCARows(b block) (fitted, error) {
	c := l.sums.train(b)
	n, mean := c.n1+c.n0, make([]float64, l.m.dim)
	floats.AddScaled(mean, c.n1/n, c.m1)
	floats.AddScaled(mean, c.n0/n, c.m0)
	p, err := pcaRows(l.moments.train(b), n, mean, l.bases[PCARows])
	return l.component(PCARows, b, p, err)
}

// alongPCARows gives each labelling the one component, which knows no labels.
func (l *layer) alongPCARows(b block) (whitener, error) {
	mean := make([]float64, l.m.dim)
	n := l.m.meanOf(mean, func(q *question) bool { return l.m.trains(b, q, false) })
	p, err := pcaRows(l.moments.shared(b), n, mean, l.bases[PCARows])
	return along(p.first), err
}

func (l *layer) fitCCS(b block) (fitted, error) {
	d, err := ccs(l.m, b, l.o.Seed)
	return fitted{d: d}, err
}
