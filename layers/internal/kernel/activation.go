package kernel

// Activation is a function of one value, applied element by element.
type Activation struct {
	value func(x float32) float32
	// slice picks the kernel's own form; nil: there is none.
	slice func(k *Kernel) func(dst, x []float32)
}

// Activations lists them by their names in configs.
var Activations = map[string]Activation{
	"silu":     {value: SiLU},
	"relu":     {value: ReLU},
	"relu2":    {value: ReLU2},
	"gelu":     {GELU, func(k *Kernel) func(dst, x []float32) { return k.gelu }},
	"gelu_new": {GELUTanh, func(k *Kernel) func(dst, x []float32) { return k.geluTanh }},
}

// SiLU is x·σ(x) = x / (1 + exp(-x)), also called swish.
func SiLU(x float32) float32 { return x / (1 + Exp(-x)) }

// ReLU is max(x, 0).
func ReLU(x float32) float32 { return max(x, 0) }

// ReLU2 is max(x, 0)². So et al., "Primer", 2021.
func ReLU2(x float32) float32 {
	y := max(x, 0)
	return y * y
}

// Tanh returns the hyperbolic tangent of x.
//
//	tanh x = 1 - 2/(exp(2x)+1),  near 0 by its series x - x³/3 + 2x⁵/15 - …
func Tanh(x float32) float32 {
	if z := float64(x) * float64(x); z < 0.0625 {
		p := 1.0
		// The continued fraction of tanh, cut after five steps: below 1e-11 here.
		for k := 11.0; k >= 1; k -= 2 {
			p = k + float64(z/p)
		}
		return float32(float64(x) / p)
	}
	return 1 - 2/(Exp(2*x)+1)
}

// apply writes f of each element of x to dst.
func (f Activation) apply(k *Kernel, dst, x []float32) {
	if f.slice != nil {
		f.slice(k)(dst, x)
		return
	}
	for i := range dst {
		dst[i] = f.value(x[i])
	}
}

// Apply writes f of each element of x to dst.
func (p *Pool) Apply(dst, x []float32, f Activation) {
	p.runElements(len(dst), func(from, to int) { f.apply(&p.kernel, dst[from:to], x[from:to]) })
}

// ApplyMul writes f(gate)·up to dst, element by element.
func (p *Pool) ApplyMul(dst, gate, up []float32, f Activation) {
	p.runElements(len(dst), func(from, to int) {
		f.apply(&p.kernel, dst[from:to], gate[from:to])
		p.kernel.mul(dst[from:to], dst[from:to], up[from:to])
	})
}

// Scale writes x·factor to dst, element by element.
func (p *Pool) Scale(dst, x []float32, factor float32) {
	p.runElements(len(dst), func(from, to int) {
		for i := from; i < to; i++ {
			dst[i] = x[i] * factor
		}
	})
}

// SoftCap writes limit·tanh(x/limit) to dst, element by element. Bello et al.,
// "Neural combinatorial optimization", 2016.
func (p *Pool) SoftCap(dst, x []float32, limit float32) {
	p.runElements(len(dst), func(from, to int) { softCap(dst[from:to], x[from:to], limit) })
}

func softCap(dst, x []float32, limit float32) {
	for i, v := range x {
		dst[i] = limit * Tanh(v/limit)
	}
}

// Clamp writes x, held between -limit and limit, to dst.
func (p *Pool) Clamp(dst, x []float32, limit float32) {
	p.runElements(len(dst), func(from, to int) {
		for i := from; i < to; i++ {
			dst[i] = min(max(x[i], -limit), limit)
		}
	})
}
