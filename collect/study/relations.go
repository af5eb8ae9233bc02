package study

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"premlp/collect"
	"premlp/collect/facts"
	"premlp/collect/steering"
	"premlp/model"
)

// RelationsOptions says what of the relations is run.
type RelationsOptions struct {
	Options `json:"-"`
	Names   []string `json:"names"`   // of relations; none: all
	Limit   int      `json:"limit"`   // facts of each relation
	Targets int      `json:"targets"` // of the causal test
	Layers  []int    `json:"layers"`  // of the causal test, each by itself
	Alpha   float64  `json:"alpha"`
}

// RelationsResult is what the study found.
type RelationsResult struct {
	Model     string           `json:"model"`
	Seed      uint64           `json:"seed"`
	Run       RelationsOptions `json:"options"`
	Relations []RelationResult `json:"relations"`
}

// RelationResult is what was found of one relation.
type RelationResult struct {
	Name      string             `json:"name"`
	Facts     int                `json:"facts"` // asked, of those in the data
	Of        int                `json:"of"`
	Templates []RelationTemplate `json:"templates"`
	Asked     string             `json:"asked"` // the template with the most known facts: known means known in it
	Known     []string           `json:"known"` // subjects

	Objects []string        `json:"objects"` // with two known subjects or more: those that are read
	Read    []RelationPlace `json:"read"`    // none: no two such objects

	Causal *steering.Result `json:"causal"` // nil: see the reason
	Reason string           `json:"reason,omitempty"`
}

// RelationTemplate counts what is known in a template.
type RelationTemplate struct {
	Text string `json:"text"`
	Best int    `json:"best"` // the object's first token is the most probable of all objects'
	Own  int    `json:"own"`  // and of the whole vocabulary
}

// RunRelations runs the study.
func RunRelations(ctx context.Context, l *collect.Loaded, list []Relation, o RelationsOptions) (*RelationsResult, error) {
	if err := o.checkRelations(l, list); err != nil {
		return nil, err
	}
	r := &RelationsResult{Model: l.Name, Seed: o.Seed, Run: o}
	for _, relation := range list {
		if len(o.Names) > 0 && !slices.Contains(o.Names, relation.Name) {
			continue
		}
		of := len(relation.Facts)
		relation.Facts = limitFacts(relation.Facts, o.Limit, o.Seed)
		name := "relation-" + strings.ReplaceAll(relation.Name, " ", "-")
		digest, err := l.Model.Digest(ctx)
		if err != nil {
			return nil, err
		}
		one, err := keep(o.Options, name, relationKey{digest, relation, o, o.Seed}, func() (*RelationResult, error) {
			return runRelationStudy(ctx, l, relation, o)
		})
		if err != nil {
			return nil, err
		}
		one.Of = of
		r.Relations = append(r.Relations, *one)
	}
	return r, r.write(o.Dir)
}

// relationKey is all that determines a relation's result.
type relationKey struct {
	Model    string
	Relation Relation
	Options  RelationsOptions
	Seed     uint64
}

// checkRelations refuses options that mean nothing.
func (o *RelationsOptions) checkRelations(l *collect.Loaded, list []Relation) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Limit < 2 || o.Targets < 1 || len(o.Layers) == 0 || o.Alpha == 0 {
		return errors.New("relations: want 2 facts or more, a target, a layer and a strength")
	}
	for _, name := range o.Names {
		if !slices.ContainsFunc(list, func(r Relation) bool { return r.Name == name }) {
			var names []string
			for _, r := range list {
				names = append(names, r.Name)
			}
			return fmt.Errorf("relations: want some of %q, have %q", names, name)
		}
	}
	var points []model.Point
	for _, p := range o.places() {
		points = append(points, p.Points()...)
	}
	return l.Model.Editable(points...)
}

// places are those of the causal test.
func (o *RelationsOptions) places() []steering.Place {
	var list []steering.Place
	for _, layer := range o.Layers {
		list = append(list, at(residual, layer), at(mlpIn, layer))
	}
	return list
}

// perObject is how many facts of an object are taken where there are more facts
// than the limit.
const perObject = 5

// limitFacts takes, of more facts than the limit, some of the objects that have
// the most, so that objects have several subjects.
func limitFacts(list []RelationFact, limit int, seed uint64) []RelationFact {
	if len(list) <= limit {
		return list
	}
	count := map[string]int{}
	var objects []string
	for _, f := range list {
		if count[f.Object] == 0 {
			objects = append(objects, f.Object)
		}
		count[f.Object]++
	}
	slices.SortFunc(objects, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	})
	var some []RelationFact
	order := rand.New(rand.NewPCG(seed, 3)).Perm(len(list))
	for _, o := range objects {
		taken := 0
		for _, i := range order {
			if list[i].Object == o && taken < perObject && len(some) < limit {
				taken++
				some = append(some, list[i])
			}
		}
	}
	return some
}

// runRelationStudy runs one relation.
func runRelationStudy(ctx context.Context, l *collect.Loaded, r Relation, o RelationsOptions) (*RelationResult, error) {
	var points []model.Point
	for layer := range l.Model.Config().Layers {
		points = append(points, model.Point{Site: mlpIn, Layer: layer}, model.Point{Site: residual, Layer: layer})
	}
	list, err := askRelation(ctx, l, o.Options, r, points)
	if err != nil {
		return nil, err
	}
	result := &RelationResult{Name: r.Name, Facts: len(r.Facts), Known: []string{}}
	asked := result.count(r, list)
	known := make([]bool, len(r.Facts))
	for _, q := range list {
		if q.template == asked && q.best {
			known[q.fact] = true
		}
	}
	for i, f := range r.Facts {
		if known[i] {
			result.Known = append(result.Known, f.Subject)
		}
	}
	result.Objects, result.Read = readRelation(r, known, list, points, o.Seed)
	return result, result.steer(ctx, l, r, known, asked, list, points, o)
}

// count counts what is known by template and returns the template in which most
// is, the first of several.
func (x *RelationResult) count(r Relation, list []*relationQuestion) int {
	for _, t := range r.Templates {
		x.Templates = append(x.Templates, RelationTemplate{Text: t})
	}
	for _, q := range list {
		if q.best {
			x.Templates[q.template].Best++
		}
		if q.own {
			x.Templates[q.template].Own++
		}
	}
	asked := 0
	for i, t := range x.Templates {
		if t.Best > x.Templates[asked].Best {
			asked = i
		}
	}
	x.Asked = r.Templates[asked]
	return asked
}

// steer tests what the directions of objects do to the answers about the others.
func (x *RelationResult) steer(ctx context.Context, l *collect.Loaded, r Relation, known []bool, asked int, list []*relationQuestion, points []model.Point, o RelationsOptions) error {
	f := &facts.File{Answers: map[string]facts.Answer{"object": {Question: r.Templates[asked]}}}
	objects := map[string]bool{}
	var targets []string
	for i, fact := range r.Facts {
		if !known[i] {
			continue
		}
		f.Concepts = append(f.Concepts, facts.Concept{Name: fact.Subject, Facts: map[string]string{"object": fact.Object}})
		if !objects[fact.Object] && len(targets) < o.Targets {
			targets = append(targets, fact.Subject)
		}
		objects[fact.Object] = true
	}
	if len(objects) < 2 || len(r.Templates) < 2 {
		x.Reason = fmt.Sprintf("want known facts with two objects and two templates, have %d and %d", len(objects), len(r.Templates))
		return nil
	}
	vectors := &relationMeans{objects: map[string]string{}, sums: map[string][][]float64{}, counts: map[string]float64{}, points: points}
	for i, fact := range r.Facts {
		if known[i] {
			vectors.objects[fact.Subject] = fact.Object
		}
	}
	for _, q := range list {
		if known[q.fact] && q.template != asked {
			vectors.add(r.Facts[q.fact].Object, q.rows)
		}
	}
	stage := o.Watch.Stage(r.Name+" steering", "prompts")
	defer stage.Close()
	var err error
	x.Causal, err = steering.Run(ctx, l, f, vectors, steering.Options{
		Answer: "object", Targets: targets, Places: o.places(), Kinds: []steering.Kind{steering.AddDifference, steering.AblateMean}, Alphas: []float64{o.Alpha},
		Positions: steering.After, Random: 1, Seed: o.Seed, Threads: o.Threads,
		Progress: func(done, total int) { stage.Set(int64(done), int64(total)) },
	})
	return err
}
