package layers

import (
	"math"

	"premlp/layers/internal/gpu"
)

// The arguments of kernels by their types there: sizes of whole values are 64 bits
// wide, rows and columns 32.
func count(n int) int64  { return int64(n) }
func number(n int) int32 { return int32(n) }

// The shapes of launches. A kernel on single elements takes them in turn, so that
// the grid has an end.
const (
	elementThreads = 256
	mostBlocks     = 4096
)

// elementBlocks is the grid of a kernel on n elements.
func elementBlocks(n int) int { return min((n+elementThreads-1)/elementThreads, mostBlocks) }

// each launches a kernel on n elements; none is no launch.
func (c *deviceCall) each(kernel string, n int, args ...any) error {
	if n == 0 {
		return nil
	}
	return c.d.Launch(kernel, gpu.Dim{X: elementBlocks(n)}, gpu.Dim{X: elementThreads}, 0, args...)
}

// The numbers of functions in kernels/math.cu.
var deviceFunctions = map[string]int32{
	"silu": 0, "gelu": 1, "gelu_new": 2, "relu": 3, "relu2": 4, "scale": 5, "softcap": 6, "clamp": 7,
}

// function is out = f(x), element by element.
func (c *deviceCall) function(name string, limit float32) error {
	return c.each("function", c.Out.len(), c.Out.at, c.In[0].at, count(c.Out.len()), deviceFunctions[name], limit)
}

// positionsAt are the positions of the call's rows.
func (c *deviceCall) positionsAt() gpu.Pointer {
	if c.selected {
		return c.d.batch.selectedPos
	}
	return c.d.batch.pos
}

// norm launches a norm: a block of threads has a row.
func (c *deviceCall) norm(n Norm, heads int, gain, offset gpu.Pointer, gains int) error {
	d := c.Out.cols / heads
	grid, block := gpu.Dim{X: c.Out.rows * heads}, gpu.Dim{X: 128}
	if n.Center {
		return c.d.Launch("layernorm", grid, block, 0, c.Out.at, c.Stats, c.In[0].at, gain, offset, number(d), number(gains), n.Eps)
	}
	err := c.d.Launch("rmsnorm", grid, block, 0, c.Out.at, c.Stats, c.In[0].at, gain, number(d), number(gains), n.Eps)
	if err == nil && offset != 0 {
		err = c.each("add_rows", c.Out.len(), c.Out.at, c.Out.at, offset, count(c.Out.len()), number(d))
	}
	return err
}

// addNorm launches a sum and the norm of it.
func (c *deviceCall) addNorm(sum *deviceCall, n Norm, gain gpu.Pointer) error {
	return c.d.Launch("add_rmsnorm", gpu.Dim{X: c.Out.rows}, gpu.Dim{X: 128}, 0,
		sum.Out.at, c.Out.at, c.Stats, sum.In[0].at, sum.In[1].at, gain, number(c.Out.cols), n.Eps)
}

// heads copies size values of each head of x to heads of width values: n in all.
func (c *deviceCall) heads(n int, out gpu.Pointer, x matAt, heads, size, width, stored, from int) error {
	return c.each("heads", n, out, x.at, count(n), number(heads), number(size), number(width), number(x.cols), number(stored), number(from))
}

// attentionQueries is how many queries a block of threads has in attention: those of
// a group of heads that share keys, and of as many rows as there is place for.
const attentionQueries = 32

// attentionGroups are the numbers of heads in a group.
var attentionGroups = [...]int{1, 2, 4}

// deviceAttention is what attention has on the device beside its inputs.
type deviceAttention struct {
	sinks      gpu.Pointer
	bias       deviceMemory // [heads, keys]
	biasKeys   int
	keys, vals gpu.Pointer // of the cache, [rows, heads·width]
}

// attend launches attention of c.In: queries, keys, values.
func (c *deviceCall) attend(a Attention, scale float32, kept *deviceAttention) error {
	d, b := c.d, c.d.batch
	q, k, v := c.In[0], c.In[1].at, c.In[2].at
	if c.Batch.Keys != nil {
		n := c.In[1].len()
		if err := c.each("scatter", 2*n, kept.keys, k, kept.vals, v, b.cacheRows, count(n), number(c.In[1].cols)); err != nil {
			return err
		}
		k, v = kept.keys, kept.vals
	}
	pos, segments := b.pos, &b.all
	if c.selected {
		pos, segments = b.selectedPos, &b.selected
	}
	if err := kept.cover(d, a, b.keys); err != nil {
		return err
	}
	bias, relative := gpu.Pointer(0), int32(0)
	if a.Score != nil {
		bias = kept.bias.at
	}
	if a.Relative {
		relative = 1
	}
	kernel, values := "attention_64", 64 // of a head's, in a block of threads
	switch {
	case a.HeadDim > 128:
		kernel, values = "attention_256", 256
	case a.HeadDim > 64:
		kernel, values = "attention_128", 128
	}
	share := a.Heads / a.KVHeads
	size := 0 // of a group
	for size+1 < len(attentionGroups) && attentionGroups[size] < share {
		size++
	}
	group, tiles := attentionGroups[size], segments.tiles[size]
	grid := gpu.Dim{X: tiles.count, Y: a.KVHeads * ((share + group - 1) / group), Z: (a.HeadDim + values - 1) / values}
	return d.Launch(kernel, grid, gpu.Dim{X: 128}, 0,
		c.Out.at, q.at, k, v, pos, tiles.at, segments.starts, segments.ranges, bias, kept.sinks,
		number(group), number(a.Heads), number(a.KVHeads), number(a.HeadDim), number(a.Window), scale, a.SoftCap, number(kept.biasKeys), relative)
}

// cover makes the bias for so many keys: by head and key, or by head and distance.
func (kept *deviceAttention) cover(d *onDevice, a Attention, keys int) error {
	if a.Score == nil || keys <= kept.biasKeys {
		return nil
	}
	keys = max(keys, 2*kept.biasKeys) // a text that grows token by token makes it seldom
	table := make([]float32, a.Heads*keys)
	for h := range a.Heads {
		for j := range keys {
			if a.Relative {
				table[h*keys+j] = a.Score(h, j, 0)
			} else {
				table[h*keys+j] = a.Score(h, 0, j)
			}
		}
	}
	at, err := d.room(&kept.bias, len(table))
	if err != nil {
		return err
	}
	kept.biasKeys = keys
	return d.Upload(at, gpu.BytesOf(table))
}

// attentionScale is the scale of scores.
func (a Attention) attentionScale() float32 {
	if a.Scale != 0 {
		return a.Scale
	}
	return float32(1 / math.Sqrt(float64(a.HeadDim)))
}
