package readout

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// dot is Σ a[i]·b[i], in four sums that are added at the end.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// norm is a vector's length.
func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

// widen writes x to dst.
func widen(dst []float64, x []float32) []float64 {
	for i, v := range x {
		dst[i] = float64(v)
	}
	return dst
}

// random draws a vector of a length; which follows from seed, draw and name.
func random(seed uint64, draw, dim int, length float64, name string) []float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q", draw, name)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	x := make([]float64, dim)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	scale := length / norm(x)
	for i := range x {
		x[i] *= scale
	}
	return x
}

// level is what 1 in 20 of the values reach: their 95 % quantile, the nearest
// value at or above that rank.
func level(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Ceil(0.95*float64(len(sorted))))-1]
}

// median is the middle value, the lower one of two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// top keeps the n greatest items by key, the first of equals.
type top[T any] struct {
	n     int
	keys  []float64
	items []T
}

// add offers an item.
func (t *top[T]) add(key float64, item T) {
	if len(t.keys) == t.n && !(key > t.keys[t.n-1]) {
		return
	}
	at := len(t.keys)
	for at > 0 && key > t.keys[at-1] {
		at--
	}
	t.keys, t.items = slices.Insert(t.keys, at, key), slices.Insert(t.items, at, item)
	if len(t.keys) > t.n {
		t.keys, t.items = t.keys[:t.n], t.items[:t.n]
	}
}
