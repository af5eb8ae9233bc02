package kernel

import "math"

// The three steps of softmax on a panel [n][32], each column its own.

// scaleMax multiplies a panel by scale and writes each column's maximum to top.
// A maximum beside a NaN is any value of the column.
func scaleMax(s []float32, scale float32, top *[PanelWidth]float32) {
	for i := range top {
		top[i] = float32(math.Inf(-1))
	}
	for ; len(s) > 0; s = s[PanelWidth:] {
		for i, v := range s[:PanelWidth] {
			s[i] = v * scale
			top[i] = max(top[i], s[i])
		}
	}
}

// expSum replaces each value of a panel by w = exp(value - top) and adds the sum
// of each column's w, taken from 0 in order of rows, to total.
func expSum(s []float32, top, total *[PanelWidth]float32) {
	var part [PanelWidth]float32
	for ; len(s) > 0; s = s[PanelWidth:] {
		for i, v := range s[:PanelWidth] {
			w := Exp(v - top[i])
			s[i] = w
			part[i] += w
		}
	}
	AddTo(total[:], part[:])
}

// divide divides each column of a panel by its total.
func divide(s []float32, total *[PanelWidth]float32) {
	for ; len(s) > 0; s = s[PanelWidth:] {
		for i, v := range s[:PanelWidth] {
			s[i] = v / total[i]
		}
	}
}
