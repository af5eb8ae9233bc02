package gpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// tensorBench is an emulator with all kernels.
func tensorBench(t *testing.T) *bench {
	e, err := NewEmulator(PTX, 1<<30, PTX80, PTX90)
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
		for _, s := range append(elementSizes, [2]int{1, 9001}, [2]int{3, 5000}, [2]int{1<<14 + 1, 1}) {
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
					v = r.Rounded(v)
					if from := 0; r == BF16 {
						from = 2
						line = append(line, BytesOf([]float32{v})[from:]...)
						continue
					}
					line = append(line, BytesOf([]float32{v})...)
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

// oddColumns are shapes whose last column is the first of each pair that a thread may
// store.
func oddColumns() (shapes [][3]int) {
	for n := 1; n < 256; n += 8 {
		shapes = append(shapes, [3]int{128, n, 8})
	}
	return append(shapes, [3]int{128, 255, 8})
}

// TestTensorKernels holds products to the sums of the rounded values in float64, and
// all tiles, and a row alone, to the same bits.
func TestTensorKernels(t *testing.T) {
	b := tensorBench(t)
	for _, r := range []Rounding{BF16, TF32} {
		for i, s := range append(tensorShapes, oddColumns()...) {
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
			for _, tile := range tiles {
				have := b.multiply(r, tile, px, pw, pb, rows, n, k)
				if first == nil {
					first = have
					b.checkProduct(r, have, x, w, bias, rows, n, k)
				} else if !slices.Equal(BytesOf(first), BytesOf(have)) {
					t.Fatalf("%s %v: tile %v has other bits than %v", r, s, tile, tiles[0])
				}
			}
			last := b.multiply(r, tiles[2], px+Pointer((rows-1)*r.Pitch(k)), pw, pb, 1, n, k)
			if !slices.Equal(BytesOf(last), BytesOf(first[(rows-1)*n:])) {
				t.Fatalf("%s %v: the last row alone has other bits", r, s)
			}
		}
	}
	for _, r := range []Rounding{BF16, TF32} {
		for _, tile := range tiles {
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
	if err := b.e.Download(BytesOf(have), out); err != nil {
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
				p := float64(r.Rounded(x[i*k+c])) * float64(r.Rounded(w[j*k+c]))
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

func TestTileFor(t *testing.T) {
	hopper := Info{Processors: 132, Shared: 227 << 10, Families: []Family{WGMMA, MMA}}
	small := Info{Processors: 46, Shared: 99 << 10, Families: []Family{MMA}}
	for _, c := range []struct {
		i       Info
		rows, n int
		want    string
	}{
		{hopper, 4096, 4096, "wgmma_128x256"},
		{hopper, 1024, 4096, "wgmma_128x256"},        // a block for each processor but four
		{hopper, 17 * 128, 8 * 256, "wgmma_128x128"}, // four large blocks more than processors
		{hopper, 1, 4096, "wgmma_64x64"},
		{small, 4096, 4096, "mma_128x128"}, // larger ones want more shared memory
		{Info{Processors: 1}, 1, 1, "_0x0"},
	} {
		if have := c.i.TileFor(c.rows, c.n).String(); have != c.want {
			t.Errorf("[%d, %d]: want %s, have %s", c.rows, c.n, c.want, have)
		}
	}
}

// wrongBLAS leaves out the last value of k.
type wrongBLAS struct{ d Device }

func (wrongBLAS) Name() string { return "wrong" }
func (b wrongBLAS) MultiplyRounded(r Rounding, out, x, w Pointer, rows, n, k int) error {
	return MultiplyRounded(b.d, r, tiles[5], out, x, w, 0, rows, n, k-64)
}

// TestCheckProducts has a device's products checked: good ones, of kernels whose copies
// are waited for too late, and of a library that is off.
func TestCheckProducts(t *testing.T) {
	b := tensorBench(t)
	late, err := NewEmulator(PTX, 1<<30, strings.ReplaceAll(PTX80, "cp.async.wait_group 1;", "cp.async.wait_group 2;"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Rounding{BF16, TF32} {
		free, _ := b.e.Available()
		if err := CheckProducts(b.e, r, nil); err != nil {
			t.Error(err)
		}
		if now, _ := b.e.Available(); now != free {
			t.Errorf("%d bytes are not freed", free-now)
		}
		want := "products in " + string(r) + " by "
		if err := CheckProducts(late, r, nil); err == nil || !strings.Contains(err.Error(), want+"mma_128x256 are off on this device: row 0, column 0: want ") {
			t.Errorf("have %v", err)
		}
		if err := CheckProducts(b.e, r, wrongBLAS{b.e}); err == nil || !strings.Contains(err.Error(), want+"wrong are off") {
			t.Errorf("have %v", err)
		}
	}
}

// TestTensorMutants breaks what keeps copies, products and threads in order: the
// emulator notices each.
func TestTensorMutants(t *testing.T) {
	const rows, n, k = 20, 70, 700
	good := tensorBench(t)
	x, w := good.floats(rows*k), good.floats(n*k)
	want := good.multiply(BF16, tiles[5], good.round(BF16, x, rows, k), good.round(BF16, w, n, k), 0, rows, n, k)
	for _, c := range []struct {
		text, from, to string
		tile           Tile
	}{
		{PTX80, "cp.async.wait_group 1;", "cp.async.wait_group 2;", tiles[5]},
		{PTX80, "bar.sync", "// bar.sync", tiles[5]},
		{PTX90, "cp.async.wait_group 1;", "cp.async.wait_group 2;", tiles[2]},
		{PTX90, "bar.sync", "// bar.sync", tiles[2]},
		{PTX90, "wgmma.wait_group.sync.aligned 1;", "wgmma.wait_group.sync.aligned 3;", tiles[2]},
	} {
		mutant := strings.ReplaceAll(c.text, c.from, c.to)
		if mutant == c.text {
			t.Fatalf("no %q in the text", c.from)
		}
		other := PTX80
		if c.text == PTX80 {
			other = PTX90
		}
		e, err := NewEmulator(PTX, 1<<30, other, mutant)
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, e: e}
		px, pw, out := b.round(BF16, x, rows, k), b.round(BF16, w, n, k), b.result(rows*n)
		have := make([]float32, rows*n)
		err = MultiplyRounded(e, BF16, c.tile, out, px, pw, 0, rows, n, k)
		if err == nil {
			err = e.Download(BytesOf(have), out)
		}
		if err == nil && slices.Equal(BytesOf(have), BytesOf(want)) {
			t.Errorf("%v: %q for %q is not noticed", c.tile, c.to, c.from)
		}
	}
}
