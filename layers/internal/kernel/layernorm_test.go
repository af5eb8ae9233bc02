package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// contractLayerNorm is the contract of LayerNorm for one row, written as it is
// stated.
func contractLayerNorm(x, w, b []float32, eps float64) (out []float32, mean, scale float32) {
	total := func(f func(v float64) float64) float64 {
		var s [lanes]float64
		for i, v := range x {
			s[i%lanes] += f(float64(v))
		}
		for n := 8; n > 0; n /= 2 {
			for i := range n {
				s[i] += s[i+n]
			}
		}
		return s[0] / float64(len(x))
	}
	m := total(func(v float64) float64 { return v })
	s := math.Sqrt(total(func(v float64) float64 { return float64((v - m) * (v - m)) }) + eps)
	out = make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(float32(v-float32(m))*float32(1/s)) * w[i]
		if b != nil {
			out[i] += b[i]
		}
	}
	return out, float32(m), float32(s)
}

// TestLayerNormFollowsTheContract holds every kernel against the contract, to the
// bit, with one weight and with three in turn.
func TestLayerNormFollowsTheContract(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		for _, d := range []int{1, 2, 15, 16, 17, 48, 100, 576} {
			for _, weights := range []int{1, 3} {
				const rows, eps = 7, 1e-5
				r := rand.New(rand.NewPCG(uint64(d), 3))
				x, w, b := random(r, rows*d), random(r, weights*d), random(r, d)
				for i := range x[:2*d] {
					x[i] = x[i]*1e-3 + 40 // far from its mean
				}
				for _, bias := range [][]float32{b, nil} {
					have, stats := make([]float32, rows*d), make([]float32, 2*rows)
					pool(t, 2, kernel).LayerNorm(have, stats, x, w, bias, eps)
					for i := range rows {
						at := i % weights * d
						want, mean, scale := contractLayerNorm(x[i*d:(i+1)*d], w[at:at+d], bias, eps)
						what := fmt.Sprintf("width %d, %d weights, row %d", d, weights, i)
						sameBits(t, what, want, have[i*d:(i+1)*d])
						sameBits(t, what+": statistics", []float32{mean, scale}, stats[2*i:2*i+2])
					}
				}
			}
		}
	})
}

// TestLayerNorm holds it against the formula in float64. The centred value, the
// factor and the product are rounded once each, and the sum with the bias, so
// that the error is below 5·2⁻²⁴ of |y|+|bias| wherever the mean, rounded too, is
// not large beside the value.
func TestLayerNorm(t *testing.T) {
	const rows, d, eps = 4, 96, 1e-5
	r := rand.New(rand.NewPCG(17, 18))
	x, w, b := random(r, rows*d), random(r, d), random(r, d)
	have, stats := make([]float32, rows*d), make([]float32, 2*rows)
	pool(t, 2, Supported()[0]).LayerNorm(have, stats, x, w, b, eps)
	for i := range rows {
		var mean, square float64
		row := x[i*d : (i+1)*d]
		for _, v := range row {
			mean += float64(v) / d
		}
		for _, v := range row {
			square += (float64(v) - mean) * (float64(v) - mean) / d
		}
		scale := math.Sqrt(square + eps)
		for j, v := range row {
			y := (float64(v) - mean) / scale * float64(w[j])
			slack := 5 * 0x1p-24 * (math.Abs(y) + math.Abs(float64(b[j])) + math.Abs(mean/scale*float64(w[j])))
			if off := math.Abs(float64(have[i*d+j]) - y - float64(b[j])); off > slack {
				t.Errorf("row %d, value %d: off by %g, want at most %g", i, j, off, slack)
			}
		}
	}
}

// TestLayerNormAtTheEnds checks rows whose variance is 0, whose squares overflow
// float32, and that hold values that are not finite.
func TestLayerNormAtTheEnds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{
		3, 3, 3, 3, // no variance: eps alone keeps the factor finite
		0, 0, 0, 0,
		3e30, -3e30, 3e30, -3e30, // squares to 9e60
		inf, 1, 2, 3,
		nan, 1, 2, 3,
	}
	have, stats := make([]float32, len(x)), make([]float32, 2*5)
	pool(t, 1, Supported()[0]).LayerNorm(have, stats, x, []float32{1, 1, 1, 1}, nil, 1e-5)
	want := []float32{0, 0, 0, 0, 0, 0, 0, 0, 1, -1, 1, -1}
	for i, v := range want {
		if math.Abs(float64(have[i]-v)) > 1e-6 {
			t.Errorf("value %d: want %v, have %v", i, v, have[i])
		}
	}
	for i := len(want); i < len(x); i++ {
		if have[i] == have[i] {
			t.Errorf("value %d, of a row that is not finite: want NaN, have %v", i, have[i])
		}
	}
}
