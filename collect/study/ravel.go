package study

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"premlp/collect"
	"premlp/collect/steering"
	"premlp/model"
)

// RavelOptions says what of RAVEL is run.
type RavelOptions struct {
	Options    `json:"-"`
	Attributes []string      `json:"attributes"`
	Sites      []model.Site  `json:"sites"` // edited at each layer by itself; mlp_in together too
	Layers     []int         `json:"layers"`
	Tokens     []RavelTokens `json:"tokens"`
	Entities   int           `json:"entities"` // drawn of each split
	Prompts    int           `json:"prompts"`  // drawn of each split and attribute
	Limit      int           `json:"limit"`    // pairs of each moved and asked attribute
	Alphas     []float64     `json:"alphas"`
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
	Known     int      `json:"known"`          // the value's first token is the most probable of all the attribute's values'
	Own       int      `json:"own"`            // and of the whole vocabulary
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
	Moved  string         `json:"moved"`
	Tokens RavelTokens    `json:"tokens"`
	Edit   RavelEdit      `json:"edit"`
	Alpha  float64        `json:"alpha"`
	Place  steering.Place `json:"place"`

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

// way is the way of a score.
func (s *RavelScore) way() ravelWay { return ravelWay{s.Tokens, s.Edit, s.Alpha, s.Place} }

// ravelStudy is the study in the making.
type ravelStudy struct {
	RavelOptions
	ctx    context.Context
	loaded *collect.Loaded
	data   *Ravel
	means  map[RavelTokens]map[string]*ravelMeans // by attribute
	result RavelResult
	chosen []RavelScore // on val; nil before
}

// wanted reports whether a trial is tried in a way: once ways are chosen, those of
// the attributes that they were chosen for.
func (s *ravelStudy) wanted(t *ravelTrial, w ravelWay) bool {
	return s.chosen == nil || slices.ContainsFunc(s.chosen, func(c RavelScore) bool { return c.Moved == t.moved && c.way().same(w) })
}

// RunRavel runs the study: directions from training entities and prompts, the
// choice of layer and strength on val, the figures on test.
func RunRavel(ctx context.Context, l *collect.Loaded, d *Ravel, o RavelOptions) (*RavelResult, error) {
	if err := o.checkRavel(l, d); err != nil {
		return nil, err
	}
	s := &ravelStudy{RavelOptions: o, ctx: ctx, loaded: l, data: d, means: map[RavelTokens]map[string]*ravelMeans{AtEntity: {}, AfterEntity: {}}}
	s.result = RavelResult{Model: l.Name, Kind: d.Kind, Seed: o.Seed, Run: o}
	if err := s.train(); err != nil {
		return nil, err
	}
	var err error
	if s.result.Val, err = s.score(val, ravelWays(o.Tokens, s.places(), o.Alphas)); err != nil {
		return nil, err
	}
	s.chosen = choose(s.result.Val)
	var ways []ravelWay
	for _, c := range s.chosen {
		if w := c.way(); !slices.ContainsFunc(ways, w.same) {
			ways = append(ways, w)
		}
	}
	slices.SortStableFunc(ways, func(a, b ravelWay) int { return a.Place.Layers[0] - b.Place.Layers[0] })
	all, err := s.score(test, ways)
	if err != nil {
		return nil, err
	}
	for _, c := range s.chosen {
		for _, t := range all {
			if t.Moved == c.Moved && t.way().same(c.way()) {
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
	if o.Limit < 1 || o.Entities < 2 || o.Prompts < 1 || len(o.Alphas) == 0 || len(o.Layers) == 0 || len(o.Sites) == 0 || len(o.Tokens) == 0 {
		return errors.New("ravel: want 1 pair or more, 2 entities, 1 prompt, a strength, a site, a layer and tokens")
	}
	for _, t := range o.Tokens {
		if t != AtEntity && t != AfterEntity {
			return fmt.Errorf("ravel: tokens: want %s or %s, have %q", AtEntity, AfterEntity, t)
		}
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
