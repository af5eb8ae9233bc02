//go:build !noasm

package kernel

import "math"

// withScaleMax returns Kernel.scaleMax by assembly f.
func withScaleMax(f func(s *float32, n int, scale float32, top *float32)) func(s []float32, scale float32, top *[PanelWidth]float32) {
	return func(s []float32, scale float32, top *[PanelWidth]float32) {
		for i := range top {
			top[i] = float32(math.Inf(-1))
		}
		if n := len(s) / PanelWidth; n > 0 {
			f(&s[0], n, scale, &top[0])
		}
	}
}

// withExpSum returns Kernel.expSum by assembly f.
func withExpSum(f func(s *float32, n int, top, total *float32)) func(s []float32, top, total *[PanelWidth]float32) {
	return func(s []float32, top, total *[PanelWidth]float32) {
		if n := len(s) / PanelWidth; n > 0 {
			f(&s[0], n, &top[0], &total[0])
		}
	}
}

// withDivide returns Kernel.divide by assembly f.
func withDivide(f func(s *float32, n int, total *float32)) func(s []float32, total *[PanelWidth]float32) {
	return func(s []float32, total *[PanelWidth]float32) {
		if n := len(s) / PanelWidth; n > 0 {
			f(&s[0], n, &total[0])
		}
	}
}

// withElements returns an element-wise function: assembly f on whole registers
// of width values, rest on those that remain.
func withElements(width int, f func(dst, a, b *float32, n int), rest func(dst, a, b []float32)) func(dst, a, b []float32) {
	return func(dst, a, b []float32) {
		a, b = a[:len(dst)], b[:len(dst)]
		whole := len(dst) / width
		if whole > 0 {
			f(&dst[0], &a[0], &b[0], whole)
		}
		rest(dst[whole*width:], a[whole*width:], b[whole*width:])
	}
}

// withValues returns a function of single values: assembly f on whole registers of
// width values, rest on those that remain.
func withValues(width int, f func(dst, x *float32, n int), rest func(dst, x []float32)) func(dst, x []float32) {
	return func(dst, x []float32) {
		x = x[:len(dst)]
		whole := len(dst) / width
		if whole > 0 {
			f(&dst[0], &x[0], whole)
		}
		rest(dst[whole*width:], x[whole*width:])
	}
}

// withSum returns Kernel.sum by assembly f.
func withSum(f func(x *float32, n int, s *float64)) func(x []float32) float64 {
	return func(x []float32) float64 {
		var s [lanes]float64
		whole := len(x) / lanes
		if whole > 0 {
			f(&x[0], whole, &s[0])
		}
		for i, v := range x[whole*lanes:] {
			s[i] += float64(v)
		}
		return fold(&s)
	}
}

// withDeviations returns Kernel.deviations by assembly f.
func withDeviations(f func(x *float32, n int, s *float64, mean float64)) func(x []float32, mean float64) float64 {
	return func(x []float32, mean float64) float64 {
		var s [lanes]float64
		whole := len(x) / lanes
		if whole > 0 {
			f(&x[0], whole, &s[0], mean)
		}
		for i, v := range x[whole*lanes:] {
			d := float64(v) - mean
			s[i] += float64(d * d)
		}
		return fold(&s)
	}
}

// withCentreMul returns Kernel.centreMul by assembly f on whole registers of width
// values.
func withCentreMul(width int, f func(dst, x, w *float32, n int, mean, factor float32)) func(dst, x, w []float32, mean, factor float32) {
	return func(dst, x, w []float32, mean, factor float32) {
		x, w = x[:len(dst)], w[:len(dst)]
		whole := len(dst) / width
		if whole > 0 {
			f(&dst[0], &x[0], &w[0], whole, mean, factor)
		}
		at := whole * width
		centreMul(dst[at:], x[at:], w[at:], mean, factor)
	}
}

// withSumSquares returns Kernel.sumSquares by assembly f.
func withSumSquares(f func(x *float32, n int, s *float64)) func(x []float32) float64 {
	return func(x []float32) float64 {
		var s [lanes]float64
		whole := len(x) / lanes
		if whole > 0 {
			f(&x[0], whole, &s[0])
		}
		for i, v := range x[whole*lanes:] {
			s[i] += float64(float64(v) * float64(v))
		}
		return fold(&s)
	}
}

// withScaleMul returns Kernel.scaleMul by assembly f on whole registers of
// width values.
func withScaleMul(width int, f func(dst, x, w *float32, n int, scale float32)) func(dst, x, w []float32, scale float32) {
	return func(dst, x, w []float32, scale float32) {
		x, w = x[:len(dst)], w[:len(dst)]
		whole := len(dst) / width
		if whole > 0 {
			f(&dst[0], &x[0], &w[0], whole, scale)
		}
		at := whole * width
		scaleMul(dst[at:], x[at:], w[at:], scale)
	}
}
