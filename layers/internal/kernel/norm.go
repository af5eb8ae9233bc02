package kernel

import "math"

// lanes is the number of partial sums of every reduction outside products.
const lanes = 16

// SumSquares returns Σ x[i]² in the order of the numeric contract. The squares
// are exact in float64.
func SumSquares(x []float32) float64 {
	var s [lanes]float64
	for i, v := range x {
		s[i%lanes] += float64(float64(v) * float64(v))
	}
	return fold(&s)
}

// fold adds the lanes as a tree: 8 onto 8, 4 onto 4, 2 onto 2, 1 onto 1.
func fold(s *[lanes]float64) float64 {
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			s[i] += s[i+n]
		}
	}
	return s[0]
}

// RMSNorm scales each row of x [rows, D] to unit root mean square and
// multiplies by the weight w [D]:
//
//	scale[t] = sqrt(mean(x[t]²) + eps)
//	dst[t][i] = x[t][i] · (1/scale[t]) · w[i]
//
// The mean is taken in float64; 1/scale is rounded to float32 once. scale
// [rows] receives the divisor. A w [n, D] has the weights of rows t mod n. Zhang
// and Sennrich, "Root mean square layer normalization", 2019.
func (p *Pool) RMSNorm(dst, scale, x, w []float32, eps float64) {
	d := len(x) / max(len(scale), 1)
	p.RunRows(len(scale), func(from, to int) {
		for t := from; t < to; t++ {
			row, out := x[t*d:(t+1)*d], dst[t*d:(t+1)*d]
			s := math.Sqrt(p.kernel.sumSquares(row)/float64(d) + eps)
			scale[t] = float32(s)
			p.kernel.scaleMul(out, row, w[t*d%len(w):], float32(1/s))
		}
	})
}

// scaleMul is the plain form of Kernel.scaleMul: dst = (x·scale)·w.
func scaleMul(dst, x, w []float32, scale float32) {
	x, w = x[:len(dst)], w[:len(dst)]
	for i := range dst {
		dst[i] = float32(x[i]*scale) * w[i]
	}
}
