package direction

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
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
	m       *matrix
	sums    *classSums // of the target
	moments *moments   // nil where no method needs them
	o       Options
	round   *mat.Cholesky        // the Hessian at logit
	logit   *logit               // of all rows: a start for the folds'
	bases   map[string][]float64 // leading components of all rows, by method
	centred [][]float64          // per block, the whole last: what fitPCA finds on its way
	shares  []float64            // their variance
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

// The rounds of logistic regression, by their tolerance: each begins with the
// Hessian at the end of the one before. The first of all begins with the Hessian
// at 0; a fold's begin where the fit on all rows ended. The last moves a fold's
// scores by less than a thousandth.
var (
	wholeRounds = []float64{1, 1e-2, 1e-7}
	foldRounds  = []float64{0.1, 1e-3}
)

// fitLogistic fits all rows first.
func (l *layer) fitLogistic(b block) (fitted, error) {
	if b != whole {
		f, _, err := l.rounds(b, l.logit, l.round, foldRounds)
		if err != nil {
			return fitted{}, err
		}
		return fitted{d: f.direction}, nil
	}
	round, err := flatHessian(l.moments.train(whole), l.sums.train(whole))
	if err != nil {
		return fitted{}, err
	}
	if l.logit, round, err = l.rounds(b, nil, round, wholeRounds); err != nil {
		return fitted{}, err
	}
	l.round = round
	return fitted{d: l.logit.direction}, nil
}

// rounds fits block b from a start and a Hessian, and gives the Hessian that the
// last round began with.
func (l *layer) rounds(b block, f *logit, round *mat.Cholesky, tolerances []float64) (*logit, *mat.Cholesky, error) {
	for i, tolerance := range tolerances {
		var err error
		if i > 0 {
			if round, err = f.hessian(l.m, b); err != nil {
				return nil, nil, err
			}
		}
		if f, err = logistic(l.m, l.sums, b, f, round, tolerance); err != nil {
			return nil, nil, err
		}
	}
	return f, round, nil
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
