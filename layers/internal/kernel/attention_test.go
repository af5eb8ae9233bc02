package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// softmaxAttention is the formula in float64, for one segment without parents.
func softmaxAttention(q, k, v []float32, rows int, s AttentionShape) []float64 {
	out := make([]float64, rows*s.Heads*s.Width)
	for t := range rows {
		for h := range s.Heads {
			shared := h / (s.Heads / s.KVHeads)
			query := q[(t*s.Heads+h)*s.Width:][:s.Width]
			var total float64
			sum := out[(t*s.Heads+h)*s.Width:][:s.Width]
			for j := range t + 1 {
				if s.Window > 0 && j <= t-s.Window {
					continue
				}
				at := (j*s.KVHeads + shared) * s.Width
				var score float64
				for i := range query {
					score += float64(query[i]) * float64(k[at+i])
				}
				w := math.Exp(score * float64(s.Scale))
				total += w
				for i := range sum {
					sum[i] += w * float64(v[at+i])
				}
			}
			for i := range sum {
				sum[i] /= total
			}
		}
	}
	return out
}

// contractAttention is the contract of Attention for one head of one row,
// written as it is stated; rows[j] is the row of the key at position j.
func contractAttention(kernel Kernel, q, k, v []float32, rows []int, head int, s AttentionShape) []float32 {
	fma := multiplyAdd(kernel)
	at := func(j int) int { return (rows[j]*s.KVHeads + head/(s.Heads/s.KVHeads)) * s.Width }
	from, to := s.sees(len(rows) - 1)
	scores, top := map[int]float32{}, float32(math.Inf(-1))
	for j := from; j < to; j++ {
		scores[j] = chain(kernel, q, k[at(j):at(j)+s.Width]) * s.Scale
		if s.SoftCap > 0 {
			scores[j] = s.SoftCap * Tanh(scores[j]/s.SoftCap)
		}
		if s.Bias != nil {
			scores[j] += s.Bias(head, len(rows)-1, j)
		}
		top = max(top, scores[j])
	}
	if s.Sinks != nil {
		top = max(top, s.Sinks[head])
	}
	out := make([]float32, s.Width)
	var total float32
	for block := from / BlockKeys * BlockKeys; block < to; block += BlockKeys {
		sum, part := make([]float32, s.Width), float32(0)
		for j := max(from, block); j < min(to, block+BlockKeys); j++ {
			w := Exp(scores[j] - top)
			part += w
			for i := range sum {
				sum[i] = fma(w, v[at(j)+i], sum[i])
			}
		}
		total += part
		AddTo(out, sum)
	}
	if s.Sinks != nil {
		total += Exp(s.Sinks[head] - top)
	}
	for i := range out {
		out[i] /= total
	}
	return out
}

// slope is a bias that depends on all that it may.
func slope(head, query, key int) float32 {
	return float32(head+1)/8*float32(key-query) + float32(query%3)
}

// TestAttentionFollowsTheContract compares every kernel with the plain formula,
// over a tree of prompts, with values that are not finite in some.
func TestAttentionFollowsTheContract(t *testing.T) {
	inf := float32(math.Inf(1))
	segments := []Segment{
		{From: 0, To: 70, Ranges: [][2]int{{0, 70}}},
		{From: 70, To: 71, Ranges: [][2]int{{70, 71}}},
		{From: 71, To: 90, First: 70, Ranges: [][2]int{{0, 70}, {71, 90}}},
		{From: 90, To: 99, First: 89, Ranges: [][2]int{{0, 70}, {71, 90}, {90, 99}}},
		{From: 99, To: 160, First: 70, Ranges: [][2]int{{0, 70}, {99, 160}}},
	}
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		for i, s := range []AttentionShape{
			{Heads: 9, KVHeads: 3, Width: 64, Scale: 0.125},
			{Heads: 2, KVHeads: 2, Width: 16, Scale: 0.3, Window: 5},
			{Heads: 3, KVHeads: 1, Width: 7, Scale: 0.4, Window: 66},
			{Heads: 1, KVHeads: 1, Width: BlockK + 5, Scale: 0.06},
			{Heads: 4, KVHeads: 2, Width: 12, Scale: 0.3, SoftCap: 1.5},
			{Heads: 6, KVHeads: 3, Width: 8, Scale: 0.35, Bias: slope},
			{Heads: 3, KVHeads: 1, Width: 8, Scale: 0.35, Sinks: []float32{-3, 0.5, 40}},
			{Heads: 4, KVHeads: 4, Width: 5, Scale: 0.4, Window: 9, SoftCap: 2, Bias: slope, Sinks: []float32{1, 2, 3, 4}},
		} {
			for _, special := range []bool{false, true} {
				r := rand.New(rand.NewPCG(uint64(i), 9))
				q, kv := random(r, 160*s.Heads*s.Width), 160*s.KVHeads*s.Width
				k, v := random(r, kv), random(r, kv)
				if special {
					v[(150*s.KVHeads)*s.Width], v[(40*s.KVHeads)*s.Width+1] = inf, -inf
					k[(85*s.KVHeads)*s.Width], k[(20*s.KVHeads)*s.Width+2] = inf-inf, inf
				}
				have := make([]float32, len(q))
				pool(t, 2, kernel).Attention(have, q, k, v, segments, s)
				for _, seg := range segments {
					var rows []int
					for _, g := range seg.Ranges[:len(seg.Ranges)-1] {
						for row := g[0]; row < g[1]; row++ {
							rows = append(rows, row)
						}
					}
					for row := seg.From; row < seg.To; row++ {
						rows = append(rows, row)
						for h := range s.Heads {
							at := (row*s.Heads + h) * s.Width
							want := contractAttention(kernel, q[at:at+s.Width], k, v, rows, h, s)
							sameBits(t, fmt.Sprintf("shape %d, row %d, head %d", i, row, h), want, have[at:at+s.Width])
						}
					}
				}
			}
		}
	})
}

func TestAttention(t *testing.T) {
	for _, s := range []AttentionShape{
		{Heads: 1, KVHeads: 1, Width: 2, Scale: 1},
		{Heads: 6, KVHeads: 2, Width: 12, Scale: 0.3},
		{Heads: 4, KVHeads: 4, Width: 16, Scale: 0.25, Window: 1},
		{Heads: 4, KVHeads: 1, Width: 300, Scale: 0.05, Window: 9},
	} {
		for _, rows := range []int{1, 2, BlockKeys, BlockKeys + 1, 2*BlockKeys + 7} {
			r := rand.New(rand.NewPCG(uint64(rows), uint64(s.Width)))
			q := random(r, rows*s.Heads*s.Width)
			k, v := random(r, rows*s.KVHeads*s.Width), random(r, rows*s.KVHeads*s.Width)
			have := make([]float32, len(q))
			whole := []Segment{{To: rows, Ranges: [][2]int{{0, rows}}}}
			pool(t, 2, Supported()[0]).Attention(have, q, k, v, whole, s)
			for i, want := range softmaxAttention(q, k, v, rows, s) {
				if math.Abs(float64(have[i])-want) > 3e-6 {
					t.Fatalf("%+v, %d rows, value %d: want %v, have %v", s, rows, i, want, have[i])
				}
			}
		}
	}
}

// TestAttentionOfSharedPrefix holds a prompt's rows against the same prompt cut
// into a prefix and a rest that lie apart, with another prompt's rest between.
func TestAttentionOfSharedPrefix(t *testing.T) {
	for _, cut := range []int{1, 5, BlockKeys, BlockKeys + 3} {
		for _, window := range []int{0, 7} {
			s := AttentionShape{Heads: 4, KVHeads: 2, Width: 8, Scale: 0.35, Window: window}
			r := rand.New(rand.NewPCG(uint64(cut), 1))
			rows, other := cut+BlockKeys+9, 11
			q := random(r, rows*s.Heads*s.Width)
			k, v := random(r, rows*s.KVHeads*s.Width), random(r, rows*s.KVHeads*s.Width)
			want := make([]float32, len(q))
			pool(t, 1, Supported()[0]).Attention(want, q, k, v, []Segment{{To: rows, Ranges: [][2]int{{0, rows}}}}, s)

			insert := func(x []float32, width int) []float32 {
				var y []float32
				y = append(y, x[:cut*width]...)
				y = append(y, random(r, other*width)...)
				return append(y, x[cut*width:]...)
			}
			have := make([]float32, (rows+other)*s.Heads*s.Width)
			pool(t, 2, Supported()[0]).Attention(have, insert(q, s.Heads*s.Width), insert(k, s.KVHeads*s.Width), insert(v, s.KVHeads*s.Width), []Segment{
				{From: 0, To: cut, Ranges: [][2]int{{0, cut}}},
				{From: cut, To: cut + other, First: cut, Ranges: [][2]int{{0, cut}, {cut, cut + other}}},
				{From: cut + other, To: rows + other, First: cut, Ranges: [][2]int{{0, cut}, {cut + other, rows + other}}},
			}, s)
			d := s.Heads * s.Width
			what := fmt.Sprintf("cut %d, window %d", cut, window)
			sameBits(t, what+", prefix", want[:cut*d], have[:cut*d])
			sameBits(t, what+", rest", want[cut*d:], have[(cut+other)*d:])
		}
	}
}
