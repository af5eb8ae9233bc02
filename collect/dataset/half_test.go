package dataset_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"premlp/collect/dataset"
)

// formats are the two 16-bit formats, each with its exact decoder.
var formats = []struct {
	name   string
	encode func(float32) uint16
	decode func(uint16) float32
	inf    uint16 // bits of +infinity
}{
	{"bf16", dataset.BF16Bits, dataset.FromBF16, 0x7f80},
	{"f16", dataset.F16Bits, dataset.FromF16, 0x7c00},
}

// Every 16-bit value decodes to a float32 that encodes to itself, the decoder
// agrees with the definition of the format, and between two neighbours the
// nearer one is taken, the even one at the middle.
func TestHalfRounding(t *testing.T) {
	for _, f := range formats {
		for h := uint16(0); h < f.inf; h++ {
			x := f.decode(h)
			if f.name == "f16" && float64(x) != f16Value(h) {
				t.Fatalf("f16 %04x: want %v, have %v", h, f16Value(h), x)
			}
			next := f.decode(h + 1)
			if h+1 == f.inf { // where infinity would stand if it were a number
				next = x + (x - f.decode(h-1))
			}
			middle := float32((float64(x) + float64(next)) / 2)
			even := h + h&1
			for _, c := range []struct {
				x    float32
				want uint16
			}{
				{x, h},
				{middle, even},
				{math.Nextafter32(middle, 0), h},
				{math.Nextafter32(middle, math.MaxFloat32), h + 1},
			} {
				if float64(middle) != (float64(x)+float64(next))/2 || math.IsInf(float64(middle), 0) {
					continue // the middle is no float32
				}
				if have := f.encode(c.x); have != c.want {
					t.Fatalf("%s: %v (%08x): want %04x, have %04x", f.name, c.x, math.Float32bits(c.x), c.want, have)
				}
				if have := f.encode(-c.x); have != c.want|0x8000 {
					t.Fatalf("%s: %v: want %04x, have %04x", f.name, -c.x, c.want|0x8000, have)
				}
			}
		}
	}
}

// f16Value is the definition of a finite, positive binary16.
func f16Value(h uint16) float64 {
	e, m := int(h>>10), float64(h&0x3ff)
	if e == 0 {
		return math.Ldexp(m, -24)
	}
	return math.Ldexp(1024+m, e-25)
}

// Random float32 never land further than half a step away.
func TestHalfNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range formats {
		for range 200_000 {
			x := math.Float32frombits(r.Uint32())
			if x != x || math.IsInf(float64(x), 0) {
				continue
			}
			h := f.encode(x)
			if h&0x7fff == f.inf {
				continue
			}
			have := math.Abs(float64(f.decode(h)) - float64(x))
			for _, other := range []uint16{h - 1, h + 1} {
				y := float64(f.decode(other))
				if d := math.Abs(y - float64(x)); !math.IsNaN(d) && d < have {
					t.Fatalf("%s: %v: want %04x, have %04x", f.name, x, other, h)
				}
			}
		}
	}
}
