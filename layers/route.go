package layers

import (
	"math"

	"premlp/layers/internal/kernel"
)

// SoftmaxRoute picks the experts of the k largest scores, weighted by the
// softmax over all scores, divided by their sum where normalise says so.
func SoftmaxRoute(k int, normalise bool) Route {
	return func(scores []float32) ([]int, []float32) {
		kernel.Softmax(scores, scores)
		experts := kernel.Top(scores, k)
		shares := pick(scores, experts)
		if normalise {
			divideBySum(shares, 0)
		}
		return experts, shares
	}
}

// ChosenSoftmaxRoute picks the experts of the k largest scores, weighted by the
// softmax over those alone.
func ChosenSoftmaxRoute(k int) Route {
	return func(scores []float32) ([]int, []float32) {
		experts := kernel.Top(scores, k)
		shares := pick(scores, experts)
		kernel.Softmax(shares, shares)
		return experts, shares
	}
}

// GroupRoute is DeepSeek-V3's: experts are in groups; a group's rank is the sum
// of its two largest biased scores σ(s)+bias; of the best groups' experts those
// of the k largest biased scores are picked. DeepSeek-AI, "DeepSeek-V3 technical
// report", 2024.
type GroupRoute struct {
	Chosen, Groups, GroupsChosen int
	Normalise                    bool             // weights are divided by their sum
	Factor                       float32          // multiplies weights at the end
	Bias                         func() []float32 // [experts]; called for every token
}

// Route implements Route.
func (r GroupRoute) Route(scores []float32) ([]int, []float32) {
	bias := r.Bias()
	biased := make([]float32, len(scores))
	for i, s := range scores {
		scores[i] = kernel.Sigmoid(s)
		biased[i] = scores[i] + bias[i]
	}
	size := len(scores) / r.Groups
	ranks := make([]float32, r.Groups)
	for g := range ranks {
		group := biased[g*size : (g+1)*size]
		for _, i := range kernel.Top(group, min(2, size)) {
			ranks[g] += group[i]
		}
	}
	allowed := make([]float32, len(scores))
	for i := range allowed {
		allowed[i] = float32(math.Inf(-1)) // of the groups that are not picked
	}
	for _, g := range kernel.Top(ranks, r.GroupsChosen) {
		copy(allowed[g*size:(g+1)*size], biased[g*size:])
	}
	experts := kernel.Top(allowed, r.Chosen)
	shares := pick(scores, experts)
	if r.Normalise {
		divideBySum(shares, 1e-20)
	}
	for i := range shares {
		shares[i] *= r.Factor
	}
	return experts, shares
}

// pick returns the scores of experts.
func pick(scores []float32, experts []int) []float32 {
	out := make([]float32, len(experts))
	for i, e := range experts {
		out[i] = scores[e]
	}
	return out
}

// divideBySum divides x by its sum, plus a little.
func divideBySum(x []float32, little float32) {
	var total float32
	for _, v := range x {
		total += v
	}
	for i := range x {
		x[i] /= total + little
	}
}
