package kernel

// Segment is a run of tokens and the keys they may see. Ranges lists rows of
// keys, root first. The j-th row of the ranges together is the key at absolute
// position j; there is one for each position up to the last token's.
type Segment struct {
	From, To int      // the tokens' rows in q
	First    int      // the first token's absolute position
	Ranges   [][2]int // rows [from, to) of keys: of the batch, or of a cache
}

// AttentionShape says how heads lie in the rows and what a query may see.
type AttentionShape struct {
	Heads, KVHeads int     // query heads; key and value heads they share
	Width          int     // values per head
	Scale          float32 // multiplies every score, above 0, usually 1/sqrt(Width)
	Window         int     // keys a query sees, itself included; 0 means all before it
	SoftCap        float32 // 0, or the limit that bounds every scaled score: limit·tanh(s/limit)
	// Bias, where there is one, is added to the score of a query head's query at
	// one position and the key at another.
	Bias func(head, query, key int) float32
	// Sinks, where there are any, are a score of each query head that takes part in
	// its softmax without having a value.
	Sinks []float32 // [Heads]
}

// Attention computes causal softmax attention of q [T, Heads, Width] on k and
// v [T, KVHeads, Width] into dst [T, Heads, Width]. For the query at position
// p and each key j ≤ p (and j > p-Window where a window is set):
//
//	s[j]  = Scale · (q·k[j])
//	w[j]  = exp(s[j] - max s)
//	dst   = Σ w[j]·v[j] / Σ w[j]
//
// with s changed as the shape says, and a sink's weight added to Σ w[j] last.
// Sums over j go in blocks of [BlockKeys] aligned to absolute positions, each
// one chain, added in order to 0; q·k is one product as [Pool.MatMul] defines
// it. So a prompt's rows do not depend on how it is packed or shared. Vaswani
// et al., "Attention is all you need", 2017; shared heads: Ainslie et al.,
// "GQA", 2023.
//
// Queries that share keys, (token, head) pairs of one segment, stand side by
// side as the 32 columns of a panel: q·k and w·v are tiles, and w, [keys][32],
// is the panel of the second without moving.
func (p *Pool) Attention(dst, q, k, v []float32, segments []Segment, s AttentionShape) {
	keys := p.kernel.layoutKeys(len(k)/(s.KVHeads*s.Width), s.KVHeads, s.Width)
	keys.packed, keys.values = p.scratch.take(keys.packedSize()), v
	runs := keys.append(make([]keyRun, 0, keys.tiles), keyRun{n: keys.count})
	p.Run(len(runs), func(i int) { keys.pack(&p.kernel, k, runs[i]) })
	p.attention(&attention{AttentionShape: s, kernel: &p.kernel, dst: dst, q: q, keys: &keys}, segments)
}

// CachedAttention is Attention whose segments' ranges are rows of a cache: it
// puts k and v into the rows of their tokens, the last of the ranges of own,
// then attends to all rows of the segments' ranges. A row of dst has the bits that Attention gives it with all of its keys
// in one batch. Rows of the ranges that no token of the batch is put into must
// hold the keys of their positions.
func (p *Pool) CachedAttention(dst, q, k, v []float32, cache *Keys, own, segments []Segment, s AttentionShape) {
	cache.store(p, k, v, own)
	p.attention(&attention{AttentionShape: s, kernel: &p.kernel, dst: dst, q: q, keys: cache}, segments)
}

// attention computes the rows of all segments.
func (p *Pool) attention(a *attention, segments []Segment) {
	shared := a.Heads / a.KVHeads
	var groups []queries
	for _, seg := range segments {
		lanes := (seg.To - seg.From) * shared
		// The last queries see the most keys: first, so that threads end together.
		for l := (lanes - 1) / PanelWidth * PanelWidth; l >= 0; l -= PanelWidth {
			for head := range a.KVHeads {
				groups = append(groups, queries{seg, head, l, min(l+PanelWidth, lanes)})
			}
		}
	}
	p.share(len(groups), func(w *worker, i int) { a.attend(w, groups[i]) })
}

// attention is one call of Attention.
type attention struct {
	AttentionShape
	kernel *Kernel
	dst, q []float32
	keys   *Keys
}

// queries are the columns of one panel: lanes [first, last) of a segment. Lane
// l is the segment's token l/shared and the l%shared-th of the query heads that
// share a key head.
type queries struct {
	seg         Segment
	head        int // key and value head
	first, last int
}

// sight is what a panel of queries sees: keys [from, to) by position, of which
// every lane sees [allFrom, allTo).
type sight struct{ from, allFrom, allTo, to int }

// sees returns the keys that the token at a position sees.
func (s AttentionShape) sees(position int) (from, to int) {
	if s.Window > 0 {
		from = max(0, position+1-s.Window)
	}
	return from, position + 1
}

// sight returns what the lanes of g see.
func (a *attention) sight(g queries) sight {
	var s sight
	s.from, s.allTo = a.sees(a.position(g, g.first))
	s.allFrom, s.to = a.sees(a.position(g, g.last-1))
	s.allFrom = min(s.allFrom, s.to)
	return s
}

// position returns the absolute position of a lane's token.
func (a *attention) position(g queries, lane int) int {
	return g.seg.First + lane/(a.Heads/a.KVHeads)
}

// attend computes the rows of one panel of queries.
func (a *attention) attend(w *worker, g queries) {
	see := a.sight(g)
	shared := a.Heads / a.KVHeads
	if !a.finite(g, see) && g.first/shared < (g.last-1)/shared {
		// A lane gives keys it does not see the weight 0, and 0·Inf is not 0. One
		// token's lanes see the same keys.
		for g.first < g.last {
			one := g
			one.last = min(g.last, (g.first/shared+1)*shared)
			a.attend(w, one)
			g.first = one.last
		}
		return
	}
	keys, size := see.to-see.from, a.Width*PanelWidth
	scratch := w.scratch.take(keys*PanelWidth + 3*size + laneCount)
	weights, scratch := scratch[:keys*PanelWidth], scratch[keys*PanelWidth:]
	sums, part, query := scratch[:size], scratch[size:2*size], scratch[2*size:]
	a.gather(query, g)
	a.scores(weights, query, g, see)
	scale := a.Scale
	if a.SoftCap > 0 || a.Bias != nil {
		a.adjust(weights, g, see)
		scale = 1
	}
	a.mask(weights, g, see)

	var top, total [PanelWidth]float32
	a.kernel.scaleMax(weights, scale, &top)
	a.raise(&top, g)
	clear(sums)
	for j := see.from; j < see.to; {
		end := min(see.to, (j/BlockKeys+1)*BlockKeys)
		block := weights[(j-see.from)*PanelWidth : (end-see.from)*PanelWidth]
		a.kernel.expSum(block, &top, &total)
		a.addValues(sums, part, block, g, j, end)
		j = end
	}
	a.sink(&total, &top, g)
	a.kernel.divide(sums, &total)
	a.scatter(query, sums, g)
}
