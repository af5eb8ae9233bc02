package kernel

import "math"

// Exp's constants: log2(e); ln 2 split so that n·ln2Hi is exact for |n| < 2¹⁴;
// 1.5·2²³, whose addition rounds to an integer; and the polynomial P of degree
// 4 that minimises the largest relative error of 1 + r + r²·P(r) against e^r
// on |r| ≤ ln(2)/2 (1.9e-8, by the Remez exchange).
const (
	log2E   = 1.4426950408889634
	ln2Hi   = 0.693359375
	ln2Lo   = -2.12194440e-4
	rounder = 12582912

	expP0 = 0.4999999701976776
	expP1 = 0.16666604578495026
	expP2 = 0.04166777804493904
	expP3 = 0.008358516730368137
	expP4 = 0.0013806807110086083

	expMax = 88.72283935546875      // the largest x with a finite e^x
	expMin = -103.97208404541015625 // below it e^x rounds to 0
)

// Exp returns e^x within 1.2 units in the last place:
//
//	n = round(x·log2(e)),  r = x - n·ln2,  e^x = 2ⁿ·(1 + r + r²·P(r))
//
// Overflow gives +Inf, underflow passes through the subnormals to 0, and NaN
// stays NaN.
func Exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > expMax:
		return float32(math.Inf(1))
	case x < expMin:
		return 0
	}
	n := float32(float32(x*log2E)+rounder) - rounder
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p := float32(expP4*r) + expP3
	p = float32(p*r) + expP2
	p = float32(p*r) + expP1
	p = float32(p*r) + expP0
	y := float32(p*float32(r*r)) + r
	y++
	// Two factors, because 2ⁿ alone leaves the normal range at both ends. The
	// first product is exact, so the result is rounded once.
	half := int32(n) >> 1
	return float32(y*power2(half)) * power2(int32(n)-half)
}

// power2 returns 2ⁿ for n in [-126, 127].
func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// Exps writes Exp(x[i] - top) to dst, which is as long as x and may be x.
func Exps(dst, x []float32, top float32) {
	whole := len(x) / PanelWidth * PanelWidth
	copy(dst, x)
	k, err := Select()
	if err != nil {
		whole = 0 // nothing else runs either
	} else if whole > 0 {
		var tops, total [PanelWidth]float32
		for i := range tops {
			tops[i] = top
		}
		k.expSum(dst[:whole], &tops, &total)
	}
	for i, v := range dst[whole:len(x)] {
		dst[whole+i] = Exp(v - top)
	}
}
