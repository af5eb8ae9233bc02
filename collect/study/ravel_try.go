package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"premlp/collect/steering"
	"premlp/model"
)

// train takes the means of the training split's known facts.
func (s *ravelStudy) train() error {
	sample, err := sampleRavel(s.loaded, s.data, train, s.Attributes, s.Entities, s.Prompts, s.Seed)
	if err != nil {
		return err
	}
	points := s.points()
	for _, a := range s.Attributes {
		s.means[AtEntity][a], s.means[AfterEntity][a] = newRavelMeans(points), newRavelMeans(points)
	}
	err = askRavel(s.ctx, s.loaded, s.Options, "training facts", sample.facts, points, func(f *ravelFact, rows [][]float32) {
		for tokens, means := range s.means {
			if f.known {
				means[f.prompt.Attribute].add(f.value, meanRows(tokens, f, rows))
			}
		}
	})
	if err != nil {
		return err
	}
	s.count(train, sample)
	for _, a := range s.Attributes {
		m := s.means[AtEntity][a]
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

// meanRows are the means over the tokens that are edited, [points][D].
func meanRows(t RavelTokens, f *ravelFact, rows [][]float32) (means [][]float32) {
	from, to := t.span(f)
	for _, r := range rows {
		some := t.rowsOf(f, r)
		means = append(means, meanRow(some, len(some)/(to-from)))
	}
	return means
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
			if f.own {
				k.Own++
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
	trials := drawTrials(sample, s.means[AtEntity], s.Attributes, s.Limit, s.Seed)
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

// keepRows captures the rows of the trials.
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
	total, finished := 0, 0
	for _, w := range ways {
		for _, t := range trials {
			if s.wanted(t, w) {
				total++
			}
		}
	}
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
				if !s.wanted(t, w) {
					continue
				}
				take := func(logits []float32) { done[from+i][k] = t.base.best(logits) == t.goal() }
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
	from, to := w.Tokens.span(t.base)
	for _, p := range w.Place.Points() {
		list = append(list, steering.Edit{At: p, From: from, To: to, Change: w.change(t, s.means[w.Tokens][t.moved], p, s.Seed)})
	}
	return list
}
