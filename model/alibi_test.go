package model

import (
	"math"
	"testing"
)

// TestAlibiSlopes holds slopes against transformers 5.24.0: the first, the middle,
// the last, and the sum.
func TestAlibiSlopes(t *testing.T) {
	for _, c := range []struct {
		name   string
		slopes []float32
		want   [4]float64
	}{
		{"1 head", alibiSlopes(1, powers), [4]float64{0.00390625, 0.00390625, 0.00390625, 0.00390625}},
		{"6 heads", alibiSlopes(6, powers), [4]float64{0.25, 0.00390625, 0.125, 0.95703125}},
		{"16 heads", alibiSlopes(16, powers), [4]float64{0.7071067690849304, 0.044194165617227554, 0.0039062488358467817, 2.404782901285216}},
		{"71 heads", alibiSlopes(71, powers), [4]float64{0.9170040488243103, 0.04419418424367905, 0.5693942904472351, 16.252459643408656}},
		{"MPT, 1 head", alibiSlopes(1, powersTo(8)), [4]float64{0.00390625, 0.00390625, 0.00390625, 0.00390625}},
		{"MPT, 6 heads", alibiSlopes(6, powersTo(8)), [4]float64{0.25, 0.00390625, 0.125, 0.95703125}},
		{"MPT, 16 heads", alibiSlopes(16, powersTo(8)), [4]float64{0.7071067690849304, 0.04419417306780815, 0.00390625, 2.404783016536385}},
		{"MPT, 5 heads up to 16", alibiSlopes(5, powersTo(16)), [4]float64{0.0625, 0.000244140625, 0.25, 0.316665649414}},
	} {
		var sum float64
		for _, s := range c.slopes {
			sum += float64(s)
		}
		n := len(c.slopes)
		for i, have := range []float64{float64(c.slopes[0]), float64(c.slopes[n/2]), float64(c.slopes[n-1]), sum} {
			if math.Abs(have-c.want[i]) > 1e-7*c.want[i] {
				t.Errorf("%s: want %v, have %v", c.name, c.want, have)
			}
		}
	}
}

// TestBFloat16 rounds to 8 bits, ties to even.
func TestBFloat16(t *testing.T) {
	for x, want := range map[float32]float32{0: 0, 1: 1, 257: 256, 259: 260, 0.3: 0.30078125, -257: -256, 258: 258} {
		if have := bfloat16(x); have != want {
			t.Errorf("bfloat16(%v): want %v, have %v", x, want, have)
		}
	}
}
