package kernel

import "fmt"

// Product is one right-hand side of MatMul and where its result goes.
type Product struct {
	W    *Weight
	Bias []float32 // [N], or nil
	Out  []float32 // [rows, N]
}

const (
	// chunkRows bounds the rows whose packed form is held at once.
	chunkRows = 1024
	// residentX is how many bytes of packed rows a thread works through for one
	// panel: they stay in the second-level cache from panel to panel.
	residentX = 448 << 10
	// residentW is how many bytes of panels all threads work through before they
	// go to the next: they stay in the last-level cache from block to block of
	// rows.
	residentW = 4 << 20
)

// MatMul computes, for every product and every row t of x [rows, K],
//
//	Out[t][n] = Σ_blocks Σ_{k in block} x[t][k]·W[n][k] + Bias[n]
//
// with blocks of [BlockK] added in order and each block one chain of
// multiply-adds in order of k. All products share x, so that projections of
// one input (query, key and value; gate and up) are one call. Weights in the
// format Pairs are multiplied as dot.go says, all of a call or none.
func (p *Pool) MatMul(x []float32, rows int, products ...Product) {
	dots := len(products) > 0 && products[0].W.format == Pairs
	for _, q := range products {
		if (q.W.format == Pairs) != dots || dots && p.kernel.dot == nil {
			panic(fmt.Sprintf("kernel: product of weights in the format %s: want the kernel to have it, and all weights of one input to have it, or none", q.W.format))
		}
	}
	if rows == 1 && p.kernel.row != nil && !dots {
		p.matVec(x, products)
		return
	}
	chunks := (rows + chunkRows - 1) / chunkRows
	for i := range chunks {
		p.matMulChunk(x, i*rows/chunks, (i+1)*rows/chunks, products)
	}
}

// plan says how the rows of a chunk are cut: into tiles as equal as possible,
// and tiles into blocks as equal as possible.
type plan struct {
	from, rows int // the chunk's
	tiles      int
	blocks     int
	tileSize   int // values from one packed tile to the next
	k          int // values, or words of pairs, of a row
	step       int // of them in a block
	tileOf     tileFunc
	packed     []float32
}

// tile returns the rows of tile i, counted from the chunk's first.
func (c *plan) tile(i int) (from, to int) {
	return i * c.rows / c.tiles, (i + 1) * c.rows / c.tiles
}

// matMulChunk computes rows [from, to) of every product. A loop over (panel,
// block of rows) is shared among the threads, in an order that keeps the
// panels of a group and the rows of a block in caches.
func (p *Pool) matMulChunk(x []float32, from, to int, products []Product) {
	if len(products) == 0 || from == to {
		return
	}
	var c *plan
	if k := products[0].W.K; products[0].W.format == Pairs {
		c = p.packRows(p.dotRows(x, from, to, k), 0, to-from, pairs(k))
		c.from, c.step, c.tileOf = from, BlockK/2, p.kernel.dot
	} else {
		c = p.packRows(x, from, to, k)
		c.step, c.tileOf = BlockK, p.kernel.tile
	}
	panels := 0
	for _, q := range products {
		panels += q.W.count()
	}
	group := min(max(residentW/(c.k*PanelWidth*4+1), 1), panels)
	p.share(panels*c.blocks, func(w *worker, i int) {
		first := i / (group * c.blocks) * group
		i -= first * c.blocks
		size := min(group, panels-first)
		block, panel := i/size, first+i%size
		for _, q := range products {
			if n := q.W.count(); panel >= n {
				panel -= n
				continue
			}
			p.kernel.panel(w, c, block, q, panel, len(p.workers))
			return
		}
	})
}

// packRows packs rows [from, to) of x [·, k] into tiles [k][rows of the tile].
func (p *Pool) packRows(x []float32, from, to, k int) *plan {
	c := &plan{from: from, rows: to - from, k: k}
	c.tiles = (c.rows + p.kernel.rows - 1) / p.kernel.rows
	c.blocks = min(c.tiles, (c.rows*k*4+residentX-1)/residentX)
	c.blocks = max(c.blocks, 1)
	c.tileSize = k*p.kernel.rows + laneCount // transpose writes past a tile's end
	c.packed = p.scratch.take(c.tiles * c.tileSize)
	p.Run(c.tiles, func(i int) {
		first, last := c.tile(i)
		var at [laneCount]int
		for r := range at {
			at[r] = (c.from + min(first+r, last-1)) * k
		}
		p.kernel.transpose(c.packed[i*c.tileSize:], last-first, x, &at, last-first, k)
	})
	return c
}

// tileFetch is how many bytes a tile fetches ahead for each k; see tileFunc.
const tileFetch = 16

// panel computes the outputs of one panel for one block of rows. threads is how
// many take panels in turn.
func (k *Kernel) panel(w *worker, c *plan, block int, q Product, panel, threads int) {
	n0 := panel * PanelWidth
	width := min(PanelWidth, q.W.N-n0)
	out, ldc := q.Out[c.from*q.W.N+n0:], q.W.N
	first, last := block*c.tiles/c.blocks, (block+1)*c.tiles/c.blocks
	top, _ := c.tile(first)
	_, bottom := c.tile(last - 1)
	if width < PanelWidth {
		out, ldc = w.scratch.take((bottom-top)*PanelWidth), PanelWidth
	} else {
		out = out[top*ldc:]
	}
	stored := q.W.panel(panel)
	for k0 := 0; k0 == 0 || k0 < c.k; k0 += c.step {
		size, m := min(c.step, c.k-k0), add
		if k0 == 0 {
			m = store
		}
		weights := k.block(w, q.W.format, stored, k0, size)
		next := q.W.after(panel, k0/c.step, threads)
		for i := first; i < last; i++ {
			from, to := c.tile(i)
			a := c.packed[i*c.tileSize+k0*(to-from):]
			var fetch *byte
			if at := (i - first) * size * tileFetch; at < len(next) {
				fetch = &next[at]
			}
			c.tileOf(to-from, out[(from-top)*ldc:], ldc, a, to-from, weights, size, m, fetch)
		}
	}
	if width == PanelWidth && q.Bias == nil {
		return
	}
	for t := top; t < bottom; t++ {
		row := q.Out[(c.from+t)*q.W.N+n0:][:width]
		if width < PanelWidth {
			copy(row, out[(t-top)*ldc:])
		}
		if q.Bias != nil {
			k.add(row, row, q.Bias[n0:n0+width])
		}
	}
}

// block returns the float32 values of k [k0, k0+n) of a panel, [n][32]; of pairs,
// the words.
func (k *Kernel) block(w *worker, f Format, panel []byte, k0, n int) []float32 {
	if f == Float32 || f == Pairs {
		return asFloats(panel)[k0*PanelWidth:]
	}
	values := w.values.take(n * PanelWidth)
	k.expand(f, values, panel[f.panelBytes(k0):], n)
	return values
}
