package study

import (
	"context"
	"fmt"
	"slices"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/facts"
	"premlp/collect/steering"
	"premlp/model"
)

// The causal tests: what is asked, which targets the grid has, and how strong an
// edit is where one strength is tried.
const (
	causalFact = "capital"
	oneAlpha   = 2.0
)

// gridTargets are the targets of the grid and of the tables of strengths.
var gridTargets = []string{"France", "Japan", "Egypt", "Russia", "India", "Kenya"}

// gridLayers is how many layers are one part of the grid, which is kept when it is
// finished.
const gridLayers = 5

// gridRandom is beside how many of its targets the grid tries random directions in
// the first half of the layers, where they cost most: all that lies above an edit is
// computed anew for each. In the second half it tries them beside all.
const gridRandom = 2

// reach is how many layers before and behind the onset the further tables have.
const reach = 3

// Causal is what edits do to the answers to a fact's question. Effects and
// summaries are described at [steering.Effect] and [steering.Summary].
type Causal struct {
	Fact     string   `json:"fact"`
	Question string   `json:"question"`
	Prefix   string   `json:"prefix"`
	Known    []string `json:"known"` // whose right answer is the best of all concepts'
	Unknown  []string `json:"unknown"`
	Targets  []string `json:"targets"` // of the grid and the tables of strengths

	// Onset is the first residual layer at which adding a direction has at least
	// half of its largest net effect in the grid.
	Onset  int   `json:"onset"`
	Layers []int `json:"layers"` // residual layers of the further tables

	Grid       Tests `json:"grid"`        // add, α = 2, at each layer of each site
	Doses      Tests `json:"doses"`       // add, α = 1 and 4
	Pairs      Tests `json:"pairs"`       // pair, α = 1, 2 and 4, and swap
	AllTargets Tests `json:"all_targets"` // add, α = 2, and ablate-mean: every known concept in turn

	Ablation []Ablation `json:"ablation"` // counts of the last
}

// Tests are the edits of one table.
type Tests struct {
	Effects   []steering.Effect  `json:"effects"`   // by target
	Summaries []steering.Summary `json:"summaries"` // over targets
}

// add appends what a test found.
func (t *Tests) add(r *steering.Result) {
	t.Effects, t.Summaries = append(t.Effects, r.Effects...), append(t.Summaries, r.Summaries...)
}

// causal is the causal tests in the making.
type causal struct {
	Options
	ctx    context.Context
	loaded *collect.Loaded
	facts  *facts.File
	data   *dataset.Reader // whose rows give the directions
	form   collect.Job
	result Causal
}

// causalTests asks for a fact of every concept while directions from the questions
// of other templates are edited in: at every layer by itself, and more ways at the
// residual layers around the onset and at all MLP inputs together.
func (o Options) causalTests(ctx context.Context, l *collect.Loaded, f *facts.File, data *dataset.Reader) (*Causal, error) {
	c := &causal{Options: o, ctx: ctx, loaded: l, facts: f, data: data}
	c.result.Targets = chooseTargets(f.Names())
	var err error
	if c.form, err = steering.Form(ctx, l, data.Manifest()); err != nil {
		return nil, err
	}
	layers := data.Manifest().Layers
	for first := 0; first < len(layers); first += gridLayers {
		var places []steering.Place
		for _, layer := range layers[first:min(first+gridLayers, len(layers))] {
			places = append(places, at(mlpIn, layer), at(residual, layer))
		}
		t := c.test(c.result.Targets, places, oneAlpha)
		t.Kinds, t.RandomOf = []steering.Kind{steering.AddDifference}, c.result.Targets
		if first < len(layers)/2 {
			t.RandomOf = t.RandomOf[:min(gridRandom, len(t.RandomOf))]
		}
		if err := c.run(fmt.Sprintf("steer-%02d", first), "steering from layer "+fmt.Sprint(first), t, &c.result.Grid); err != nil {
			return nil, err
		}
	}
	c.result.Onset = onset(c.result.Grid.Summaries)
	for _, layer := range layers {
		if layer >= c.result.Onset-reach && layer <= c.result.Onset+reach {
			c.result.Layers = append(c.result.Layers, layer)
		}
	}
	if err := c.further(layers); err != nil {
		return nil, err
	}
	c.result.Ablation = c.result.ablations()
	return &c.result, nil
}

// further runs the tables at some residual layers and at all MLP inputs together.
func (c *causal) further(layers []int) error {
	places := []steering.Place{{Site: mlpIn, Layers: layers}}
	for _, layer := range c.result.Layers {
		places = append(places, at(residual, layer))
	}
	doses := c.test(c.result.Targets, places, 1, 4)
	doses.Kinds = []steering.Kind{steering.AddDifference}
	if err := c.run("doses", "steering, other strengths", doses, &c.result.Doses); err != nil {
		return err
	}
	pairs := c.test(c.result.Targets, places, 1, 2, 4)
	pairs.Kinds, pairs.Random = []steering.Kind{steering.AddPair, steering.Swap}, 0
	if err := c.run("pairs", "pairs and swaps", pairs, &c.result.Pairs); err != nil {
		return err
	}
	all := c.test(c.facts.Names(), places, oneAlpha)
	all.Kinds, all.RandomOf = []steering.Kind{steering.AddDifference, steering.AblateMean}, c.result.Targets
	return c.run("targets", "every concept as the target", all, &c.result.AllTargets)
}

// at is one layer of a site.
func at(site model.Site, layer int) steering.Place {
	return steering.Place{Site: site, Layers: []int{layer}}
}

// test is what all tests share.
func (c *causal) test(targets []string, places []steering.Place, alphas ...float64) steering.Options {
	return steering.Options{
		Answer: causalFact, Targets: targets, Places: places, Alphas: alphas, Positions: steering.After,
		Random: 1, Neutral: steering.DefaultNeutral, Seed: c.Seed,
	}
}

// causalKey is all that determines a part of the causal tests.
type causalKey struct {
	Data  dataset.Manifest
	Facts *facts.File
	Test  keyedTest
}

// keyedTest is steering.Options without what determines nothing, or is in the
// manifest.
type keyedTest struct {
	Answer    string
	Targets   []string
	Places    []steering.Place
	Kinds     []steering.Kind
	Alphas    []float64
	Positions steering.Positions
	Random    int
	RandomOf  []string
	Neutral   []string
	Seed      uint64
}

// run makes a part, or takes the one that is kept, and adds it to a table.
func (c *causal) run(name, title string, o steering.Options, to *Tests) error {
	key := causalKey{c.data.Manifest(), c.facts, keyedTest{o.Answer, o.Targets, o.Places, o.Kinds, o.Alphas, o.Positions, o.Random, o.RandomOf, o.Neutral, o.Seed}}
	r, err := keep(c.Options, name, key, func() (*steering.Result, error) {
		var points []model.Point
		for _, p := range o.Places {
			points = append(points, p.Points()...)
		}
		means, err := steering.ReadMeans(c.ctx, c.data, points, c.facts.Answers[o.Answer].Question)
		if err != nil {
			return nil, err
		}
		stage := c.Watch.Stage(title, "prompts")
		defer stage.Close()
		o.Form, o.Threads = c.form, c.Threads
		o.Progress = func(done, total int) { stage.Set(int64(done), int64(total)) }
		return steering.Run(c.ctx, c.loaded, c.facts, means, o)
	})
	if err != nil {
		return err
	}
	c.result.Fact, c.result.Question, c.result.Prefix = r.Answer, r.Question, r.Prefix
	c.result.Known, c.result.Unknown = r.Known, r.Unknown
	to.add(r)
	return nil
}

// chooseTargets are the grid's targets among the concepts, or the first six.
func chooseTargets(names []string) []string {
	var list []string
	for _, t := range gridTargets {
		if slices.Contains(names, t) {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		return names[:min(len(gridTargets), len(names))]
	}
	return list
}

// onset is the first residual layer whose net effect is at least half of the
// largest.
func onset(summaries []steering.Summary) int {
	most, first := 0.0, 0
	for _, s := range summaries {
		if s.Place.Site == residual {
			most = max(most, s.Net)
		}
	}
	for i := len(summaries) - 1; i >= 0; i-- {
		if s := summaries[i]; s.Place.Site == residual && s.Net >= most/2 {
			first = s.Place.Layers[0]
		}
	}
	return first
}
