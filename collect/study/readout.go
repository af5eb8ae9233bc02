package study

import (
	"context"
	"fmt"

	"premlp/collect/dataset"
	"premlp/collect/direction"
	"premlp/collect/facts"
	"premlp/model"
)

// Readout is how well a direction of one site and layer reads the concept in
// questions of templates it was not made from. The unit is the question; AUROCs
// are of each fold's questions, averaged over folds.
type Readout struct {
	Site  model.Site `json:"site"`
	Layer int        `json:"layer"`
	Mean  Reading    `json:"mean"` // mean difference
	LDA   Reading    `json:"lda"`  // by Ledoit-Wolf's covariance

	Random direction.Figure `json:"null_random_direction_p95"` // random directions, their sign fitted
	Places []PlaceReading   `json:"places"`
}

// Reading is one method's.
type Reading struct {
	// The first concept as the target; of LDA the covariance is of the two classes.
	Target direction.Figure `json:"target"`
	Low    direction.Figure `json:"target_low"` // central 95 % of a bootstrap over templates and controls
	High   direction.Figure `json:"target_high"`
	Worst  direction.Figure `json:"target_worst_fold"`

	// Every concept in turn; of LDA the covariance is around each concept's mean.
	Targets Band `json:"targets"`
	Rank    int  `json:"target_rank"`

	Stratified direction.Figure `json:"target_stratified"` // pairs of one template: at the ceiling early
	Pooled     direction.Figure `json:"target_pooled_rows"`

	RandomTarget Null `json:"null_random_target_per_template"`
	Shuffled     Null `json:"null_shuffled_labels"`
}

// Readouts is the table of readouts.
type Readouts struct {
	// Tokens is what the identity of the rows' tokens gives; Prompt that of the
	// whole prompt's, which names the concept.
	Tokens direction.Figure `json:"auroc_tokens_of_rows"`
	Prompt direction.Figure `json:"auroc_tokens_of_prompt"`
	Layers []*Readout       `json:"layers"` // by site
}

// Draws of the bootstrap and of each null.
const (
	bootstrapDraws = 1000
	nullDraws      = 40
)

// readouts reads the concepts at every site and layer.
func (o Options) readouts(ctx context.Context, f *facts.File, data *dataset.Reader) (*Readouts, error) {
	key := struct {
		Data  dataset.Manifest
		Folds []int
		Draws [2]int
		Seed  uint64
	}{data.Manifest(), f.Folds, [2]int{bootstrapDraws, nullDraws}, o.Seed}
	return keep(o, "readout", key, func() (*Readouts, error) {
		g, err := newGrid(data, f)
		if err != nil {
			return nil, err
		}
		r, err := o.analyse(ctx, f, data)
		if err != nil {
			return nil, err
		}
		stage := o.Watch.Stage("places", "layers")
		defer stage.Close()
		for i, layer := range r.Layers {
			m, err := g.layer(ctx, layer.Site, layer.Layer)
			if err != nil {
				return nil, err
			}
			layer.Places = m.places(f.Folds, o.Seed)
			stage.Set(int64(i+1), int64(len(r.Layers)))
		}
		return r, nil
	})
}

// analyse does all but places.
func (o Options) analyse(ctx context.Context, f *facts.File, data *dataset.Reader) (*Readouts, error) {
	stage := o.Watch.Stage("directions", "layers")
	defer stage.Close()
	folds := map[string]int{}
	for t, x := range f.Templates {
		folds[x.Text] = f.Folds[t]
	}
	a, err := direction.Analyse(ctx, data, direction.Options{
		Methods: []string{direction.Mean, direction.LDA}, Groups: 1, FoldOf: folds,
		Bootstrap: bootstrapDraws, Nulls: nullDraws, Seed: o.Seed,
		Progress: func(done, total int) { stage.Set(int64(done), int64(total)) },
	})
	if err != nil {
		return nil, err
	}
	r := &Readouts{Tokens: a.Tokens, Prompt: a.Prompt}
	for _, l := range a.Layers {
		x := &Readout{Site: model.Site(l.Site), Layer: l.Layer, Random: l.Random.High}
		for i, to := range []*Reading{&x.Mean, &x.LDA} {
			m := l.Methods[i]
			if m.Failed != "" {
				return nil, fmt.Errorf("%s.%d: %s: %s", l.Site, l.Layer, m.Method, m.Failed)
			}
			*to = newReading(m)
		}
		r.Layers = append(r.Layers, x)
	}
	return r, nil
}

// newReading takes what is reported from an analysis.
func newReading(m *direction.MethodReport) Reading {
	b := m.Band
	return Reading{
		Target: m.AUROC, Low: m.Low, High: m.High, Worst: m.Worst, Rank: b.Rank,
		Targets:    Band{First: b.Own, Median: b.Median, Least: b.Least, Most: b.Most, Mean: b.Mean, Low: b.Low, High: b.High, All: b.All},
		Stratified: m.Stratified, Pooled: m.PooledRows,
		RandomTarget: Null{m.Targets.Mean, m.Targets.High}, Shuffled: Null{m.Shuffled.Mean, m.Shuffled.High},
	}
}
