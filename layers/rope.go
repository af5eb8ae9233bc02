package layers

import (
	"math"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Rope describes a rotary position embedding: the float32 frequency of each
// pair of values that is rotated, and a factor on cos and sin.
type Rope struct {
	Inverse     []float32 // radians per position, one per pair
	Factor      float32
	From        int  // the first value of a head that is rotated
	Interleaved bool // pairs are neighbouring values, not half the rotated ones apart
	// Longer, where there is one, returns the rope of prompts of a length: Inverse
	// and Factor are those of short ones. Kind tells prompts apart that have
	// different ropes: it is equal for lengths of one rope. nil: all have one.
	Longer func(length int) Rope
	Kind   func(length int) int
}

// kind returns Kind of a length; 0 where all prompts have one rope.
func (r *Rope) kind(length int) int {
	if r.Kind == nil {
		return 0
	}
	return r.Kind(length)
}

// RopeFrequencies returns the default frequencies of a head's first width
// values, base^(-2i/width), i in [0, width/2). An odd width is that of one value
// more, but for the exponent. Su et al., "RoFormer", 2021.
func RopeFrequencies(base float64, width int) []float32 {
	f := make([]float32, (width+1)/2)
	for i := range f {
		f[i] = float32(1 / float32(math.Pow(base, float64(2*i)/float64(width))))
	}
	return f
}

// RopeCache holds a rope's cos and sin for the positions met so far. All rotary
// ops of a graph share one, since they run one after another.
type RopeCache struct {
	rope   Rope
	tables map[int]*kernel.RotaryTable // by Rope.Kind
	sent   map[*kernel.RotaryTable]*deviceMemory
}

// NewRopeCache returns an empty cache of r.
func NewRopeCache(r Rope) *RopeCache {
	return &RopeCache{rope: r, tables: map[int]*kernel.RotaryTable{}, sent: map[*kernel.RotaryTable]*deviceMemory{}}
}

// maxTables bounds the tables held at once, where every length has its own.
const maxTables = 64

// cover returns the table for prompts of a length, made longer where a position
// asks for it.
func (r *RopeCache) cover(length int, pos []int32) *kernel.RotaryTable {
	need := 0
	for _, p := range pos {
		need = max(need, int(p)+1)
	}
	kind := r.rope.kind(length)
	if t := r.tables[kind]; t != nil && t.Positions() >= need {
		return t
	}
	size := 256
	for size < need {
		size *= 2
	}
	rope := r.rope
	if kind != r.rope.kind(1) {
		rope = r.rope.Longer(length)
	}
	if len(r.tables) >= maxTables {
		clear(r.tables)
	}
	r.tables[kind] = kernel.NewRotaryTable(size, rope.Inverse, rope.Factor)
	return r.tables[kind]
}

// Rotate turns each head of x [T, heads·width] by its token's position. A nil
// cache is no rotation: x is returned.
func Rotate(s Scope, x *gorgonia.Node, heads, width int, r *RopeCache) *gorgonia.Node {
	if r == nil {
		return x
	}
	shape := kernel.RotaryShape{Heads: heads, Width: width, From: r.rope.From, Interleaved: r.rope.Interleaved}
	of := rotates{r, width}
	return s.node(&Op{
		kind: "rope", cols: columns(x), inputs: []*gorgonia.Node{s.g.batch, x}, rotates: of,
		device: func(c *deviceCall) error { return r.rotateOnDevice(shape, c) },
		joint: &joint{
			leads:  func(leader *Op) bool { return leader.rotates == of },
			device: func(first, c *deviceCall) error { return r.rotateOnDevice(shape, first, c) },
		},
		run: func(c *Call) error {
			return r.rotate(c, shape)
		},
	})
}

// rotates says by what an op rotates, and the width of heads; it is zero of others.
type rotates struct {
	by    *RopeCache
	width int
}

// rotate rotates a call's rows, run by run of those whose prompts have one set
// of frequencies.
func (r *RopeCache) rotate(c *Call, shape kernel.RotaryShape) error {
	runs, err := c.lengths(&r.rope)
	if err != nil {
		return err
	}
	width := shape.Heads * shape.Width
	for _, run := range runs {
		pos := c.positions()[run.from:run.to]
		from, to := run.from*width, run.to*width
		c.Pool.Rotate(c.Out.Data[from:to], c.In[0].Data[from:to], pos, shape, r.cover(run.longest, pos))
	}
	return nil
}
