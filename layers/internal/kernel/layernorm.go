package kernel

import "math"

// LayerNorm centres each row of x [rows, D], scales it to unit variance, and
// applies a weight and a bias [D]; a nil bias is none:
//
//	mean[t]   = Σ x[t] / D
//	scale[t]  = sqrt(Σ (x[t]-mean[t])² / D + eps)
//	dst[t][i] = (x[t][i] - mean[t]) · (1/scale[t]) · w[i] + b[i]
//
// Sums are taken in float64, in the order of the numeric contract; mean and
// 1/scale are rounded to float32 once. stats [rows, 2] receives mean and scale.
// A w [n, D] has the weights of rows t mod n. Ba, Kiros and Hinton, "Layer
// normalization", 2016.
func (p *Pool) LayerNorm(dst, stats, x, w, b []float32, eps float64) {
	rows := len(stats) / 2
	d := len(x) / max(rows, 1)
	p.RunRows(rows, func(from, to int) {
		for t := from; t < to; t++ {
			row, out := x[t*d:(t+1)*d], dst[t*d:(t+1)*d]
			mean := p.kernel.sum(row) / float64(d)
			scale := math.Sqrt(p.kernel.deviations(row, mean)/float64(d) + eps)
			stats[2*t], stats[2*t+1] = float32(mean), float32(scale)
			p.kernel.centreMul(out, row, w[t*d%len(w):], float32(mean), float32(1/scale))
			if b != nil {
				p.kernel.add(out, out, b)
			}
		}
	})
}

// sum is the plain form of Kernel.sum: Σ x[i] in the order of the numeric
// contract.
func sum(x []float32) float64 {
	var s [lanes]float64
	for i, v := range x {
		s[i%lanes] += float64(v)
	}
	return fold(&s)
}

// sumDeviations is the plain form of Kernel.deviations: Σ (x[i]-mean)² in the order
// of the numeric contract.
func sumDeviations(x []float32, mean float64) float64 {
	var s [lanes]float64
	for i, v := range x {
		d := float64(v) - mean
		s[i%lanes] += float64(d * d)
	}
	return fold(&s)
}

// centreMul is the plain form of Kernel.centreMul: dst = (x-mean)·factor·w.
func centreMul(dst, x, w []float32, mean, factor float32) {
	x, w = x[:len(dst)], w[:len(dst)]
	for i := range dst {
		dst[i] = float32(float32(x[i]-mean)*factor) * w[i]
	}
}
