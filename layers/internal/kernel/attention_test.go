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
			NewPool(2).Attention(have, q, k, v, whole, s)
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
			NewPool(1).Attention(want, q, k, v, []Segment{{To: rows, Ranges: [][2]int{{0, rows}}}}, s)

			insert := func(x []float32, width int) []float32 {
				var y []float32
				y = append(y, x[:cut*width]...)
				y = append(y, random(r, other*width)...)
				return append(y, x[cut*width:]...)
			}
			have := make([]float32, (rows+other)*s.Heads*s.Width)
			NewPool(2).Attention(have, insert(q, s.Heads*s.Width), insert(k, s.KVHeads*s.Width), insert(v, s.KVHeads*s.Width), []Segment{
				{From: 0, To: cut, Ranges: [][2]int{{0, cut}}},
				{From: cut, To: cut + other, Ranges: [][2]int{{0, cut}, {cut, cut + other}}},
				{From: cut + other, To: rows + other, Ranges: [][2]int{{0, cut}, {cut + other, rows + other}}},
			}, s)
			d := s.Heads * s.Width
			what := fmt.Sprintf("cut %d, window %d", cut, window)
			sameBits(t, what+", prefix", want[:cut*d], have[:cut*d])
			sameBits(t, what+", rest", want[cut*d:], have[(cut+other)*d:])
		}
	}
}
