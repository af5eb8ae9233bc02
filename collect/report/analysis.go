package report

import (
	"context"
	"math"

	"premlp/collect/dataset"
	"premlp/collect/direction"
)

// analysis is what the page needs of package direction, at one site. Figures
// that could not be computed are NaN.
type analysis struct {
	target    string
	controls  []string
	methods   []string
	tokens    float64 // AUROC of the rows' tokens alone
	layers    []layer // ascending
	best      int     // index into layers, -1 where no layer was tested
	templates int
	draws     int      // of the bootstrap
	missing   []string // not computed, and why
	refused   []string // what no figure can show
}

// layer is one layer of an analysis. The first method is the one judged.
type layer struct {
	number       int
	share, split float64 // of the mean difference: its size beside the spread, agreement of two halves
	random       float64 // 95 of 100 random directions are below
	methods      []method
}

// method is one method at a layer.
type method struct {
	name, failed          string
	direction             []float64 // [D], nil where it failed
	area, low, high       float64   // AUROC of held-out questions, 95 % interval
	worst                 float64   // of a fold
	start                 float64   // AUROC at layer 0
	wrongTarget, shuffled float64   // 95 of 100 draws of these nulls are below
	band                  *band
	places                []place
	verdict, why          string
}

// band is every concept in turn as the target, in the order target, controls.
type band struct {
	rank, of   int
	least, top float64
	median     float64
	all        []float64
}

// place is an AUROC of one row of each question: at > 0 counts from the
// concept, below 0 from the prompt's end.
type place struct {
	at   int
	area float64
}

// analyse finds and tests the directions of one site.
func analyse(ctx context.Context, r *dataset.Reader, o Options) (*analysis, error) {
	found, err := direction.Analyse(ctx, r, direction.Options{
		Target: o.Target, Sites: []string{o.Site}, Methods: o.Methods, Seed: o.Seed, Progress: o.Progress,
	})
	if err != nil {
		return nil, err
	}
	a := &analysis{
		target: found.Target, controls: found.Controls, tokens: float64(found.Tokens), best: -1,
		templates: found.Templates, draws: found.Bootstrap,
		missing: found.Missing, refused: found.Refused,
	}
	for _, l := range found.Layers {
		a.layers = append(a.layers, newLayer(l))
	}
	for _, m := range a.layers[0].methods {
		a.methods = append(a.methods, m.name)
	}
	a.best = pick(a.layers)
	return a, nil
}

func newLayer(l *direction.LayerReport) layer {
	r := layer{number: l.Layer, share: float64(l.Share), split: float64(l.SplitHalf), random: float64(l.Random.High)}
	for _, m := range l.Methods {
		x := method{
			name: m.Method, failed: m.Failed, direction: m.Direction,
			area: float64(m.AUROC), low: float64(m.Low), high: float64(m.High), worst: float64(m.Worst), start: float64(m.Start),
			wrongTarget: float64(m.Targets.High), shuffled: float64(m.Shuffled.High),
			verdict: m.Verdict.Word, why: m.Verdict.Why,
		}
		if b := m.Band; b != nil {
			x.band = &band{rank: b.Rank, of: b.Of, least: float64(b.Least), top: float64(b.Most), median: float64(b.Median)}
			for _, v := range b.All {
				x.band.all = append(x.band.all, float64(v))
			}
		}
		for _, p := range m.Places {
			x.places = append(x.places, place{p.Place, float64(p.AUROC)})
		}
		r.methods = append(r.methods, x)
	}
	return r
}

// pick chooses the layer that is shown closer: of the best verdict, then the
// highest interval, AUROC and share of the difference. -1 where none has an
// AUROC.
func pick(layers []layer) int {
	best := -1
	for i := range layers {
		if finite(layers[i].methods[0].area) && (best < 0 || better(&layers[i], &layers[best])) {
			best = i
		}
	}
	return best
}

func better(a, b *layer) bool {
	x, y := &a.methods[0], &b.methods[0]
	for _, pair := range [][2]float64{
		{standing(a), standing(b)}, {x.low, y.low}, {x.area, y.area}, {a.share, b.share},
	} {
		if pair[0] != pair[1] && finite(pair[0]) && finite(pair[1]) {
			return pair[0] > pair[1]
		}
	}
	return false
}

// standing orders verdicts for better: layer 0, the baseline, comes last of
// those that say something.
func standing(l *layer) float64 {
	switch kind(l.methods[0].verdict) {
	case supported:
		if l.number > 0 {
			return 3
		}
	case weak:
		return 2
	}
	return 1
}

// The kinds of verdicts, by the words of package direction.
const (
	supported = iota
	weak
	explained
	unsupported
	untested
)

// kind is a verdict's kind.
func kind(word string) int {
	switch {
	case word == direction.Supported:
		return supported
	case word == direction.Weak:
		return weak
	case word == direction.Unsupported:
		return unsupported
	case word == direction.NotTested:
		return untested
	}
	return explained
}

// judged is the method that is judged at a layer.
func (l *layer) judged() *method { return &l.methods[0] }

// lead is the layer that is shown closer, the last where none was tested.
func (a *analysis) lead() *layer {
	if a.best < 0 {
		return &a.layers[len(a.layers)-1]
	}
	return &a.layers[a.best]
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// lda is the method the scatter is drawn along.
const lda = direction.LDA

// methodName is a method's name in a sentence.
func methodName(name string) string {
	switch name {
	case direction.Mean:
		return "mean difference"
	case direction.LDA:
		return "linear discriminant (LDA)"
	case direction.Logistic:
		return "logistic regression"
	case direction.PCA:
		return "principal component of pairs"
	case direction.PCACentred:
		return "principal component of centred pairs"
	case direction.PCARows:
		return "principal component of rows"
	case direction.CCS:
		return "contrast-consistent search"
	case direction.LEACE:
		return "concept erasure (LEACE)"
	}
	return name
}

// shortName is its name in a heading.
func shortName(name string) string {
	if name == direction.LDA {
		return "LDA"
	}
	return methodName(name)
}

// standard are the methods of a page where none are asked for.
var standard = []string{direction.Mean, direction.LDA}
