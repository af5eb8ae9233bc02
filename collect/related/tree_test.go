package related

import (
	"math"
	"math/rand/v2"
	"testing"

	"premlp/model"
)

// growAll grows a tree of three letters and an end, two levels deep, with known
// probabilities.
func growAll(b *branch, depth int) {
	weights := []float32{5, 3, 2}
	if depth == 2 {
		weights = weights[:1]
	}
	var choices []model.Choice
	for i, w := range weights {
		choices = append(choices, model.Choice{ID: int32(i), Weight: w, LogProb: math.Log(float64(w) / 10)})
	}
	b.grow(choices, func(id int32) bool { return id == 0 })
	for _, n := range b.next {
		if n.token != end {
			growAll(n, depth+1)
		}
	}
}

// spell is a path's tokens as text.
func spell(path []*branch) string {
	text := ""
	for _, b := range path[1:] {
		if b.token == end {
			return text + "."
		}
		text += string('a' + b.token)
	}
	return text
}

// Drawn again and again, with what was drawn taken out, every item comes once,
// and then nothing is left.
func TestTreeEmpties(t *testing.T) {
	root := &branch{left: 1}
	growAll(root, 0)
	chance := rand.New(rand.NewPCG(1, 0))
	seen := map[string]bool{}
	for path := draw(root, chance); path != nil; path = draw(root, chance) {
		text := spell(path)
		if seen[text] || path[len(path)-1].token != end {
			t.Fatalf("want each item once, to its end, have %q again", text)
		}
		seen[text] = true
		takeOut(path)
	}
	if len(seen) != 7 || root.left != 0 { // ".", "b.", "c.", "bb.", "bc.", "cb.", "cc."
		t.Errorf("want 7 items and nothing left, have %v and %v", seen, root.left)
	}
}

// With an item taken out the others are drawn in proportion to what they had.
func TestTreeProportions(t *testing.T) {
	const draws = 200000
	root := &branch{left: 1}
	growAll(root, 0)
	chance := rand.New(rand.NewPCG(2, 0))
	for path := draw(root, chance); ; path = draw(root, chance) {
		if spell(path) == "." {
			takeOut(path) // half of all
			break
		}
	}
	have := map[string]float64{}
	for range draws {
		have[spell(draw(root, chance))]++
	}
	for text, p := range map[string]float64{"b.": .3 * .5, "c.": .2 * .5, "bb.": .3 * .3, "bc.": .3 * .2, "cb.": .2 * .3, "cc.": .2 * .2} {
		want := p / .5
		if got := have[text] / draws; math.Abs(got-want) > 0.005 {
			t.Errorf("%q: want probability %.3f, have %.3f", text, want, got)
		}
		delete(have, text)
	}
	if len(have) != 0 {
		t.Errorf("want nothing else, have %v", have)
	}
}

// All tokens that end an item are one end, whose probability is theirs together.
func TestTreeEnds(t *testing.T) {
	b := &branch{left: 1}
	b.grow([]model.Choice{
		{ID: 7, Weight: 4, LogProb: math.Log(.4)}, {ID: 1, Weight: 3, LogProb: math.Log(.3)}, {ID: 8, Weight: 2, LogProb: math.Log(.2)},
	}, func(id int32) bool { return id > 6 })
	if len(b.next) != 2 || b.next[0].token != end || b.next[0].weight != 6 || math.Abs(b.next[0].logProb-math.Log(.6)) > 1e-12 {
		t.Errorf("want an end of weight 6 and probability 0.6, have %+v", b.next[0])
	}
}
