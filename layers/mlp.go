package layers

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Activation names the function between an MLP's products.
type Activation string

// The activations, by the names of Hugging Face configs.
const (
	SiLU     Activation = "silu"     // x/(1+exp(-x)), also called swish
	GELU     Activation = "gelu"     // x·Φ(x), Φ the normal distribution function
	GELUTanh Activation = "gelu_new" // its approximation by tanh
	ReLU     Activation = "relu"
	ReLU2    Activation = "relu2" // relu(x)²
)

// MLP describes an MLP module.
type MLP struct {
	Hidden     int // F
	Activation Activation
	Bias       bool // its products have biases
	// Names of the products below the module; "" is the usual one: gate_proj,
	// up_proj, down_proj. Where Fused is set, one tensor of that name holds the
	// rows of gate and up, in this order.
	Gate, Up, Down, Fused string
	Transposed            bool // PlainMLP's products are stored [K, N]
}

// named returns a name, or the usual one for "".
func named(name, usual string) string {
	if name == "" {
		return usual
	}
	return name
}

// GatedMLP is the MLP of two projections, one passed through the activation and
// multiplied with the other, and one back, x and y [T, D]:
//
//	y = down(act(gate(x)) · up(x))
func GatedMLP(s Scope, x *gorgonia.Node, m MLP) *gorgonia.Node {
	gate := Projection{Name: named(m.Gate, "gate_proj"), Out: m.Hidden, Bias: m.Bias}
	up := Projection{Name: named(m.Up, "up_proj"), Out: m.Hidden, Bias: m.Bias}
	if m.Fused != "" {
		gate.From, gate.Rows = m.Fused, HeadRows(1, 2, 0, 1, m.Hidden)
		up.From, up.Rows = m.Fused, HeadRows(1, 2, 1, 2, m.Hidden)
		gate.Of, up.Of = 2*m.Hidden, 2*m.Hidden
	}
	h := Linears(s, x, gate, up)                                            // [T, F] each
	y := Gate(s.Sub("act_fn"), h[0], h[1], m.Activation)                    // [T, F]
	return Linear(s.Sub(named(m.Down, "down_proj")), y, columns(x), m.Bias) // [T, D]
}

// PlainMLP is the MLP of a projection, an activation and a projection back, x
// and y [T, D]:
//
//	y = down(act(up(x)))
func PlainMLP(s Scope, x *gorgonia.Node, m MLP) *gorgonia.Node {
	up := Projection{Name: named(m.Up, "up_proj"), Out: m.Hidden, Bias: m.Bias, Transposed: m.Transposed}
	down := Projection{Name: named(m.Down, "down_proj"), Out: columns(x), Bias: m.Bias, Transposed: m.Transposed}
	h := Linears(s, x, up)[0]                      // [T, F]
	h = Activate(s.Sub("act_fn"), h, m.Activation) // [T, F]
	return Linears(s, h, down)[0]                  // [T, D]
}

// Gate is act(g)·u, element by element, both [T, F].
func Gate(s Scope, g, u *gorgonia.Node, act Activation) *gorgonia.Node {
	f, ok := kernel.Activations[string(act)]
	run := (*kernel.Pool).SiLUMul
	if !ok {
		s.g.fail(fmt.Errorf("%s: no such activation %q", s.path, act))
	}
	if act != SiLU {
		run = func(p *kernel.Pool, dst, gate, up []float32) { p.ApplyMul(dst, gate, up, f) }
	}
	return s.node(&Op{
		kind: string(act), cols: columns(g), inputs: []*gorgonia.Node{g, u},
		device: func(c *deviceCall) error {
			return c.each("gated", c.Out.len(), c.Out.at, c.In[0].at, c.In[1].at, count(c.Out.len()), deviceFunctions[string(act)])
		},
		run: func(c *Call) error {
			run(c.Pool, c.Out.Data, c.In[0].Data, c.In[1].Data)
			return nil
		},
	})
}

// Activate is act(x), element by element.
func Activate(s Scope, x *gorgonia.Node, act Activation) *gorgonia.Node {
	f, ok := kernel.Activations[string(act)]
	if !ok {
		s.g.fail(fmt.Errorf("%s: no such activation %q", s.path, act))
	}
	return elementwise(s, string(act), x, 0, func(p *Pool, dst, x []float32) { p.Apply(dst, x, f) })
}

// Scale is x·factor, element by element.
func Scale(s Scope, x *gorgonia.Node, factor float32) *gorgonia.Node {
	return elementwise(s, "scale", x, factor, func(p *Pool, dst, x []float32) { p.Scale(dst, x, factor) })
}

// SoftCap is limit·tanh(x/limit), element by element.
func SoftCap(s Scope, x *gorgonia.Node, limit float32) *gorgonia.Node {
	return elementwise(s, "softcap", x, limit, func(p *Pool, dst, x []float32) { p.SoftCap(dst, x, limit) })
}

// Clamp holds x between -limit and limit, element by element.
func Clamp(s Scope, x *gorgonia.Node, limit float32) *gorgonia.Node {
	return elementwise(s, "clamp", x, limit, func(p *Pool, dst, x []float32) { p.Clamp(dst, x, limit) })
}

// elementwise adds an op on single values, with the number it takes, if any.
func elementwise(s Scope, kind string, x *gorgonia.Node, limit float32, f func(p *Pool, dst, x []float32)) *gorgonia.Node {
	return s.node(&Op{
		kind: kind, cols: columns(x), inputs: []*gorgonia.Node{x},
		device: func(c *deviceCall) error { return c.function(kind, limit) },
		run: func(c *Call) error {
			f(c.Pool, c.Out.Data, c.In[0].Data)
			return nil
		},
	})
}
