package study

import (
	"context"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/direction"
	"premlp/collect/facts"
	"premlp/model"
)

// Described is how directions from questions with the concepts' names read
// questions that describe the concepts instead. A direction is the mean difference
// of all templates; a question's score the mean over its rows.
type Described struct {
	Fact string `json:"fact"` // by which concepts are described
	Text string `json:"text"` // "the country where {landmark} stands"

	// What bags of input embeddings give by the same measure: of the whole prompt,
	// and of the name's and the description's tokens alone.
	Prompt Transfer `json:"bag_of_prompt"`
	Span   Transfer `json:"bag_of_description"`

	Layers []DescribedLayer `json:"layers"` // by site

	// From is, by site, the first layer from which on the interval of the difference
	// from the better bag lies above 0 at every layer; -1 where there is none.
	From map[model.Site]int `json:"above_bags_from"`
}

// Transfer is how well directions of one kind of vectors carry over.
type Transfer struct {
	Pooled     Band `json:"pooled"`     // AUROC over all described questions
	Stratified Band `json:"stratified"` // over pairs of one template

	// Nulls: what draws of labels give that mean nothing, and for the first concept
	// random directions whose sign is fitted on the named questions.
	RandomTarget           Null `json:"null_random_target_per_template"`
	RandomTargetStratified Null `json:"null_random_target_per_template_stratified"`
	Shuffled               Null `json:"null_shuffled_labels"`
	Random                 Null `json:"null_random_direction"`
}

// DescribedLayer is one site and layer.
type DescribedLayer struct {
	Site  model.Site `json:"site"`
	Layer int        `json:"layer"`
	Transfer

	// Above is the mean over targets of the pooled AUROC less that of the better bag,
	// with the central 95 % of a bootstrap over targets.
	Above     direction.Figure `json:"above_bag"`
	AboveLow  direction.Figure `json:"above_bag_low"`
	AboveHigh direction.Figure `json:"above_bag_high"`
}

// describe tests directions of the named questions on described ones.
func (o Options) describe(ctx context.Context, l *collect.Loaded, f *facts.File, fact string, named, described *dataset.Reader) (*Described, error) {
	key := struct {
		Named, Described dataset.Manifest
		Draws            int
		Seed             uint64
	}{named.Manifest(), described.Manifest(), nullDraws, o.Seed}
	return keep(o, "described-"+fact, key, func() (*Described, error) {
		from, err := newGrid(named, f)
		if err != nil {
			return nil, err
		}
		to, err := newGrid(described, f)
		if err != nil {
			return nil, err
		}
		t := newTransfer(from, o.Seed)
		r := &Described{Fact: fact, Text: f.Descriptions[fact], From: map[model.Site]int{}}
		bags, err := o.bags(ctx, l, from, to)
		if err != nil {
			return nil, err
		}
		r.Prompt, r.Span = t.test(bags.named[0], bags.described[0]), t.test(bags.named[1], bags.described[1])
		return r, o.describeLayers(ctx, t, r, from, to)
	})
}

// describeLayers does all sites and layers.
func (o Options) describeLayers(ctx context.Context, t *transfer, r *Described, from, to *grid) error {
	m := from.data.Manifest()
	stage := o.Watch.Stage("described by "+r.Fact, "layers")
	defer stage.Close()
	best := r.Prompt.Pooled
	if r.Span.Pooled.Mean > best.Mean {
		best = r.Span.Pooled
	}
	for _, site := range m.Sites {
		r.From[model.Site(site)] = -1
		for _, layer := range m.Layers {
			named, err := from.layer(ctx, model.Site(site), layer)
			if err != nil {
				return err
			}
			described, err := to.layer(ctx, model.Site(site), layer)
			if err != nil {
				return err
			}
			x := DescribedLayer{Site: model.Site(site), Layer: layer, Transfer: t.test(named, described)}
			x.compare(best, o.Seed)
			if first := r.From[x.Site]; x.AboveLow <= 0 {
				r.From[x.Site] = -1
			} else if first < 0 {
				r.From[x.Site] = layer
			}
			r.Layers = append(r.Layers, x)
			stage.Set(int64(len(r.Layers)), int64(len(m.Sites)*len(m.Layers)))
		}
	}
	return nil
}

// compare fills in the difference from a baseline, target by target.
func (x *DescribedLayer) compare(baseline Band, seed uint64) {
	var above []float64
	for c, v := range x.Pooled.All {
		above = append(above, float64(v-baseline.All[c]))
	}
	low, high := bootstrap(above, seed)
	x.Above, x.AboveLow, x.AboveHigh = figure(mean(above)), figure(low), figure(high)
}

// transfer tests directions of one grid's cells on another's, for each concept in
// turn and for labels that mean nothing.
type transfer struct {
	*grid
	labels []labelling // every concept, random targets, shuffled labels
	seed   uint64
}

func newTransfer(g *grid, seed uint64) *transfer {
	t := &transfer{grid: g, labels: g.pseudoTargets(), seed: seed}
	r := rand.New(rand.NewPCG(seed, 1))
	for range nullDraws {
		y := make(labelling, g.cells())
		for k := range g.templates {
			y[k*g.concepts+r.IntN(g.concepts)] = true
		}
		t.labels = append(t.labels, y)
	}
	for range nullDraws {
		y := make(labelling, g.cells())
		for _, cell := range r.Perm(len(y))[:g.templates] {
			y[cell] = true
		}
		t.labels = append(t.labels, y)
	}
	return t
}

// test fits directions on the rows of named and scores described.
func (t *transfer) test(named, described *layerRows) Transfer {
	d := named.directions(t.labels, all)
	means := described.means()
	var scores mat.Dense
	scores.Mul(means, d.T())
	pooled, stratified := make([]float64, len(t.labels)), make([]float64, len(t.labels))
	for i, y := range t.labels {
		s := mat.Col(nil, i, &scores)
		pooled[i], stratified[i] = direction.AUROC(s, y), t.stratified(s, y)
	}
	c, n := t.concepts, t.concepts+nullDraws
	return Transfer{
		Pooled: newBand(pooled[:c], t.seed), Stratified: newBand(stratified[:c], t.seed),
		RandomTarget: newNull(pooled[c:n]), RandomTargetStratified: newNull(stratified[c:n]), Shuffled: newNull(pooled[n:]),
		Random: newNull(t.random(d.RawRowView(0), means)),
	}
}

// stratified is the mean over templates of the AUROC among a template's questions.
func (t *transfer) stratified(scores []float64, y labelling) float64 {
	sum, n := 0.0, 0.0
	for k := range t.templates {
		first, end := k*t.concepts, (k+1)*t.concepts
		if a := direction.AUROC(scores[first:end], y[first:end]); a == a { // a template may have no target
			sum += a
			n++
		}
	}
	return sum / n
}

// random gives the pooled AUROC of the first concept along random directions, their
// sign that of its mean difference.
func (t *transfer) random(difference []float64, means *mat.Dense) []float64 {
	r := rand.New(rand.NewPCG(t.seed, 2))
	d, scores := make([]float64, len(difference)), make([]float64, t.cells())
	areas := make([]float64, nullDraws)
	for i := range areas {
		for k := range d {
			d[k] = r.NormFloat64()
		}
		if floats.Dot(d, difference) < 0 {
			floats.Scale(-1, d)
		}
		for cell := range scores {
			scores[cell] = floats.Dot(means.RawRowView(cell), d)
		}
		areas[i] = direction.AUROC(scores, t.labels[0])
	}
	return areas
}
