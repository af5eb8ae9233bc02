package kernel

// matVec is MatMul of one row. The panels of a product are taken as many at a time
// as a row has side by side; what is left is cut into a piece for each thread.
func (p *Pool) matVec(x []float32, products []Product) {
	pieces := 0
	for _, q := range products {
		pieces += p.pieces(q.W).count
	}
	p.share(pieces, func(w *worker, i int) {
		for _, q := range products {
			c := p.pieces(q.W)
			if i >= c.count {
				i -= c.count
				continue
			}
			first, last := c.piece(i)
			p.kernel.vector(w.scratch.take(p.kernel.panels*PanelWidth), x, q, first, last)
			return
		}
	})
}

// pieces says how the panels of a weight are cut: whole pieces of size panels, and
// the rest of the panels into the other pieces, as equal as possible.
type pieces struct{ panels, count, whole, size int }

// pieces cuts w for the pool's threads.
func (p *Pool) pieces(w *Weight) pieces {
	c, threads := pieces{panels: w.count(), size: p.kernel.panels}, len(p.workers)
	c.whole = c.panels / (c.size * threads) * threads
	c.count = c.whole + min(threads, c.panels-c.whole*c.size)
	return c
}

// piece returns the panels of piece i.
func (c pieces) piece(i int) (first, last int) {
	if i < c.whole {
		return i * c.size, (i + 1) * c.size
	}
	i -= c.whole
	n, rest := c.count-c.whole, c.panels-c.whole*c.size
	return c.whole*c.size + i*rest/n, c.whole*c.size + (i+1)*rest/n
}

// vector computes the outputs of panels [first, last) for the one row x, several
// side by side: more chains at once than one panel has, and more streams from
// memory. scratch has room for the sums of Kernel.panels.
func (k *Kernel) vector(scratch, x []float32, q Product, first, last int) {
	for n := k.panels; first < last; first += n {
		for n > last-first {
			n /= 2
		}
		k.panelsOfRow(scratch[:n*PanelWidth], x, q, first)
	}
}

// panelsOfRow computes the outputs of the panels from first on for which sums has
// room.
func (k *Kernel) panelsOfRow(sums, x []float32, q Product, first int) {
	n0, depth, f := first*PanelWidth, q.W.K, q.W.format
	width := min(len(sums), q.W.N-n0)
	out := q.Out[n0 : n0+width]
	if width == len(sums) {
		sums = out
	}
	if depth == 0 {
		clear(sums)
	}
	m := store
	for k0 := 0; k0 < depth; k0 += BlockK {
		size, panels := min(BlockK, depth-k0), q.W.from(first)[f.panelBytes(k0):]
		if f == Float32 {
			k.sideBySide(sums, x[k0:], asFloats(panels), depth*PanelWidth, size, m)
		} else {
			k.storedRow(f, sums, x[k0:], panels, f.panelBytes(depth), size, m)
		}
		m = add
	}
	copy(out, sums)
	if q.Bias != nil {
		k.add(out, out, q.Bias[n0:n0+width])
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
