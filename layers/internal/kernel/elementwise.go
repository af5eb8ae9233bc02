package kernel

// grain is the fewest elements worth a thread of their own: waking one and
// waiting for it takes about a microsecond.
const grain = 8192

// runElements cuts [0, n) into ranges for threads and calls f on each.
func (p *Pool) runElements(n int, f func(from, to int)) {
	parts := min(len(p.workers), n/grain+1)
	p.Run(parts, func(i int) { f(i*n/parts, (i+1)*n/parts) })
}

// Add writes a + b to dst, element by element.
func (p *Pool) Add(dst, a, b []float32) {
	p.runElements(len(dst), func(from, to int) {
		p.kernel.add(dst[from:to], a[from:to], b[from:to])
	})
}

// SiLUMul writes silu(gate)·up to dst, element by element:
//
//	silu(g) = g / (1 + exp(-g))
//
// Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2017; the gated
// form is SwiGLU of Shazeer, "GLU variants improve transformer", 2020.
func (p *Pool) SiLUMul(dst, gate, up []float32) {
	p.runElements(len(dst), func(from, to int) {
		p.kernel.siluMul(dst[from:to], gate[from:to], up[from:to])
	})
}

// AddTo adds b to a, element by element.
func AddTo(a, b []float32) { addTwo(a, a, b) }

// addTwo is the plain form of Kernel.add.
func addTwo(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// mulTwo is the plain form of Kernel.mul.
func mulTwo(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// siluMul is the plain form of Kernel.siluMul.
func siluMul(dst, gate, up []float32) {
	gate, up = gate[:len(dst)], up[:len(dst)]
	for i := range dst {
		dst[i] = gate[i] / (1 + Exp(-gate[i])) * up[i]
	}
}
