package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// floats reads n float32s of any bits from data, over and over.
func floats(data []byte, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		var b [4]byte
		for j := range b {
			if len(data) > 0 {
				b[j] = data[(4*i+j)%len(data)]
			}
		}
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[:]))
	}
	return x
}

// FuzzKernels holds products of any values and sizes, computed by each kernel,
// against the first of the same arithmetic, the judge before the others.
func FuzzKernels(f *testing.F) {
	f.Add([]byte{0, 0, 128, 63, 0, 0, 0, 64, 205}, uint8(1), uint8(33), uint16(5))
	f.Add([]byte{1, 0, 0, 0, 255, 255, 127, 127, 3}, uint8(15), uint8(7), uint16(300))
	f.Add([]byte{0, 0, 128, 127, 0, 0, 192, 255, 9, 9}, uint8(6), uint8(64), uint16(9))
	f.Add([]byte{0, 0, 0, 128, 0, 0, 128, 0, 1}, uint8(29), uint8(32), uint16(BlockK+1))
	f.Fuzz(func(t *testing.T, data []byte, m, n uint8, k uint16) {
		rows, cols, depth := int(m%40), int(n%100)+1, int(k%700)+1
		x, w := floats(data, rows*depth), floats(data[len(data)/2:], cols*depth)
		bias, packed := floats(data, cols), pack(w, cols, depth)
		want := map[string][]float32{}
		kernels := Supported()
		for i := range kernels {
			kernel := kernels[len(kernels)-1-i]
			out := make([]float32, rows*cols)
			p := NewPool(1, kernel)
			p.MatMul(x, rows, Product{W: packed, Bias: bias, Out: out})
			p.Close()
			if first, ok := want[kernel.Arithmetic()]; ok {
				sameBits(t, fmt.Sprintf("%s: %d×%d×%d", kernel.Name(), rows, depth, cols), first, out)
			} else {
				want[kernel.Arithmetic()] = out
			}
		}
	})
}
