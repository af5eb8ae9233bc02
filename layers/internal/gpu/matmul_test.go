package gpu

import (
	"testing"

	"premlp/layers/internal/kernel"
)

func TestMatmulKernel(t *testing.T) {
	b := newBench(t)
	for i, s := range [][3]int{
		{1, 1, 1}, {1, 64, 16}, {2, 3, 5}, {64, 64, 16}, {65, 64, 17}, {3, 65, 256}, {5, 7, 257}, {17, 33, 15}, {64, 1, 255},
		{1, 130, 48}, {2, 2, 512}, {9, 66, 513}, {16, 16, 100}, {31, 70, 31}, {70, 31, 272}, {4, 4, 241}, {1, 1, 700},
		{8, 129, 64}, {33, 10, 300}, {66, 66, 33}, {2, 64, 1030}, {130, 131, 20}, {129, 5, 260}, {3, 9, 12}, {40, 200, 4}, {150, 20, 516}, {2, 2, 512}, {70, 129, 36},
		{130, 133, 8}, {200, 70, 4},
	} {
		rows, n, k := s[0], s[1], s[2]
		if testing.Short() && rows*n*k > 1<<14 {
			continue
		}
		x, w := b.floats(rows*k), b.floats(n*k)
		var bias []float32
		if i%2 == 1 {
			bias = b.floats(n)
		}
		packed := kernel.PackWeight(b.pool, kernel.Rows{N: n, K: k, Format: kernel.Float32, Row: func(dst []float32, i int) { copy(dst, w[i*k:]) }})
		want := make([]float32, rows*n)
		b.pool.MatMul(x, rows, kernel.Product{W: packed, Bias: bias, Out: want})
		at, weight, offset := send(b, x), send(b, w), send(b, bias)
		for _, tile := range []int{64, 128} {
			name, threads := "matmul", 128
			if tile == 128 {
				if name, threads = "matmul_large", 256; k%4 != 0 {
					continue
				}
			}
			out := b.result(rows * n)
			b.launch(name, out, want, Dim{X: (n + tile - 1) / tile, Y: (rows + tile - 1) / tile}, Dim{X: threads},
				products(out, at, weight, offset, rows, n, k)...)
		}
	}
	b.productOfRest()
	b.productsOfOne()
	b.covered("matmul", "matmul_large")
}

// productOfRest is a product whose operands lie on no multiple of 16 bytes though k is
// one of 4.
func (b *bench) productOfRest() {
	b.Helper()
	const rows, n, k = 3, 5, 8
	x, w := b.floats(1+rows*k), b.floats(1+n*k)
	packed := kernel.PackWeight(b.pool, kernel.Rows{N: n, K: k, Format: kernel.Float32, Row: func(dst []float32, i int) { copy(dst, w[1+i*k:]) }})
	want := make([]float32, rows*n)
	b.pool.MatMul(x[1:], rows, kernel.Product{W: packed, Out: want})
	out := b.result(rows * n)
	b.launch("matmul", out, want, Dim{X: 1, Y: 1}, Dim{X: 128}, products(out, send(b, x).Offset(1), send(b, w).Offset(1), 0, rows, n, k)...)
}

// products are the arguments of one product.
func products(out, x, w, bias Pointer, rows, n, k int) []any {
	none := Pointer(0)
	return []any{out, none, none, x, w, none, none, bias, none, none, int32(rows), int32(n), int32(0), int32(0), int32(k)}
}

// productsOfOne are two and three products of one x in a launch.
func (b *bench) productsOfOne() {
	b.Helper()
	for _, s := range [][5]int{{3, 5, 2, 7, 8}, {70, 130, 64, 1, 20}, {2, 200, 65, 0, 36}, {65, 1, 1, 129, 12}} {
		rows, k := s[0], s[4]
		x := b.floats(rows * k)
		var w, bias, out [3]Pointer
		var want [3][]float32
		for i, n := range s[1:4] {
			values, offset := b.floats(n*k), b.floats(n)
			packed := kernel.PackWeight(b.pool, kernel.Rows{N: n, K: k, Format: kernel.Float32, Row: func(dst []float32, i int) { copy(dst, values[i*k:]) }})
			want[i] = make([]float32, rows*n)
			if n > 0 {
				b.pool.MatMul(x, rows, kernel.Product{W: packed, Bias: offset, Out: want[i]})
			}
			w[i], bias[i] = send(b, values), send(b, offset)
		}
		at := send(b, x)
		for _, tile := range []int{64, 128} {
			tiles := 0
			for i, n := range s[1:4] {
				out[i] = b.result(rows * n)
				tiles += (n + tile - 1) / tile
			}
			name, threads := "matmul", 128
			if tile == 128 {
				name, threads = "matmul_large", 256
			}
			for i := range out {
				b.launch(name, out[i], want[i], Dim{X: tiles, Y: (rows + tile - 1) / tile}, Dim{X: threads},
					out[0], out[1], out[2], at, w[0], w[1], w[2], bias[0], bias[1], bias[2], int32(rows), int32(s[1]), int32(s[2]), int32(s[3]), int32(k))
			}
		}
	}
}
