package kernel

// Product is one right-hand side of MatMul and where its result goes.
type Product struct {
	W    *Weight
	Bias []float32 // [N], or nil
	Out  []float32 // [rows, N]
}

// rowBlock is the number of rows of x a task works on: small enough that the
// rows and one panel stay in the second-level cache.
const rowBlock = 64

// MatMul computes, for every product and every row t of x [rows, K],
//
//	Out[t][n] = Bias[n] + Σ_blocks Σ_{k in block} x[t][k]·W[n][k]
//
// with blocks of [BlockK] added in order and each block one chain of
// multiply-adds in order of k. All products share x, so that projections of
// one input (query, key and value; gate and up) are one call.
func (p *Pool) MatMul(x []float32, rows int, products ...Product) {
	blocks := (rows + rowBlock - 1) / rowBlock
	panels := 0
	for _, q := range products {
		panels += len(q.W.panels) / max(q.W.K*PanelWidth, 1)
	}
	p.Run(panels*blocks, func(i int) {
		panel, from := i%panels, i/panels*rowBlock
		for _, q := range products {
			count := len(q.W.panels) / max(q.W.K*PanelWidth, 1)
			if panel < count {
				q.panelRows(x, panel, from, min(from+rowBlock, rows))
				return
			}
			panel -= count
		}
	})
}

// panelRows computes the outputs of one panel for rows [from, to) of x.
func (q Product) panelRows(x []float32, panel, from, to int) {
	w, k := q.W.panel(panel), q.W.K
	n0 := panel * PanelWidth
	width := min(PanelWidth, q.W.N-n0)
	var sums [2][PanelWidth]float32
	for t := from; t < to; t += 2 {
		pair := min(2, to-t)
		x0 := x[t*k : t*k+k]
		x1 := x0
		if pair == 2 {
			x1 = x[(t+1)*k : (t+1)*k+k]
		}
		dot2x32(&sums, x0, x1, w)
		for r := range pair {
			out := q.Out[(t+r)*q.W.N+n0:][:width]
			copy(out, sums[r][:width])
			if q.Bias != nil {
				AddTo(out, q.Bias[n0:n0+width])
			}
		}
	}
}

// dot2x32 computes the sums of two rows against the 32 columns of a panel
// [K][32], in blocks of BlockK as MatMul states.
func dot2x32(sums *[2][PanelWidth]float32, x0, x1, w []float32) {
	for k := 0; k < len(x0) || k == 0; k += BlockK {
		end := min(k+BlockK, len(x0))
		for j := 0; j < PanelWidth; j += 4 {
			var s [2][4]float32
			chain2x4(&s, x0[k:end], x1[k:end], w[k*PanelWidth:end*PanelWidth], j)
			for c := range 4 {
				if k == 0 {
					sums[0][j+c], sums[1][j+c] = s[0][c], s[1][c]
				} else {
					sums[0][j+c] += s[0][c]
					sums[1][j+c] += s[1][c]
				}
			}
		}
	}
}

// chain2x4 runs one block's eight chains: two rows of x against columns
// [j, j+4) of the panel w [len(x0)][32].
func chain2x4(s *[2][4]float32, x0, x1, w []float32, j int) {
	var a0, a1, a2, a3, b0, b1, b2, b3 float32
	x1 = x1[:len(x0)]
	for i, u := range x0 {
		v := x1[i]
		c := w[i*PanelWidth+j:][:4:4]
		a0 += float32(u * c[0])
		a1 += float32(u * c[1])
		a2 += float32(u * c[2])
		a3 += float32(u * c[3])
		b0 += float32(v * c[0])
		b1 += float32(v * c[1])
		b2 += float32(v * c[2])
		b3 += float32(v * c[3])
	}
	s[0] = [4]float32{a0, a1, a2, a3}
	s[1] = [4]float32{b0, b1, b2, b3}
}
