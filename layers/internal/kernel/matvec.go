package kernel

// rowChunk is how many k of a panel are expanded at once for one row of x: the
// panels that a row takes side by side stay in the first-level cache. It is a
// multiple of every format's group and divides BlockK.
const rowChunk = 32

// matVec is MatMul of one row. A thread reads several panels side by side:
// more chains at once than one panel has, and more streams from memory.
func (p *Pool) matVec(x []float32, products []Product) {
	per := p.kernel.panels
	groups := 0
	for _, q := range products {
		groups += (q.W.count() + per - 1) / per
	}
	p.share(groups, func(w *worker, i int) {
		for _, q := range products {
			if n := (q.W.count() + per - 1) / per; i >= n {
				i -= n
				continue
			}
			p.kernel.vector(w, x, q, i*per, min((i+1)*per, q.W.count()))
			return
		}
	})
}

// vector computes the outputs of panels [first, last) for the one row x.
func (k *Kernel) vector(w *worker, x []float32, q Product, first, last int) {
	n0, depth, all := first*PanelWidth, q.W.K, (last-first)*PanelWidth
	width := min(all, q.W.N-n0)
	out := q.Out[n0 : n0+width]
	scratch := w.scratch.take(all * (2 + rowChunk))
	sums, part, values := scratch[:all], scratch[all:2*all], scratch[2*all:]
	if width == all {
		sums = out
	}
	for k0 := 0; k0 == 0 || k0 < depth; k0 += BlockK {
		n := min(BlockK, depth-k0)
		if q.W.format == Float32 {
			m := add
			if k0 == 0 {
				m = store
			}
			k.sideBySide(sums, x[k0:], asFloats(q.W.from(first))[k0*PanelWidth:], depth*PanelWidth, n, m)
			continue
		}
		if last-first == k.panels && n > 0 {
			m := add
			if k0 == 0 {
				m = store
			}
			f := q.W.format
			k.storedRow(f, sums, x[k0:], q.W.from(first)[f.panelBytes(k0):], f.panelBytes(depth), n, m)
			continue
		}
		if k0 == 0 {
			k.expandedBlock(sums, values, x, q.W, first, 0, n)
			continue
		}
		k.expandedBlock(part, values, x[k0:], q.W, first, k0, n)
		k.add(sums, sums, part)
	}
	copy(out, sums)
	if q.Bias != nil {
		k.add(out, out, q.Bias[n0:n0+width])
	}
}

// expandedBlock writes to sums the chains over k [k0, k0+n) of the panels from
// first on, of which there are len(sums)/32, chunk by chunk.
func (k *Kernel) expandedBlock(sums, values, x []float32, w *Weight, first, k0, n int) {
	m := store
	for at := 0; at == 0 || at < n; at += rowChunk {
		size := min(rowChunk, n-at)
		offset := w.format.panelBytes(k0 + at)
		for i := range len(sums) / PanelWidth {
			k.expand(w.format, values[i*rowChunk*PanelWidth:], w.panel(first + i)[offset:], size)
		}
		k.sideBySide(sums, x[at:], values, rowChunk*PanelWidth, size, m)
		m = extend
	}
}

// sideBySide is the row, or where there are fewer panels than it takes, a tile
// for each.
func (k *Kernel) sideBySide(c, x, w []float32, stride, n int, m mode) {
	if len(c) == k.panels*PanelWidth {
		k.row(c, x, w, stride, n, m)
		return
	}
	for i := range len(c) / PanelWidth {
		k.tile(1, c[i*PanelWidth:], PanelWidth, x, 1, w[i*stride:], n, m, nil)
	}
}
