package related

import (
	"math"
	"math/rand/v2"

	"premlp/model"
)

// end stands, in a tree of continuations, for all tokens that end an item.
const end = -1

// branch is a place in the tree of what an item may be: what was chosen up to
// here, and what may follow. What is taken out of the tree is not drawn again,
// and its probability falls to the others in proportion: so an item is drawn
// from the model's own distribution given that it is none of those (Shi et al.,
// "Incremental sampling without replacement for sequence models", 2020).
type branch struct {
	token   int32 // end for the item's end
	weight  float64
	logProb float64 // of the token, given those before
	left    float64 // share of its weight that is not taken out
	next    []*branch
	asked   bool // next is known
}

// grow fills in what may follow. ends says of a token whether it ends the item.
func (b *branch) grow(choices []model.Choice, ends func(id int32) bool) {
	b.asked = true
	var stop *branch
	var probability float64
	for _, c := range choices {
		if !ends(c.ID) {
			b.next = append(b.next, &branch{token: c.ID, weight: float64(c.Weight), logProb: c.LogProb, left: 1})
			continue
		}
		if stop == nil {
			stop = &branch{token: end, left: 1, asked: true}
			b.next = append(b.next, stop)
		}
		stop.weight += float64(c.Weight)
		probability += math.Exp(c.LogProb)
	}
	if stop != nil {
		stop.logProb = math.Log(probability)
	}
}

// draw walks from the root down to a place where it must be asked what follows,
// or to an item's end. It returns nil when nothing is left.
func draw(root *branch, chance *rand.Rand) []*branch {
	path := []*branch{root}
	for at := root; at.asked && at.token != end; path = append(path, at) {
		var total float64
		for _, n := range at.next {
			total += n.weight * n.left
		}
		if total <= 0 {
			return nil
		}
		rest := chance.Float64() * total
		var chosen *branch
		for _, n := range at.next {
			if n.left <= 0 {
				continue
			}
			chosen = n
			if rest -= n.weight * n.left; rest < 0 {
				break
			}
		}
		at = chosen
	}
	return path
}

// takeOut removes the last place of a path from the tree.
func takeOut(path []*branch) {
	path[len(path)-1].left = 0
	for i := len(path) - 2; i >= 0; i-- {
		var total, left float64
		for _, n := range path[i].next {
			total += n.weight
			left += n.weight * n.left
		}
		path[i].left = left / total
	}
}
