package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// testFormats are formats of every kind, with the range of their codes.
var testFormats = []struct {
	format          Format
	lowest, highest int
}{
	{Float32, 0, 0},
	{BFloat16, 0, 0},
	{Codes(-8, 7, 32, false), -8, 7},
	{Codes(0, 15, 32, true), 0, 15},
	{Codes(-16, 15, 32, false), -16, 15},
	{Codes(0, 31, 32, true), 0, 31},
	{Codes(-128, 127, 32, false), -128, 127},
	{Codes(-32, 31, 16, false), -32, 31},
	{Codes(0, 3, 16, true), 0, 3},
	{Codes(-4, 3, 16, false), -4, 3},
	{Codes(-1, 2, 32, false), -1, 2},
	{Codes(-127, 113, 8, true), -127, 113},
	{Codes(0, 15, 8, true), 0, 15},
}

// stored is a random matrix of a format: its packed form, and its values as
// the format's definition gives them.
func stored(r *rand.Rand, n, k, format int) (*Weight, []float32) {
	t := testFormats[format]
	f := t.format
	values := random(r, n*k)
	rows := Rows{N: n, K: k, Format: f, Lowest: t.lowest, Row: func(dst []float32, i int) { copy(dst, values[i*k:]) }}
	switch f.kind {
	case float32s:
	case bfloat16s:
		for i, v := range values {
			values[i] = math.Float32frombits(math.Float32bits(v) >> 16 << 16)
		}
	default:
		groups := k / f.group
		codes, scales, offsets := make([]int8, n*k), make([]float32, n*groups), make([]float32, n*groups)
		hasOffsets := f.offset && (f.kind == codes8 || t.lowest == 0)
		for i := range scales {
			scales[i] = float32(int(r.NormFloat64()*1000)) / 1024 // 11 bits, as a format's scales
			if hasOffsets {
				offsets[i] = float32(r.NormFloat64())
			}
		}
		for i := range codes {
			codes[i] = int8(t.lowest + r.IntN(t.highest-t.lowest+1))
			g := i/k*groups + i%k/f.group
			values[i] = float32(scales[g]*float32(codes[i])) + offsets[g]
		}
		rows.Codes = func(c []int8, scale, offset []float32, i int) {
			copy(c, codes[i*k:i*k+k])
			copy(scale, scales[i*groups:(i+1)*groups])
			if hasOffsets {
				copy(offset, offsets[i*groups:(i+1)*groups])
			}
		}
	}
	return PackWeight(NewPool(1, Kernel{}), rows), values
}

// TestFormats holds the product with packed values of every format to that with
// the same values as float32, bit by bit.
func TestFormats(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		p := pool(t, 2, kernel)
		for i := range testFormats {
			f := testFormats[i].format
			for _, m := range []int{1, 3, 15} {
				for _, n := range []int{31, 64, 161, 545} { // 1, 2 and 4 panels side by side
					for _, k := range []int{64, BlockK + 32} {
						r := rand.New(rand.NewPCG(uint64(m*1000+n), uint64(i*10000+k)))
						w, values := stored(r, n, k, i)
						x, bias := random(r, m*k), random(r, n)
						want, have := make([]float32, m*n), make([]float32, m*n)
						p.MatMul(x, m, Product{W: pack(values, n, k), Bias: bias, Out: want})
						p.MatMul(x, m, Product{W: w, Bias: bias, Out: have})
						sameBits(t, fmt.Sprintf("%s, groups of %d, %d×%d×%d", f, f.group, m, k, n), want, have)
						if bytes := f.PackedBytes(n, k); bytes != w.Bytes() {
							t.Fatalf("%s: want %d bytes, have %d", f, bytes, w.Bytes())
						}
					}
				}
			}
		}
	})
}

// TestExpand holds every kernel's expansion to the plain one.
func TestExpand(t *testing.T) {
	forEachKernel(t, func(t *testing.T, kernel Kernel) {
		for i := range testFormats {
			f := testFormats[i].format
			r := rand.New(rand.NewPCG(uint64(i), 1))
			const k = 3 * 32
			w, _ := stored(r, 40, k, i)
			for _, panel := range [][]byte{w.panel(0), w.panel(1)} {
				for _, n := range []int{0, f.group, 32, k} {
					want, have := random(r, k*PanelWidth+1), make([]float32, k*PanelWidth+1)
					copy(have, want) // what is beside stays
					f.expand(want[1:], panel, n)
					kernel.expand(f, have[1:], panel, n)
					sameBits(t, fmt.Sprintf("%s, groups of %d, %d values", f, f.group, n), want, have)
				}
			}
		}
	})
}
