package layers

import (
	"strconv"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Norm describes a normalisation of rows.
type Norm struct {
	Eps    float64
	Center bool // LayerNorm: the row's mean is subtracted. Otherwise RMSNorm
	Bias   bool // "bias" [D] is added at the end
	Plain  bool // there is no "weight" [D]
	// Plus is added to the weight when it is read: 1 where a checkpoint stores its
	// distance from 1.
	Plus float32
	// Own says that heads which are normalised by themselves have a weight each,
	// "weight" [heads, E]; Listed, that they have and each is a tensor,
	// "norms.0.weight" [E], "norms.1.weight" ….
	Own, Listed bool
}

// StatsPerRow returns how many statistics the norm leaves per row: RMSNorm its
// scale, LayerNorm mean and scale.
func (n Norm) StatsPerRow() int {
	if n.Center {
		return 2
	}
	return 1
}

// RMSNorm scales each row of x [T, D] to unit root mean square and multiplies
// by "weight" [D]:
//
//	scale[t] = sqrt(mean(x[t]²) + eps)
//	y[t][i]  = x[t][i] / scale[t] · weight[i]
//
// The mean is taken in float64. The row's statistic is scale[t].
func RMSNorm(s Scope, x *gorgonia.Node, eps float64) *gorgonia.Node {
	return Normalize(s, x, Norm{Eps: eps})
}

// Normalize applies n to each row of x [T, D]: RMSNorm, or LayerNorm
//
//	y[t][i] = (x[t][i] - mean(x[t])) / sqrt(var(x[t]) + eps) · weight[i] + bias[i]
//
// whose statistics are the mean and the divisor.
func Normalize(s Scope, x *gorgonia.Node, n Norm) *gorgonia.Node {
	return NormalizeHeads(s, x, 1, n)
}

// NormalizeHeads applies n to each of the heads of x [T, heads·E] by itself, all
// with one weight [E], or each with its own where n says so.
func NormalizeHeads(s Scope, x *gorgonia.Node, heads int, n Norm) *gorgonia.Node {
	d := columns(x) / heads
	ws := n.weights(s, heads, d)
	var b *weights.Tensor
	if n.Bias {
		b = s.Weight("bias", d) // [D]
	}
	var gain, offset []float32
	o := &Op{kind: "rmsnorm", cols: columns(x), inputs: []*gorgonia.Node{x}, statsPerRow: heads * n.StatsPerRow()}
	o.gain = func() []float32 {
		if ws == nil {
			return ones(d)
		}
		var gain []float32
		for _, w := range ws {
			gain = append(gain, plus(w.Floats(), n.Plus)...)
		}
		return gain
	}
	o.prepare = func(*Pool) error {
		gain = o.gain()
		if b != nil {
			offset = b.Floats()
		}
		return nil
	}
	var gainAt, offsetAt gpu.Pointer
	o.upload = func(t *onDevice) (err error) {
		if gainAt, err = s.g.store.sendFloats(t, o.key+".gain", o.gain); err == nil && b != nil {
			offsetAt, err = s.g.store.sendTensor(t, o.key+".offset", b)
		}
		return err
	}
	o.device = func(c *deviceCall) error {
		rows := 1
		if len(ws) > 1 || n.Own {
			rows = heads
		}
		return c.norm(n, heads, gainAt, offsetAt, rows)
	}
	if heads == 1 && !n.Center && b == nil {
		o.joint = &joint{
			leads:  func(leader *Op) bool { return leader.kind == "add" && leader == opOf(x) },
			device: func(sum, c *deviceCall) error { return c.addNorm(sum, n, gainAt) },
		}
	}
	o.run = func(c *Call) error {
		c.Pool.RMSNorm(c.Out.Data, c.Stats, c.In[0].Data, gain, n.Eps)
		if b != nil {
			addRows(c.Pool, c.Out.Data, offset)
		}
		return nil
	}
	if n.Center {
		o.kind = "layernorm"
		o.run = func(c *Call) error {
			c.Pool.LayerNorm(c.Out.Data, c.Stats, c.In[0].Data, gain, offset, n.Eps)
			return nil
		}
	}
	return s.node(o)
}

// weights returns the norm's weight [D], those of its pieces, or none.
func (n Norm) weights(s Scope, parts, d int) []*weights.Tensor {
	switch {
	case n.Plain:
		return nil
	case n.Listed:
		var ws []*weights.Tensor
		for i := range parts {
			ws = append(ws, s.Sub("norms").Sub(strconv.Itoa(i)).Weight("weight", d)) // [E]
		}
		return ws
	case n.Own:
		return []*weights.Tensor{s.Weight("weight", parts, d)} // [heads, E]
	}
	return []*weights.Tensor{s.Weight("weight", d)} // [D]
}

// ones returns n ones: a weight that changes nothing.
func ones(n int) []float32 { return plus(make([]float32, n), 1) }

// plus adds v to each of x and returns it.
func plus(x []float32, v float32) []float32 {
	for i := range x {
		x[i] += v
	}
	return x
}

// addRows adds b [D] to each row of x [·, D].
func addRows(p *Pool, x, b []float32) {
	p.RunRows(len(x)/len(b), func(from, to int) {
		for t := from; t < to; t++ {
			kernel.AddTo(x[t*len(b):(t+1)*len(b)], b)
		}
	})
}
