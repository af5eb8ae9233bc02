package direction

import (
	"cmp"
	"math"
	"slices"
)

// item is one scored question or row.
type item struct {
	score    float64
	target   bool
	template int
	concept  int
}

// counts say how often each template and each concept counts. A nil counts once.
type counts struct{ templates, concepts []float64 }

var once = counts{}

func (c counts) of(i *item) float64 {
	switch {
	case c.templates == nil:
		return 1
	case i.target:
		return c.templates[i.template]
	}
	return c.templates[i.template] * c.concepts[i.concept]
}

// sortItems sorts by score, for wins.
func sortItems(items []item) {
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.score, b.score) })
}

// wins counts, over all pairs of a target and a control, those in which the
// target's score is higher, a tie as half (Mann and Whitney's U). The area under
// the ROC curve is wins/pairs, exact. The items are sorted.
func wins(items []item, c counts) (won, pairs float64) {
	below, targets := 0.0, 0.0
	for i := 0; i < len(items); {
		tie, tied := 0.0, 0.0 // controls and targets of one score
		j := i
		for ; j < len(items) && items[j].score == items[i].score; j++ {
			if items[j].target {
				tied += c.of(&items[j])
			} else {
				tie += c.of(&items[j])
			}
		}
		won += tied * (below + tie/2)
		below += tie
		targets += tied
		i = j
	}
	return won, targets * below
}

// auroc is the area under the ROC curve, NaN without a target or a control.
func auroc(items []item) float64 {
	sortItems(items)
	won, pairs := wins(items, once)
	return won / pairs
}

// trial is one test: per block the held-out items, sorted by their score along
// the block's own direction.
type trial struct {
	folds, groups int
	blocks        [][]item
	same          [][]samePair // per block
}

// samePair sums up the pairs of one template with a control of one concept.
type samePair struct {
	template, concept int
	won, pairs        float64
}

// area is the AUROC of each fold, over pairs with one direction, averaged over
// the folds that have pairs; NaN if none has.
//
// With counts, a pair of different templates counts as the product of how often
// each does, a pair of one template as often as the template: it is never paired
// with its own copy. Pairs of one template are easier to tell apart, and draws
// hold more of them than they should, so the two kinds are averaged apart and
// joined in the shares they have without counts. A fold that lacks a kind in a
// draw is left out of it.
func (t *trial) area(c counts) float64 {
	sum, n := 0.0, 0.0
	for f := range t.folds {
		between, within := t.fold(f, once)
		pairs := between.pairs + within.pairs
		won := between.won + within.won
		if c.templates != nil {
			b, w := t.fold(f, c)
			won = b.share()*between.pairs + w.share()*within.pairs
			if between.pairs == 0 {
				won = w.share() * within.pairs
			} else if within.pairs == 0 {
				won = b.share() * between.pairs
			}
		}
		if pairs > 0 && !math.IsNaN(won) {
			sum += won / pairs
			n++
		}
	}
	return sum / n
}

// tally counts pairs.
type tally struct{ won, pairs float64 }

func (t tally) share() float64 { return t.won / t.pairs }

// fold counts a fold's pairs between templates, and within one.
func (t *trial) fold(f int, c counts) (between, within tally) {
	for k := f * t.groups; k < (f+1)*t.groups; k++ {
		won, pairs := wins(t.blocks[k], c)
		between.won += won
		between.pairs += pairs
		for _, s := range t.same[k] {
			w, v := 1.0, 1.0
			if c.templates != nil {
				w, v = c.templates[s.template], c.concepts[s.concept]
			}
			between.won -= w * w * v * s.won
			between.pairs -= w * w * v * s.pairs
			within.won += w * v * s.won
			within.pairs += w * v * s.pairs
		}
	}
	return between, within
}

// finish sorts the items and counts the pairs of one template.
func (t *trial) finish() *trial {
	t.same = make([][]samePair, len(t.blocks))
	for k, items := range t.blocks {
		sortItems(items)
		targets := map[int][]float64{}
		for i := range items {
			if items[i].target {
				targets[items[i].template] = append(targets[items[i].template], items[i].score)
			}
		}
		for i := range items {
			if items[i].target || targets[items[i].template] == nil {
				continue
			}
			s := samePair{template: items[i].template, concept: items[i].concept}
			for _, score := range targets[s.template] {
				s.pairs++
				if score > items[i].score {
					s.won++
				} else if score == items[i].score {
					s.won += 0.5
				}
			}
			t.same[k] = append(t.same[k], s)
		}
	}
	return t
}

// worst is the smallest AUROC of a block.
func (t *trial) worst() float64 {
	least := math.NaN()
	for _, items := range t.blocks {
		if won, pairs := wins(items, once); pairs > 0 && !(won/pairs >= least) {
			least = won / pairs
		}
	}
	return least
}

// stratified is the AUROC over pairs of one template, the average over all.
func (t *trial) stratified() float64 {
	won, pairs := 0.0, 0.0
	for _, block := range t.same {
		for _, s := range block {
			won += s.won
			pairs += s.pairs
		}
	}
	return won / pairs
}

// newTrial makes the test of labels y in which score gives question i's score
// along the direction of its own fold and a group.
func (d *design) newTrial(y []bool, score func(i, group int) float64) *trial {
	t := &trial{folds: d.folds, groups: d.groups, blocks: make([][]item, d.folds*d.groups)}
	for i := range d.questions {
		q := &d.questions[i]
		for g := range d.groups {
			if !y[i] && g != d.group[q.concept] {
				continue // a control is tested where it was held out
			}
			s := score(i, g)
			if math.IsNaN(s) {
				continue
			}
			k := d.fold[q.template]*d.groups + g
			t.blocks[k] = append(t.blocks[k], item{s, y[i], q.template, q.concept})
		}
	}
	return t.finish()
}
