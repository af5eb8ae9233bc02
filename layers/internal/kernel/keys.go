package kernel

// Keys are the keys and values that attention reads, by row: the rows of one
// batch, or those of many runs in a cache. Keys lie packed in tiles of as many
// rows as the kernel takes at once.
type Keys struct {
	heads, width int
	count        int       // rows
	rows         int       // of a tile
	tiles        int       // of each head
	tileSize     int       // values from one tile to the next
	packed       []float32 // [heads][tiles] tiles [width][rows of a tile]
	values       []float32 // [count, heads, width]
}

// layoutKeys lays out the keys and values of count rows, without memory.
func (k *Kernel) layoutKeys(count, heads, width int) Keys {
	return Keys{
		heads: heads, width: width, count: count, rows: k.rows,
		tiles:    (count + k.rows - 1) / k.rows,
		tileSize: width*k.rows + laneCount, // transpose writes past a tile's end
	}
}

// packedSize returns how many values the packed keys take.
func (c *Keys) packedSize() int { return c.heads * c.tiles * c.tileSize }

// NewKeys returns a cache of count rows of keys and values [heads, width].
func (p *Pool) NewKeys(count, heads, width int) *Keys {
	c := p.kernel.layoutKeys(count, heads, width)
	c.packed = make([]float32, c.packedSize())
	c.values = make([]float32, count*heads*width)
	return &c
}

// KeysBytes returns the memory that NewKeys takes.
func (p *Pool) KeysBytes(count, heads, width int) int64 {
	c := p.kernel.layoutKeys(count, heads, width)
	return 4 * int64(c.packedSize()+count*heads*width)
}

// keyRun says that n rows of keys from row on are n rows of a batch from src on.
type keyRun struct{ row, src, n int }

// append adds to list the rows of a run, cut where tiles end.
func (c *Keys) append(list []keyRun, r keyRun) []keyRun {
	for r.n > 0 {
		n := min(r.n, c.rows-r.row%c.rows)
		list = append(list, keyRun{r.row, r.src, n})
		r = keyRun{r.row + n, r.src + n, r.n - n}
	}
	return list
}

// store puts the keys and values of the segments' own tokens, rows of k and v
// [T, heads, width], into their rows of the cache: the last of each segment's
// ranges.
func (c *Keys) store(p *Pool, k, v []float32, segments []Segment) {
	var runs []keyRun
	for _, s := range segments {
		s.runs(s.First, s.First+s.To-s.From, func(j, row, end int) {
			runs = c.append(runs, keyRun{row, s.From + j - s.First, end - row})
		})
	}
	stride := c.heads * c.width
	p.Run(len(runs), func(i int) {
		r := runs[i]
		copy(c.values[r.row*stride:], v[r.src*stride:(r.src+r.n)*stride])
		c.pack(&p.kernel, k, r)
	})
}

// pack packs the keys of a run that lies in one tile.
func (c *Keys) pack(kernel *Kernel, k []float32, r keyRun) {
	stride := c.heads * c.width
	tile, column := r.row/c.rows, r.row%c.rows
	// A kernel's transpose writes past its columns, so it is only for runs that
	// have the tile to themselves.
	whole := column == 0 && (r.n == c.rows || r.row+r.n == c.count)
	for head := range c.heads {
		dst := c.packed[(head*c.tiles+tile)*c.tileSize+column:]
		var at [laneCount]int
		for i := range at {
			at[i] = (r.src+min(i, r.n-1))*stride + head*c.width
		}
		if whole {
			kernel.transpose(dst, c.rows, k, &at, r.n, c.width)
		} else {
			transpose(dst, c.rows, k, &at, r.n, c.width)
		}
	}
}
