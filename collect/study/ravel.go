package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"premlp/collect"
	"premlp/collect/steering"
	"premlp/model"
)

// RavelOptions says what of RAVEL is run.
type RavelOptions struct {
	Options    `json:"-"`
	Attributes []string     `json:"attributes"`
	Sites      []model.Site `json:"sites"` // edited at each layer by itself; mlp_in together too
	Layers     []int        `json:"layers"`
	Entities   int          `json:"entities"` // drawn of each split
	Prompts    int          `json:"prompts"`  // drawn of each split and attribute
	Limit      int          `json:"limit"`    // pairs of each moved and asked attribute
	Alphas     []float64    `json:"alphas"`
}

// RavelResult is what the study found.
type RavelResult struct {
	Model string       `json:"model"`
	Kind  string       `json:"kind"`
	Seed  uint64       `json:"seed"`
	Run   RavelOptions `json:"options"`

	Known  []RavelKnown `json:"known"`  // by split and attribute
	Values []RavelMean  `json:"values"` // by attribute
	Val    []RavelScore `json:"val"`    // every way
	Test   []RavelScore `json:"test"`   // of each edit and site the way that is best in val
	Pairs  int          `json:"pairs"`  // val and test together
	Edited int          `json:"edited"` // prompts
}

// RavelKnown counts facts: an entity's attribute in one prompt.
type RavelKnown struct {
	Split     string   `json:"split"`
	Attribute string   `json:"attribute"`
	Prompts   []string `json:"prompts"`
	Entities  int      `json:"entities"` // that have the attribute and could be asked
	Facts     int      `json:"facts"`
	Known     int      `json:"known"`          // the answer's first token is the model's most probable
	KnownOf   int      `json:"known_entities"` // entities known in one prompt or more
}

// RavelMean counts the values of an attribute that have a direction.
type RavelMean struct {
	Attribute string `json:"attribute"`
	Values    int    `json:"values"`
	Facts     int    `json:"facts"` // known ones of the training split behind them
	Rank      int    `json:"rank"`  // dimensions of the space they span, at the last layer
}

// RavelShare is a share of trials with its 95 % interval (Wilson 1927).
type RavelShare struct {
	Attribute string  `json:"attribute"` // that is asked for
	Trials    int     `json:"trials"`
	Done      int     `json:"done"`
	Share     float64 `json:"share"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

// RavelScore is what one way of moving an attribute did.
type RavelScore struct {
	Moved string         `json:"moved"`
	Edit  RavelEdit      `json:"edit"`
	Alpha float64        `json:"alpha"`
	Place steering.Place `json:"place"`

	// Cause is the share of questions about the moved attribute whose answer became
	// the source's; Isolation of those about others whose answer stayed the base's,
	// in which base and source differ. Score is the mean of Cause and of the mean of
	// Isolation, RAVEL's disentangle score: no edit has 0.5.
	Cause     RavelShare   `json:"cause"`
	Isolation []RavelShare `json:"isolation"`
	Score     float64      `json:"score"`
}

// site names the place's kind: single layers of a site, or several together.
func (s *RavelScore) site() string {
	if len(s.Place.Layers) > 1 {
		return string(s.Place.Site) + " together"
	}
	return string(s.Place.Site)
}

// ravelStudy is the study in the making.
type ravelStudy struct {
	RavelOptions
	ctx    context.Context
	loaded *collect.Loaded
	data   *Ravel
	means  map[string]*ravelMeans // by attribute
	result RavelResult
}

// RunRavel runs the study: directions from training entities and prompts, the
// choice of layer and strength on val, the figures on test.
func RunRavel(ctx context.Context, l *collect.Loaded, d *Ravel, o RavelOptions) (*RavelResult, error) {
	if err := o.checkRavel(l, d); err != nil {
		return nil, err
	}
	s := &ravelStudy{RavelOptions: o, ctx: ctx, loaded: l, data: d, means: map[string]*ravelMeans{}}
	s.result = RavelResult{Model: l.Name, Kind: d.Kind, Seed: o.Seed, Run: o}
	if err := s.train(); err != nil {
		return nil, err
	}
	var err error
	if s.result.Val, err = s.score(val, ravelWays(s.places(), o.Alphas)); err != nil {
		return nil, err
	}
	chosen := choose(s.result.Val)
	var ways []ravelWay
	for _, c := range chosen {
		if w := (ravelWay{c.Edit, c.Alpha, c.Place}); !slices.ContainsFunc(ways, w.same) {
			ways = append(ways, w)
		}
	}
	slices.SortStableFunc(ways, func(a, b ravelWay) int { return a.Place.Layers[0] - b.Place.Layers[0] })
	all, err := s.score(test, ways)
	if err != nil {
		return nil, err
	}
	for _, c := range chosen { // a way that is chosen for one attribute says nothing of another's choice
		for _, t := range all {
			if t.Moved == c.Moved && (ravelWay{t.Edit, t.Alpha, t.Place}).same(ravelWay{c.Edit, c.Alpha, c.Place}) {
				s.result.Test = append(s.result.Test, t)
			}
		}
	}
	return &s.result, s.result.write(o.Dir)
}

// checkRavel refuses options that mean nothing.
func (o *RavelOptions) checkRavel(l *collect.Loaded, d *Ravel) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Limit < 1 || o.Entities < 2 || o.Prompts < 1 || len(o.Alphas) == 0 || len(o.Layers) == 0 || len(o.Sites) == 0 {
		return errors.New("ravel: want 1 pair or more, 2 entities, 1 prompt, a strength, a site and a layer")
	}
	for _, a := range o.Attributes {
		if !slices.Contains(d.Attributes, a) {
			return fmt.Errorf("ravel: attribute: want some of %q, have %q", d.Attributes, a)
		}
	}
	if len(o.Attributes) < 2 {
		return fmt.Errorf("ravel: want two attributes or more, of %q: isolation needs another", d.Attributes)
	}
	var points []model.Point
	for _, p := range o.places(l.Model.Config().Layers) {
		points = append(points, p.Points()...)
	}
	return l.Model.Editable(points...)
}

// places are the layers one by one, and the first third, two thirds and all of the
// MLP inputs together.
func (o *RavelOptions) places(count int) []steering.Place {
	var list []steering.Place
	for _, layer := range o.Layers {
		for _, site := range o.Sites {
			list = append(list, at(site, layer))
		}
	}
	for part := 1; part <= 3 && slices.Contains(o.Sites, mlpIn); part++ {
		p := steering.Place{Site: mlpIn}
		for layer := range count * part / 3 {
			p.Layers = append(p.Layers, layer)
		}
		if len(p.Layers) > 1 {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b steering.Place) int { return a.Layers[0] - b.Layers[0] })
	return list
}

func (s *ravelStudy) places() []steering.Place {
	return s.RavelOptions.places(s.loaded.Model.Config().Layers)
}

// points lists every point that is edited.
func (s *ravelStudy) points() []model.Point {
	var list []model.Point
	for _, p := range s.places() {
		for _, x := range p.Points() {
			if !slices.Contains(list, x) {
				list = append(list, x)
			}
		}
	}
	return list
}

// train takes the means of the training split's known facts.
func (s *ravelStudy) train() error {
	sample, err := sampleRavel(s.loaded, s.data, train, s.Attributes, s.Entities, s.Prompts, s.Seed)
	if err != nil {
		return err
	}
	points := s.points()
	for _, a := range s.Attributes {
		s.means[a] = newRavelMeans(points)
	}
	err = askRavel(s.ctx, s.loaded, s.Options, "training facts", sample.facts, points, func(f *ravelFact, rows [][]float32) {
		if f.known {
			s.means[f.prompt.Attribute].add(f.value, rows)
		}
	})
	if err != nil {
		return err
	}
	s.count(train, sample)
	for _, a := range s.Attributes {
		m := s.means[a]
		v := RavelMean{Attribute: a, Values: len(m.values()), Rank: len(m.span(points[len(points)-1]))}
		for _, value := range m.values() {
			v.Facts += m.counts[value]
		}
		s.result.Values = append(s.result.Values, v)
		if v.Values < 2 {
			return fmt.Errorf("ravel: %s: want two values or more with a mean, have %s: the model knows too little; take more entities or prompts, or other attributes", a, m.describe())
		}
	}
	return nil
}

// count adds what a sample knows to the result.
func (s *ravelStudy) count(split string, sample *ravelSample) {
	for _, a := range s.Attributes {
		k := RavelKnown{Split: split, Attribute: a}
		asked, known := map[*RavelEntity]bool{}, map[*RavelEntity]bool{}
		for _, f := range sample.facts {
			if f.prompt.Attribute != a {
				continue
			}
			if !slices.Contains(k.Prompts, f.prompt.Text) {
				k.Prompts = append(k.Prompts, f.prompt.Text)
			}
			k.Facts++
			asked[f.entity] = true
			if f.known {
				k.Known++
				known[f.entity] = true
			}
		}
		k.Entities, k.KnownOf = len(asked), len(known)
		s.result.Known = append(s.result.Known, k)
	}
}

// score tries ways on the pairs of a split.
func (s *ravelStudy) score(split string, ways []ravelWay) ([]RavelScore, error) {
	sample, err := sampleRavel(s.loaded, s.data, split, s.Attributes, s.Entities, s.Prompts, s.Seed)
	if err != nil {
		return nil, err
	}
	if err := askRavel(s.ctx, s.loaded, s.Options, split+" facts", sample.facts, nil, nil); err != nil {
		return nil, err
	}
	s.count(split, sample)
	trials := drawTrials(sample, s.means, s.Attributes, s.Limit, s.Seed)
	if len(trials) == 0 {
		return nil, fmt.Errorf("ravel: %s: want pairs of entities whose attributes the model knows, have none; take more entities", split)
	}
	slices.SortStableFunc(trials, func(a, b *ravelTrial) int {
		return cmp.Or(strings.Compare(a.base.prompt.Text, b.base.prompt.Text), strings.Compare(a.base.entity.Name, b.base.entity.Name))
	})
	s.result.Pairs += len(trials)
	if err := s.keepRows(split, trials); err != nil {
		return nil, err
	}
	done, err := s.try(split, trials, ways)
	if err != nil {
		return nil, err
	}
	var scores []RavelScore
	for i, w := range ways {
		for _, a := range s.Attributes {
			scores = append(scores, s.scoreOf(a, w, trials, done[i]))
		}
	}
	return scores, nil
}

// keepRows captures the entities' rows of the trials.
func (s *ravelStudy) keepRows(split string, trials []*ravelTrial) error {
	var facts []*ravelFact
	seen := map[*ravelFact]bool{}
	for _, t := range trials {
		for _, f := range []*ravelFact{t.base, t.source} {
			if !seen[f] {
				seen[f], facts = true, append(facts, f)
			}
		}
	}
	slices.SortStableFunc(facts, func(a, b *ravelFact) int { return strings.Compare(a.prompt.Text, b.prompt.Text) })
	points := s.points()
	return askRavel(s.ctx, s.loaded, s.Options, split+" rows", facts, points, func(f *ravelFact, rows [][]float32) {
		f.rows = map[model.Point][]float32{}
		for i, p := range points {
			f.rows[p] = rows[i]
		}
	})
}

// try runs every trial in every way and says which did what they should, by way.
func (s *ravelStudy) try(split string, trials []*ravelTrial, ways []ravelWay) ([][]bool, error) {
	prompts := map[*ravelFact]*steering.Prompt{}
	var list []*steering.Prompt
	for _, t := range trials {
		if prompts[t.base] == nil {
			prompts[t.base] = steering.NewPrompt(t.base.ids, t.base.last)
			list = append(list, prompts[t.base])
		}
	}
	runner := steering.NewRunner(s.loaded.Model, s.Threads, list)
	defer runner.Close()
	stage := s.Watch.Stage(split+" edits", "prompts")
	defer stage.Close()
	total, finished := len(ways)*len(trials), 0
	done := make([][]bool, len(ways))
	for from := 0; from < len(ways); {
		to := from // ways whose passes begin at one block
		for to < len(ways) && ways[to].Place.Layers[0] == ways[from].Place.Layers[0] {
			done[to] = make([]bool, len(trials))
			to++
		}
		if err := runner.StartAt(s.ctx, ways[from].Place.Layers[0]); err != nil {
			return nil, err
		}
		var runs []steering.Edited
		for k, t := range trials { // those of one prompt together: its beginning is computed once
			for i, w := range ways[from:to] {
				take := func(logits []float32) { done[from+i][k] = int32(argmax(logits)) == t.goal() }
				runs = append(runs, steering.Edited{Prompt: prompts[t.base], Edits: s.edits(t, w), Take: take})
			}
		}
		err := runner.Run(s.ctx, runs, func(n int) {
			finished += n
			stage.Set(int64(finished), int64(total))
		})
		if err != nil {
			return nil, fmt.Errorf("ravel: edits from layer %d: %w", ways[from].Place.Layers[0], err)
		}
		s.result.Edited += len(runs)
		from = to
	}
	return done, nil
}

// edits are a trial's in one way.
func (s *ravelStudy) edits(t *ravelTrial, w ravelWay) (list []steering.Edit) {
	for _, p := range w.Place.Points() {
		list = append(list, steering.Edit{At: p, From: t.base.last, To: t.base.last + 1, Change: w.change(t, s.means[t.moved], p, s.Seed)})
	}
	return list
}

// scoreOf sums up the trials that move an attribute.
func (s *ravelStudy) scoreOf(moved string, w ravelWay, trials []*ravelTrial, done []bool) RavelScore {
	x := RavelScore{Moved: moved, Edit: w.Edit, Alpha: w.Alpha, Place: w.Place}
	isolation, asked := 0.0, 0
	for _, a := range s.Attributes {
		share := RavelShare{Attribute: a}
		for k, t := range trials {
			if t.moved == moved && t.base.prompt.Attribute == a {
				share.Trials++
				if done[k] {
					share.Done++
				}
			}
		}
		share.measure()
		if a == moved {
			x.Cause = share
			continue
		}
		x.Isolation = append(x.Isolation, share)
		if share.Trials > 0 {
			isolation += share.Share
			asked++
		}
	}
	if asked > 0 {
		x.Score = (x.Cause.Share + isolation/float64(asked)) / 2
	}
	return x
}

// measure fills in the share and its interval.
func (s *RavelShare) measure() {
	if s.Trials == 0 {
		return
	}
	const z = 1.959964
	n := float64(s.Trials)
	s.Share = float64(s.Done) / n
	middle := (s.Share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(s.Share*(1-s.Share)/n+z*z/(4*n*n))
	s.Low, s.High = max(middle-half, 0), min(middle+half, 1)
}

// same compares ways.
func (w ravelWay) same(x ravelWay) bool {
	return w.Edit == x.Edit && w.Alpha == x.Alpha && w.Place.Site == x.Place.Site && slices.Equal(w.Place.Layers, x.Place.Layers)
}

// choose takes, of each moved attribute, edit and kind of site, the way with the
// best score, the first of several. Attributes without a trial have none.
func choose(scores []RavelScore) []RavelScore {
	var list []RavelScore
	for _, s := range scores {
		if s.Cause.Trials == 0 {
			continue
		}
		i := slices.IndexFunc(list, func(x RavelScore) bool {
			return x.Moved == s.Moved && x.Edit == s.Edit && x.site() == s.site()
		})
		switch {
		case i < 0:
			list = append(list, s)
		case s.Score > list[i].Score:
			list[i] = s
		}
	}
	return list
}
