package kernel

import "slices"

// Top lists the k largest of scores, largest first; of equal ones the first
// counts as the larger.
func Top(scores []float32, k int) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	return order[:k]
}

// Softmax writes exp(x - max x) / Σ exp(x - max x) to dst, the sum in order.
func Softmax(dst, x []float32) {
	top := slices.Max(x)
	var total float32
	for i, v := range x {
		dst[i] = Exp(v - top)
		total += dst[i]
	}
	for i := range dst[:len(x)] {
		dst[i] /= total
	}
}

// Sigmoid returns 1 / (1 + exp(-x)).
func Sigmoid(x float32) float32 { return 1 / (1 + Exp(-x)) }
