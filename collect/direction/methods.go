package direction

import (
	"fmt"
	"slices"
	"strings"
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
	fit     func(*part) (fitted, error)
	folds   func(*layer, []block) ([][]float64, error) // fits blocks together; nil: fit, one by one
	whiten  func(*part) (whitener, error)              // nil: too dear for nulls and pseudo-targets
}

var methods = []method{
	{name: Mean, fit: fitMean, whiten: func(*part) (whitener, error) { return plain, nil }},
	{name: LDA, moments: true, fit: fitLDA, whiten: whitenLDA},
	{name: Logistic, moments: true, fit: fitLogistic, folds: (*layer).foldLogistic},
	{name: PCA, moments: true, fit: fitPCA},
	{name: PCACentred, moments: true, fit: fitPCACentred},
	{name: PCARows, moments: true, fit: fitPCARows, whiten: alongPCARows},
	{name: CCS, fit: fitCCS},
	{name: LEACE, moments: true, fit: fitLEACE, whiten: whitenLEACE},
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
	moments *cellSums  // nil where no method needs them
	o       Options
	logit   *logit               // of all rows: a start for the folds'
	bases   map[string][]float64 // leading components of all rows, by method: starts for the folds'
}

func fitMean(p *part) (fitted, error) { return fitted{d: meanDifference(p.sums, p.b)}, nil }

func fitLDA(p *part) (fitted, error) {
	d, share, err := lda(p)
	return fitted{d: d, shrinkage: share}, err
}

func whitenLDA(p *part) (whitener, error) {
	c, err := sharedLDA(p)
	return inverse(c), err
}

func fitLEACE(p *part) (fitted, error) {
	d, share, err := leace(p)
	return fitted{d: d, shrinkage: share}, err
}

func whitenLEACE(p *part) (whitener, error) {
	c, err := sharedLEACE(p)
	return inverse(c), err
}

func fitLogistic(p *part) (fitted, error) {
	var err error
	p.logit, err = wholeLogistic(p)
	if err != nil {
		return fitted{}, err
	}
	return fitted{d: p.logit.direction}, nil
}

// component keeps a fit on all rows as the folds' start: the end is the same
// from any start.
func (p *part) component(name string, c pca, err error) (fitted, error) {
	if err != nil {
		return fitted{}, err
	}
	if p.b == whole {
		p.bases[name] = c.basis
	}
	return fitted{d: c.first, variance: c.share}, nil
}

func fitPCA(p *part) (fitted, error) {
	pairs, err := p.pairSums()
	if err != nil {
		return fitted{}, err
	}
	c, err := pcaPairs(pairs, p.bases[PCA])
	return p.component(PCA, c, err)
}

func fitPCACentred(p *part) (fitted, error) {
	pairs, err := p.pairSums()
	if err != nil {
		return fitted{}, err
	}
	c, err := pcaCentred(pairs, p.bases[PCACentred])
	return p.component(PCACentred, c, err)
}

func fitPCARows(p *part) (fitted, error) {
	n, mean := p.sums.train(p.b).together()
	c, err := pcaRows(p.train(), n, mean, p.bases[PCARows])
	return p.component(PCARows, c, err)
}

// alongPCARows gives each labelling the one component, which knows no labels.
func alongPCARows(p *part) (whitener, error) {
	mean := make([]float64, p.m.dim)
	n := p.m.meanOf(mean, func(q *question) bool { return p.m.trains(p.b, q, false) })
	c, err := pcaRows(p.shared(), n, mean, p.bases[PCARows])
	return along(c.first), err
}

func fitCCS(p *part) (fitted, error) {
	d, err := ccs(p.m, p.b, p.o.Seed)
	return fitted{d: d}, err
}
