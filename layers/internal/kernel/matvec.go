package kernel

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
	n0, depth := first*PanelWidth, q.W.K
	width := min((last-first)*PanelWidth, q.W.N-n0)
	out := q.Out[n0 : n0+width]
	sums := out
	if width < (last-first)*PanelWidth {
		sums = w.scratch.take((last - first) * PanelWidth)
	}
	size := depth * PanelWidth
	panels := q.W.panels[first*size : last*size]
	for k0 := 0; k0 == 0 || k0 < depth; k0 += BlockK {
		n, m := min(BlockK, depth-k0), add
		if k0 == 0 {
			m = store
		}
		if last-first == k.panels {
			k.row(sums, x[k0:], panels[k0*PanelWidth:], size, n, m)
			continue
		}
		for i := range last - first {
			k.tile(1, sums[i*PanelWidth:], PanelWidth, x[k0:], 1, panels[i*size+k0*PanelWidth:], n, m)
		}
	}
	copy(out, sums)
	if q.Bias != nil {
		k.add(out, out, q.Bias[n0:n0+width])
	}
}
