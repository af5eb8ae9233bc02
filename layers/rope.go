package layers

import (
	"math"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Rope describes a rotary position embedding: the float32 frequency of each
// pair of values that is rotated, and a factor on cos and sin.
type Rope struct {
	Inverse []float32 // radians per position, one per pair
	Factor  float32
}

// RopeFrequencies returns the default frequencies of a head's first width
// values, base^(-2i/width), i in [0, width/2). Su et al., "RoFormer", 2021.
func RopeFrequencies(base float64, width int) []float32 {
	f := make([]float32, width/2)
	for i := range f {
		f[i] = float32(1 / float32(math.Pow(base, float64(2*i)/float64(width))))
	}
	return f
}

// RopeCache holds a rope's cos and sin for the positions met so far. All rotary
// ops of a graph share one, since they run one after another.
type RopeCache struct {
	rope  Rope
	table *kernel.RotaryTable
}

// NewRopeCache returns an empty cache of r.
func NewRopeCache(r Rope) *RopeCache { return &RopeCache{rope: r} }

// cover returns the table, made longer where a position asks for it.
func (r *RopeCache) cover(pos []int32) *kernel.RotaryTable {
	need := 0
	for _, p := range pos {
		need = max(need, int(p)+1)
	}
	if r.table == nil || r.table.Positions() < need {
		size := 256
		for size < need {
			size *= 2
		}
		r.table = kernel.NewRotaryTable(size, r.rope.Inverse, r.rope.Factor)
	}
	return r.table
}

// rotate turns each head of x [T, heads·width] by its token's position.
func rotate(s Scope, x *gorgonia.Node, heads, width int, r *RopeCache) *gorgonia.Node {
	return s.node(&Op{
		kind: "rope", cols: columns(x), inputs: []*gorgonia.Node{s.g.batch, x},
		run: func(c *Call) error {
			pos := c.positions()
			c.Pool.Rotate(c.Out.Data, c.In[0].Data, pos, heads, width, r.cover(pos))
			return nil
		},
	})
}
