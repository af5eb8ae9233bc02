package kernel

// AddTo adds b to a, element by element.
func AddTo(a, b []float32) {
	b = b[:len(a)]
	for i, v := range b {
		a[i] += v
	}
}

// Add writes a + b to dst, element by element.
func (p *Pool) Add(dst, a, b []float32) {
	p.RunRows(len(dst), func(from, to int) {
		d, a, b := dst[from:to], a[from:to], b[from:to]
		for i := range d {
			d[i] = a[i] + b[i]
		}
	})
}

// SiLUMul writes silu(gate)·up to dst, element by element:
//
//	silu(g) = g / (1 + exp(-g))
//
// Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2017; the gated
// form is SwiGLU of Shazeer, "GLU variants improve transformer", 2020.
func (p *Pool) SiLUMul(dst, gate, up []float32) {
	p.RunRows(len(dst), func(from, to int) {
		d, g, u := dst[from:to], gate[from:to], up[from:to]
		for i := range d {
			d[i] = g[i] / (1 + Exp(-g[i])) * u[i]
		}
	})
}
