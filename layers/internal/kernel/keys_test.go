package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// pick returns rows of x [·, width], one after another.
func pick(x []float32, width int, rows ...int) []float32 {
	var y []float32
	for _, r := range rows {
		y = append(y, x[r*width:(r+1)*width]...)
	}
	return y
}

// span lists the numbers [from, to).
func span(from, to int) []int {
	var list []int
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

// TestCachedAttention holds tokens computed in many runs with a cache against
// the same tokens in one run: a prompt in one or two pieces, then two sequences
// that continue it side by side in steps of 1 to 4 tokens, their rows of the
// cache in several ranges.
func TestCachedAttention(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		for i, s := range []AttentionShape{
			{Heads: 9, KVHeads: 3, Width: 64, Scale: 0.125},
			{Heads: 2, KVHeads: 2, Width: 16, Scale: 0.3, Window: 5},
			{Heads: 3, KVHeads: 1, Width: 7, Scale: 0.4, Window: 66},
		} {
			for _, cut := range []int{0, 1, 13, BlockKeys} {
				for threads := 1; threads <= 2; threads++ {
					r := rand.New(rand.NewPCG(uint64(i), uint64(cut)))
					checkCached(t, pool(t, threads, kernel), r, s, cut)
				}
			}
		}
	})
}

// The sizes of checkCached: a prompt, each of two continuations, and the cache.
const (
	promptRows, ownRows = BlockKeys + 3, 19
	cacheRows           = 130
)

func checkCached(t *testing.T, p *Pool, r *rand.Rand, s AttentionShape, cut int) {
	t.Helper()
	qd, kd := s.Heads*s.Width, s.KVHeads*s.Width
	rows := promptRows + 2*ownRows // the uncached batch: prompt, first, second
	q, k, v := random(r, rows*qd), random(r, rows*kd), random(r, rows*kd)
	v[5*kd], k[9*kd] = float32(math.Inf(1)), float32(math.NaN())
	second := promptRows + ownRows
	want := make([]float32, len(q))
	p.Attention(want, q, k, v, []Segment{
		{From: 0, To: promptRows, Ranges: [][2]int{{0, promptRows}}},
		{From: promptRows, To: second, First: promptRows, Ranges: [][2]int{{0, promptRows}, {promptRows, second}}},
		{From: second, To: rows, First: promptRows, Ranges: [][2]int{{0, promptRows}, {second, rows}}},
	}, s)

	cache := p.NewKeys(cacheRows, s.KVHeads, s.Width)
	run := func(what string, segments []Segment, batch ...int) {
		have := make([]float32, len(batch)*qd)
		p.CachedAttention(have, pick(q, qd, batch...), pick(k, kd, batch...), pick(v, kd, batch...), cache, segments, segments, s)
		sameBits(t, fmt.Sprintf("%+v, prompt cut at %d: %s", s, cut, what), pick(want, qd, batch...), have)
	}
	prompt := [2]int{20, 20 + promptRows}
	if cut > 0 {
		run("prompt's begin", []Segment{{To: cut, Ranges: [][2]int{{20, 20 + cut}}}}, span(0, cut)...)
	}
	run("prompt", []Segment{{To: promptRows - cut, First: cut, Ranges: [][2]int{prompt}}}, span(cut, promptRows)...)
	// Both go on behind the prompt's rows: the first in front of it too.
	for at := 0; at < ownRows; {
		n := min(1+r.IntN(4), ownRows-at)
		ranges := func(near, far [2]int) [][2]int {
			end := at + n
			list := [][2]int{prompt, {near[0], min(near[0]+end, near[1])}}
			if rest := end - (near[1] - near[0]); rest > 0 {
				list = append(list, [2]int{far[0], far[0] + rest})
			}
			return list
		}
		run(fmt.Sprintf("%d own tokens", at), []Segment{
			{From: 0, To: n, First: promptRows + at, Ranges: ranges([2]int{87, 95}, [2]int{3, 20})},
			{From: n, To: 2 * n, First: promptRows + at, Ranges: ranges([2]int{95, 97}, [2]int{113, 130})},
		}, append(span(promptRows+at, promptRows+at+n), span(second+at, second+at+n)...)...)
		at += n
	}
}
