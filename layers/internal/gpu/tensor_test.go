package gpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// rounded is what the kernels round a value to.
func (r Rounding) rounded(x float32) float32 {
	bits := math.Float32bits(x)
	switch {
	case r == BF16 && x != x:
		return math.Float32frombits(bits | 0x400000)
	case bits&0x7f800000 == 0x7f800000:
		return x
	case r == BF16:
		return math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
	}
	return math.Float32frombits((bits + 0x1000) &^ 0x1fff)
}

// tensorBench is an emulator with the kernels for compute capability 8.0.
func tensorBench(t *testing.T) *bench {
	e, err := NewEmulator(PTX, 1<<30, PTX80)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, e: e, r: rand.New(rand.NewPCG(71, 72))}
}

// round sends x [rows, k] and rounds it on the device.
func (b *bench) round(r Rounding, x []float32, rows, k int) Pointer {
	b.Helper()
	out, err := b.e.Alloc(int64(rows * r.Pitch(k)))
	if err == nil {
		err = RoundRows(b.e, r, out, send(b, x), rows, k)
	}
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func TestRoundRows(t *testing.T) {
	b := tensorBench(t)
	for _, r := range []Rounding{BF16, TF32} {
		for _, s := range elementSizes {
			rows, k := s[0], s[1]
			x := b.special(rows * k)
			for i := range x { // ties, up and down
				if b.r.IntN(3) == 0 {
					x[i] = math.Float32frombits(math.Float32bits(x[i])&^0x1fff | []uint32{0x8000, 0x1000, 0x18000, 0x3000}[b.r.IntN(4)])
				}
			}
			out := b.round(r, x, rows, k)
			have := make([]byte, rows*r.Pitch(k))
			if err := b.e.Download(have, out); err != nil {
				t.Fatal(err)
			}
			var want []byte
			for row := range rows {
				var line []byte
				for _, v := range x[row*k : (row+1)*k] {
					v = r.rounded(v)
					if from := 0; r == BF16 {
						from = 2
						line = append(line, bytesOf([]float32{v})[from:]...)
						continue
					}
					line = append(line, bytesOf([]float32{v})...)
				}
				want = append(want, append(line, make([]byte, r.Pitch(k)-len(line))...)...)
			}
			if !slices.Equal(have, want) {
				t.Fatalf("%s [%d, %d]: want %x, have %x", r, rows, k, want, have)
			}
		}
	}
	b.covered("round_bf16", "round_tf32")
}

// tensorShapes are rows, n, k.
var tensorShapes = [][3]int{
	{1, 1, 1}, {1, 2, 3}, {2, 1, 8}, {3, 5, 31}, {7, 8, 32}, {8, 7, 33}, {1, 64, 64}, {16, 9, 65}, {64, 64, 64}, {65, 63, 40},
	{63, 66, 96}, {1, 130, 128}, {129, 1, 20}, {5, 257, 48}, {128, 2, 129}, {127, 128, 16}, {17, 100, 200}, {33, 65, 161},
	{2, 3, 700}, {130, 70, 17}, {9, 300, 33}, {66, 129, 70}, {257, 3, 5}, {1, 1, 1025},
}

// TestTensorKernels holds products to the sums of the rounded values in float64, and
// all tiles, and a row alone, to the same bits.
func TestTensorKernels(t *testing.T) {
	b := tensorBench(t)
	for _, r := range []Rounding{BF16, TF32} {
		for i, s := range tensorShapes {
			rows, n, k := s[0], s[1], s[2]
			if testing.Short() && rows*n*k > 1<<14 {
				continue
			}
			x, w := b.floats(rows*k), b.floats(n*k)
			var bias []float32
			if i%2 == 1 {
				bias = b.floats(n)
			}
			px, pw, pb := b.round(r, x, rows, k), b.round(r, w, n, k), send(b, bias)
			var first []float32
			for _, tile := range Tiles {
				have := b.multiply(r, tile, px, pw, pb, rows, n, k)
				if first == nil {
					first = have
					b.checkProduct(r, have, x, w, bias, rows, n, k)
				} else if !slices.Equal(bytesOf(first), bytesOf(have)) {
					t.Fatalf("%s %v: tile %v has other bits than %v", r, s, tile, Tiles[0])
				}
			}
			last := b.multiply(r, Tiles[2], px+Pointer((rows-1)*r.Pitch(k)), pw, pb, 1, n, k)
			if !slices.Equal(bytesOf(last), bytesOf(first[(rows-1)*n:])) {
				t.Fatalf("%s %v: the last row alone has other bits", r, s)
			}
		}
	}
	for _, r := range []Rounding{BF16, TF32} {
		for _, tile := range Tiles {
			b.covered(string(r) + "_" + tile.String())
		}
	}
}

// multiply runs a product behind whose rows nothing may be written.
func (b *bench) multiply(r Rounding, t Tile, x, w, bias Pointer, rows, n, k int) []float32 {
	b.Helper()
	out := b.result(rows * n)
	have := make([]float32, rows*n)
	if err := MultiplyRounded(b.e, r, t, out, x, w, bias, rows, n, k); err != nil {
		b.Fatal(err)
	}
	if err := b.e.Download(bytesOf(have), out); err != nil {
		b.Fatal(err)
	}
	return have
}

// checkProduct holds a product to the bound of a chain of float32 sums.
func (b *bench) checkProduct(r Rounding, have, x, w, bias []float32, rows, n, k int) {
	b.Helper()
	for i := range rows {
		for j := range n {
			var want, size float64
			for c := range k {
				p := float64(r.rounded(x[i*k+c])) * float64(r.rounded(w[j*k+c]))
				want, size = want+p, size+math.Abs(p)
			}
			if bias != nil {
				want, size = want+float64(bias[j]), size+math.Abs(float64(bias[j]))
			}
			if diff := math.Abs(float64(have[i*n+j]) - want); !(diff <= size*float64(k/8+2)*0x1p-24) {
				b.Fatalf("%s [%d, %d, %d]: value %d,%d: want %v, have %v", r, rows, n, k, i, j, want, have[i*n+j])
			}
		}
	}
}
