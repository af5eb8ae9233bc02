package layers

import "gorgonia.org/gorgonia"

// RMSNorm scales each row of x [T, D] to unit root mean square and multiplies
// by "weight" [D]:
//
//	scale[t] = sqrt(mean(x[t]²) + eps)
//	y[t][i]  = x[t][i] / scale[t] · weight[i]
//
// The mean is taken in float64. The row's statistic is scale[t].
func RMSNorm(s Scope, x *gorgonia.Node, eps float64) *gorgonia.Node {
	d := columns(x)
	w := s.Weight("weight", d) // [D]
	var gain []float32
	return s.node(&Op{
		kind: "rmsnorm", cols: d, inputs: []*gorgonia.Node{x}, statsPerRow: 1,
		prepare: func(*Pool) error {
			gain = w.Floats()
			return nil
		},
		run: func(c *Call) error {
			c.Pool.RMSNorm(c.Out.Data, c.Stats, c.In[0].Data, gain, eps)
			return nil
		},
	})
}
