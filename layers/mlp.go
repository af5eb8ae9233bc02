package layers

import (
	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Activation is the function between an MLP's products.
type Activation string

// SiLU is x/(1+exp(-x)), also called swish.
const SiLU Activation = "silu"

// gated computes act(gate)·up into dst for each activation.
var gated = map[Activation]func(p *kernel.Pool, dst, gate, up []float32){
	SiLU: (*kernel.Pool).SiLUMul,
}

// MLP describes an MLP module.
type MLP struct {
	Hidden     int // F
	Activation Activation
	Bias       bool // its products have biases
}

// GatedMLP is the MLP of two projections, one passed through the activation and
// multiplied with the other, and one back:
//
//	y = down(act(gate(x)) · up(x))
//
// Its input x [T, D] is the site [MLPIn], its result [T, D] the site [MLPOut].
func GatedMLP(s Scope, x *gorgonia.Node, m MLP) *gorgonia.Node {
	d := columns(x)
	s.Tap(MLPIn, x)
	h := Linears(s, x, Projection{"gate_proj", m.Hidden, m.Bias}, Projection{"up_proj", m.Hidden, m.Bias}) // [T, F] each
	y := gate(s.Sub("act_fn"), h[0], h[1], m.Activation)                                                   // [T, F]
	return s.Tap(MLPOut, Linear(s.Sub("down_proj"), y, d, m.Bias))                                         // [T, D]
}

// gate is act(g)·u, element by element, both [T, F].
func gate(s Scope, g, u *gorgonia.Node, act Activation) *gorgonia.Node {
	f := gated[act]
	return s.node(&Op{
		kind: string(act), cols: columns(g), inputs: []*gorgonia.Node{g, u},
		run: func(c *Call) error {
			f(c.Pool, c.Out.Data, c.In[0].Data, c.In[1].Data)
			return nil
		},
	})
}
