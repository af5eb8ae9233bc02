package kernel

import "math"

// runs calls f for each run of neighbouring rows among the keys at positions
// [from, to) of a segment: f(position of its first key, first row, one past its
// last row).
func (s Segment) runs(from, to int, f func(j, row, end int)) {
	at := 0
	for _, r := range s.Ranges {
		n := r[1] - r[0]
		first, last := max(from, at), min(to, at+n)
		if first < last {
			f(first, r[0]+first-at, r[0]+last-at)
		}
		at += n
	}
}

// finite reports whether the values at keys that some but not all lanes see are
// finite.
func (a *attention) finite(g queries, see sight) bool {
	ok := true
	check := func(_, row, end int) {
		for ; row < end; row++ {
			at := (row*a.KVHeads + g.head) * a.Width
			for _, v := range a.keys.values[at : at+a.Width] {
				ok = ok && v-v == 0
			}
		}
	}
	g.seg.runs(see.from, see.allFrom, check)
	g.seg.runs(see.allTo, see.to, check)
	return ok
}

// gather writes the queries as a panel [Width][32]; lanes past the last are 0.
func (a *attention) gather(panel []float32, g queries) {
	count := g.last - g.first
	if count < PanelWidth {
		clear(panel)
	}
	for l := 0; l < count; l += laneCount {
		var at [laneCount]int
		for i := range at {
			at[i] = a.row(g, min(g.first+l+i, g.last-1))
		}
		a.kernel.transpose(panel[l:], PanelWidth, a.q, &at, min(count-l, laneCount), a.Width)
	}
}

// row returns where a lane's row begins in q and dst.
func (a *attention) row(g queries, lane int) int {
	shared := a.Heads / a.KVHeads
	token, head := g.seg.From+lane/shared, g.head*shared+lane%shared
	return (token*a.Heads + head) * a.Width
}

// scores writes q·k of every key in sight, [keys][32].
func (a *attention) scores(dst, query []float32, g queries, see sight) {
	rows := a.keys.rows
	g.seg.runs(see.from, see.to, func(j, row, end int) {
		for row < end {
			tile := row / rows
			stop := min(end, (tile+1)*rows)
			keys := a.keys.packed[(g.head*a.keys.tiles+tile)*a.keys.tileSize+row-tile*rows:]
			for k := 0; k < a.Width; k += BlockK {
				m := add
				if k == 0 {
					m = store
				}
				a.kernel.tile(stop-row, dst[(j-see.from)*PanelWidth:], PanelWidth,
					keys[k*rows:], rows, query[k*PanelWidth:], min(BlockK, a.Width-k), m, nil)
			}
			j, row = j+stop-row, stop
		}
	})
}

// queryHead returns the query head of a lane.
func (a *attention) queryHead(g queries, lane int) int {
	shared := a.Heads / a.KVHeads
	return g.head*shared + lane%shared
}

// adjust scales the scores of all keys in sight, bounds them and adds the bias.
func (a *attention) adjust(scores []float32, g queries, see sight) {
	for i := range scores {
		scores[i] *= a.Scale
	}
	if a.SoftCap > 0 {
		softCap(scores, scores, a.SoftCap)
	}
	if a.Bias == nil {
		return
	}
	for l := range g.last - g.first {
		head, position := a.queryHead(g, g.first+l), a.position(g, g.first+l)
		for j := see.from; j < see.to; j++ {
			scores[(j-see.from)*PanelWidth+l] += a.Bias(head, position, j)
		}
	}
}

// raise lifts each lane's maximum to its sink.
func (a *attention) raise(top *[PanelWidth]float32, g queries) {
	if a.Sinks != nil {
		for l := range g.last - g.first {
			top[l] = max(top[l], a.Sinks[a.queryHead(g, g.first+l)])
		}
	}
}

// sink adds the weight of each lane's sink to its total.
func (a *attention) sink(total, top *[PanelWidth]float32, g queries) {
	if a.Sinks != nil {
		for l := range g.last - g.first {
			total[l] += Exp(a.Sinks[a.queryHead(g, g.first+l)] - top[l])
		}
	}
}

// mask sets the scores of keys that a lane does not see to -Inf.
func (a *attention) mask(scores []float32, g queries, see sight) {
	never := float32(math.Inf(-1))
	for l := range g.last - g.first {
		from, to := a.sees(a.position(g, g.first+l))
		for j := see.from; j < min(from, see.to); j++ {
			scores[(j-see.from)*PanelWidth+l] = never
		}
		for j := to; j < see.to; j++ {
			scores[(j-see.from)*PanelWidth+l] = never
		}
	}
}

// addValues adds one block of keys, Σ w[j]·v[j], to sums [Width][32]. A block
// whose keys lie in several runs of rows is one chain all the same.
func (a *attention) addValues(sums, part, weights []float32, g queries, from, to int) {
	a.runsOf(g.seg, from, to, func(j, row, end, n int, last bool) {
		dst, m := part, extend
		switch {
		case n == 0 && last:
			dst, m = sums, add
		case n == 0:
			m = store
		}
		count := (a.Width + a.kernel.rows - 1) / a.kernel.rows
		for i := range count {
			d, stop := i*a.Width/count, (i+1)*a.Width/count
			v := a.keys.values[(row*a.KVHeads+g.head)*a.Width+d:]
			a.kernel.tile(stop-d, dst[d*PanelWidth:], PanelWidth, v, a.KVHeads*a.Width,
				weights[(j-from)*PanelWidth:], end-row, m, nil)
		}
		if n > 0 && last {
			a.kernel.add(sums, sums, part[:len(sums)])
		}
	})
}

// runsOf is Segment.runs that also tells f the run's number and whether it is
// the last.
func (a *attention) runsOf(s Segment, from, to int, f func(j, row, end, n int, last bool)) {
	n := 0
	s.runs(from, to, func(j, row, end int) {
		f(j, row, end, n, j+end-row == to)
		n++
	})
}

// scatter writes sums [Width][32] to the rows of dst, by way of scratch
// [32][Width].
func (a *attention) scatter(scratch, sums []float32, g queries) {
	for d := 0; d < a.Width; d += laneCount {
		count, f := min(laneCount, a.Width-d), a.kernel.transpose
		if count < laneCount {
			f = transpose // the others may write past the row
		}
		var at [laneCount]int
		for i := range at {
			at[i] = (d + min(i, count-1)) * PanelWidth
		}
		f(scratch[d:], a.Width, sums, &at, count, PanelWidth)
	}
	for l := range g.last - g.first {
		copy(a.dst[a.row(g, g.first+l):][:a.Width], scratch[l*a.Width:])
	}
}
