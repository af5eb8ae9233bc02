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

// weigher gives how often a question of a template and concept is counted.
type weigher func(i *item) float64

func once(*item) float64 { return 1 }

// sortItems sorts by score, for wins.
func sortItems(items []item) {
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.score, b.score) })
}

// wins counts, over all pairs of a target and a control, those in which the
// target's score is higher, a tie as half (Mann and Whitney's U). The area under
// the ROC curve is wins/pairs, exact. The items are sorted.
func wins(items []item, w weigher) (won, pairs float64) {
	below, targets := 0.0, 0.0
	for i := 0; i < len(items); {
		tie, tied := 0.0, 0.0 // controls and targets of one score
		j := i
		for ; j < len(items) && items[j].score == items[i].score; j++ {
			if items[j].target {
				tied += w(&items[j])
			} else {
				tie += w(&items[j])
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
}

// area is the AUROC of each fold, over pairs with one direction, averaged over
// the folds that have pairs; NaN if none has.
func (t *trial) area(w weigher) float64 {
	sum, n := 0.0, 0.0
	for f := range t.folds {
		won, pairs := 0.0, 0.0
		for _, items := range t.blocks[f*t.groups : (f+1)*t.groups] {
			a, b := wins(items, w)
			won += a
			pairs += b
		}
		if pairs > 0 {
			sum += won / pairs
			n++
		}
	}
	return sum / n
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
	for _, items := range t.blocks {
		byTemplate := map[int][]item{}
		for _, i := range items {
			byTemplate[i.template] = append(byTemplate[i.template], i)
		}
		for _, same := range byTemplate { // integers and halves: exact in any order
			a, b := wins(same, once)
			won += a
			pairs += b
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
	for _, items := range t.blocks {
		sortItems(items)
	}
	return t
}
