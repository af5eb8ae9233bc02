package direction

import (
	"fmt"
	"slices"
)

// Level is what a direction is fitted on.
type Level string

const (
	Rows      Level = "rows"      // every row counts
	Questions Level = "questions" // every question counts, by its mean row
)

// Options say what Analyse does. The zero value of a field is its default.
type Options struct {
	Target    string         // the manifest's target
	Sites     []string       // all
	Layers    []int          // all
	Methods   []string       // all
	Level     Level          // Rows
	Folds     int            // of templates: 5, or as many as leave 2 templates in each, or 1
	Groups    int            // of controls: 3; 1 holds no control out
	FoldOf    map[string]int // the fold of every template, in place of Folds
	Bootstrap int            // draws: 1000
	Nulls     int            // draws of each null: 40
	Seed      uint64         // 1

	// Progress is told how many layers of how many are done.
	Progress func(done, total int)
}

// complete fills in defaults and checks what was asked for.
func (o Options) complete(src Source) (Options, error) {
	m := src.Manifest()
	fill := func(v *int, standard int) {
		if *v == 0 {
			*v = standard
		}
	}
	fill(&o.Groups, 3)
	fill(&o.Bootstrap, 1000)
	fill(&o.Nulls, 40)
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Level == "" {
		o.Level = Rows
	}
	if len(o.Sites) == 0 {
		o.Sites = m.Sites
	}
	if len(o.Layers) == 0 {
		o.Layers = m.Layers
	}
	if _, err := chooseMethods(o.Methods); err != nil {
		return o, err
	}
	if o.Level != Rows && o.Level != Questions {
		return o, fmt.Errorf("level: want %s or %s, have %q", Rows, Questions, o.Level)
	}
	for _, s := range o.Sites {
		if !slices.Contains(m.Sites, s) {
			return o, fmt.Errorf("site: want some of %v, have %q", m.Sites, s)
		}
	}
	for _, l := range o.Layers {
		if !slices.Contains(m.Layers, l) {
			return o, fmt.Errorf("layer: want some of %v, have %d", m.Layers, l)
		}
	}
	if o.Folds == 1 || o.Folds < 0 {
		return o, fmt.Errorf("folds: want at least 2, have %d", o.Folds)
	}
	if o.Groups < 1 {
		return o, fmt.Errorf("control groups: want at least 1, have %d", o.Groups)
	}
	if o.Bootstrap < 1 || o.Nulls < 1 {
		return o, fmt.Errorf("draws: want at least 1, have %d of the bootstrap and %d of the nulls", o.Bootstrap, o.Nulls)
	}
	return o, nil
}
