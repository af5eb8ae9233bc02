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
// A pair of different templates counts as the product of how often each does.
// A pair of one template counts as often as the template: the square would pair
// the template with its own copies, which are easier to tell apart than others.
func (t *trial) area(c counts) float64 {
	sum, n := 0.0, 0.0
	for f := range t.folds {
		won, pairs := 0.0, 0.0
		for k := f * t.groups; k < (f+1)*t.groups; k++ {
			a, b := wins(t.blocks[k], c)
			won += a
			pairs += b
			if c.templates == nil {
				continue
			}
			for _, s := range t.same[k] {
				w := c.templates[s.template]
				less := (w*w - w) * c.concepts[s.concept]
				won -= less * s.won
				pairs -= less * s.pairs
			}
		}
		if pairs > 0 {
			sum += won / pairs
			n++
		}
	}
	return sum / n
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
