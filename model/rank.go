package model

// candidate is a token, its score, and e^((score - the highest)/Temperature).
// Weights may be equal where scores are not.
type candidate struct {
	id            int32
	score, weight float32
}

// ranking is a heap of candidates: the one of the highest score first, of equal
// ones the one of the lowest id.
type ranking []candidate

// rank makes a heap of candidates, in their memory.
func rank(list []candidate) ranking {
	h := ranking(list)
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
	return h
}

// pop takes the first candidate off the heap.
func (h *ranking) pop() candidate {
	list := *h
	first, last := list[0], len(list)-1
	list[0] = list[last]
	*h = list[:last]
	h.sink(0)
	return first
}

// sink moves candidate i down to where it belongs.
func (h ranking) sink(i int) {
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(h[first]) {
				first = child
			}
		}
		if first == i {
			return
		}
		h[i], h[first] = h[first], h[i]
		i = first
	}
}

// before orders candidates.
func (c candidate) before(d candidate) bool {
	if c.score != d.score {
		return c.score > d.score
	}
	return c.id < d.id
}
