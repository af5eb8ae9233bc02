package kernel

import "math"

// Segment is a run of rows of a batch and the keys its rows may see. Ranges
// lists row ranges root first: those of the segments it continues, then its
// own. The j-th row of the ranges together is the key at absolute position j.
type Segment struct {
	From, To int      // the segment's own rows
	Ranges   [][2]int // rows [from, to) of its keys, root first
}

// AttentionShape says how heads lie in the rows and what a query may see.
type AttentionShape struct {
	Heads, KVHeads int     // query heads; key and value heads they share
	Width          int     // values per head
	Scale          float32 // multiplies every score, usually 1/sqrt(Width)
	Window         int     // keys a query sees, itself included; 0 means all before it
}

// Attention computes causal softmax attention of q [T, Heads, Width] on k and
// v [T, KVHeads, Width] into dst [T, Heads, Width]. For the query at position
// p and each key j ≤ p (and j > p-Window where a window is set):
//
//	s[j]  = Scale · (q·k[j])
//	w[j]  = exp(s[j] - max s)
//	dst   = Σ w[j]·v[j] / Σ w[j]
//
// Sums over j go in blocks of [BlockKeys] aligned to absolute positions, each
// one chain; q·k is one product as [Pool.MatMul] defines it. So a prompt's rows
// do not depend on how it is packed or shared. Vaswani et al., "Attention is
// all you need", 2017; shared heads: Ainslie et al., "GQA", 2023.
func (p *Pool) Attention(dst, q, k, v []float32, segments []Segment, s AttentionShape) {
	p.Run(len(segments)*s.Heads, func(i int) {
		seg, head := segments[i/s.Heads], i%s.Heads
		position := 0
		for _, r := range seg.Ranges[:len(seg.Ranges)-1] {
			position += r[1] - r[0]
		}
		rows := keyRows(seg)
		scores, sum := make([]float32, len(rows)), make([]float32, s.Width)
		for t := seg.From; t < seg.To; t++ {
			first := 0
			if s.Window > 0 {
				first = max(0, position+1-s.Window)
			}
			at := (t*s.Heads + head) * s.Width
			s.attend(dst[at:at+s.Width], q[at:at+s.Width], k, v, rows[:position+1], first, head, scores, sum)
			position++
		}
	})
}

// keyRows lists the row of every key of a segment by absolute position.
func keyRows(seg Segment) []int32 {
	var rows []int32
	for _, r := range seg.Ranges {
		for t := r[0]; t < r[1]; t++ {
			rows = append(rows, int32(t))
		}
	}
	return rows
}

// attend computes one query's row for one head. rows[j] is the row of the key
// at position j, keys [first, len(rows)) are seen; scores and sum are scratch.
func (s AttentionShape) attend(dst, q, k, v []float32, rows []int32, first, head int, scores, sum []float32) {
	shared := head / (s.Heads / s.KVHeads)
	stride := s.KVHeads * s.Width
	top := float32(math.Inf(-1))
	for j := first; j < len(rows); j++ {
		at := int(rows[j])*stride + shared*s.Width
		scores[j] = dot(q, k[at:at+s.Width]) * s.Scale
		top = max(top, scores[j])
	}
	clear(dst)
	var total float32
	for j := first; j < len(rows); {
		end := min(len(rows), (j/BlockKeys+1)*BlockKeys)
		clear(sum)
		var part float32
		for ; j < end; j++ {
			w := Exp(scores[j] - top)
			part += w
			at := int(rows[j])*stride + shared*s.Width
			for i, u := range v[at : at+s.Width] {
				sum[i] += float32(w * u)
			}
		}
		total += part
		AddTo(dst, sum)
	}
	for i := range dst {
		dst[i] /= total
	}
}

// dot returns a·b in blocks of BlockK, each one chain.
func dot(a, b []float32) float32 {
	var total float32
	for k := 0; k < len(a); k += BlockK {
		end := min(k+BlockK, len(a))
		var s float32
		for i, u := range a[k:end] {
			s += float32(u * b[k+i])
		}
		if k == 0 {
			total = s
		} else {
			total += s
		}
	}
	return total
}
