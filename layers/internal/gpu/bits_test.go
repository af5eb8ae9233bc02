package gpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"premlp/layers/internal/kernel"
)

// bench runs kernels on an emulator of all kernels.
type bench struct {
	*testing.T
	e    *Emulator
	r    *rand.Rand
	pool *kernel.Pool
}

func newBench(t *testing.T) *bench {
	e, err := NewEmulator(PTX, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	k, err := kernel.Select()
	if err != nil {
		t.Fatal(err)
	}
	if k.Arithmetic() != kernel.Fused() {
		t.Skipf("this processor's kernel computes in %s, devices in %s: their bits differ", k.Arithmetic(), kernel.Fused())
	}
	b := &bench{t, e, rand.New(rand.NewPCG(61, 62)), kernel.NewPool(1, k)}
	t.Cleanup(b.pool.Close)
	return b
}

// send puts values on the device; nil is the pointer 0.
func send[V int32 | float32](b *bench, x []V) Pointer {
	b.Helper()
	if x == nil {
		return 0
	}
	p, err := b.e.Alloc(int64(max(4*len(x), 4)))
	if err == nil {
		err = b.e.Upload(p, BytesOf(x))
	}
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// floats returns n values of all sizes, a few of them special.
func (b *bench) floats(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(b.r.NormFloat64() * math.Pow(10, b.r.Float64()*3-1.5))
		switch b.r.IntN(40) {
		case 0:
			x[i] = 0
		case 1:
			x[i] = float32(b.r.NormFloat64() * 100)
		}
	}
	return x
}

// special returns floats, among them NaN, infinities, and what exp has no finite
// value of.
func (b *bench) special(n int) []float32 {
	x := b.floats(n)
	for i := range x {
		if b.r.IntN(8) == 0 {
			x[i] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), -200, 200, 1e-6, -20}[b.r.IntN(7)]
		}
	}
	return x
}

// launch runs a kernel that writes n values, and compares them with want, bit by
// bit; NaNs are alike.
func (b *bench) launch(kernel string, out Pointer, want []float32, grid, block Dim, args ...any) {
	b.Helper()
	if err := b.e.Launch(kernel, grid, block, 0, Args(args...)); err != nil {
		b.Fatal(err)
	}
	have := make([]float32, len(want))
	if err := b.e.Download(BytesOf(have), out); err != nil {
		b.Fatal(err)
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(have[i]) && (want[i] == want[i] || have[i] == have[i]) {
			b.Fatalf("%s %v: value %d: want %v, have %v", kernel, args, i, want[i], have[i])
		}
	}
}

// each launches a kernel on elements; a small grid makes threads take several.
func (b *bench) each(kernel string, out Pointer, want []float32, args ...any) {
	b.Helper()
	grid := (len(want) + 63) / 64
	if b.r.IntN(2) == 0 {
		grid = (grid + 2) / 3
	}
	b.launch(kernel, out, want, Dim{X: grid}, Dim{X: 64}, args...)
}

// elementSizes are the shapes of kernels on elements: rows and columns.
var elementSizes = [][2]int{
	{1, 1}, {1, 2}, {2, 1}, {1, 31}, {1, 32}, {1, 33}, {3, 21}, {1, 64}, {5, 13}, {1, 127}, {2, 64}, {3, 43}, {1, 255},
	{7, 37}, {4, 64}, {9, 29}, {2, 150}, {11, 30}, {5, 77}, {16, 48},
}

// result makes room for an output that is known to be written whole.
func (b *bench) result(n int) Pointer { return send(b, make([]float32, n)) }

func values(n int, f func(i int) float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

func TestElementKernels(t *testing.T) {
	b := newBench(t)
	var none float32
	nothing := func(x float32) float32 { // 0, and NaN
		if x != x {
			return x
		}
		return 0
	}
	functions := []struct {
		number int32
		limit  float32
		value  func(x float32) float32
	}{
		{0, 0, kernel.SiLU}, {1, 0, kernel.GELU}, {2, 0, kernel.GELUTanh}, {3, 0, kernel.ReLU}, {4, 0, kernel.ReLU2},
		{5, 1.7, func(x float32) float32 { return x * 1.7 }},
		{6, 3, func(x float32) float32 { return 3 * kernel.Tanh(x/3) }},
		{7, 2, func(x float32) float32 { return min(max(x, -2), 2) }},
		// Numbers that no function has are the last one's. A gate has no limit: 0.
		{8, 2, func(x float32) float32 { return min(max(x, -2), 2) }},
		{-1, 0, nothing},
		{5, 0, func(x float32) float32 { return x * 0 }},
		{6, 0, func(x float32) float32 { return none * kernel.Tanh(x/none) }},
		{7, 0, nothing},
		{8, 0, nothing},
	}
	for _, size := range elementSizes {
		rows, d := size[0], size[1]
		n := rows * d
		x, y, row, gate := b.special(n), b.special(n), b.floats(d), b.special(rows)
		at, second, out := send(b, x), send(b, y), b.result(n)
		b.each("add", out, values(n, func(i int) float32 { return x[i] + y[i] }), out, at, second, int64(n))
		b.each("add_rows", out, values(n, func(i int) float32 { return x[i] + row[i%d] }), out, at, send(b, row), int64(n), int32(d))
		b.each("sigmoid_gate", out, values(n, func(i int) float32 { return x[i] * kernel.Sigmoid(gate[i/d]) }), out, at, send(b, gate), int64(n), int32(d))
		for _, f := range functions {
			b.each("function", out, values(n, func(i int) float32 { return f.value(x[i]) }), out, at, int64(n), f.number, f.limit)
			if f.limit == 0 {
				b.each("gated", out, values(n, func(i int) float32 { return f.value(x[i]) * y[i] }), out, at, second, int64(n), f.number)
			}
		}
		for _, limit := range []float32{7, 300} { // 7 is gpt-oss's
			const alpha = 1.702
			b.each("bounded_gate", out, values(n, func(i int) float32 {
				g, u := min(x[i], limit), min(max(y[i], -limit), limit)
				return float32(g*kernel.Sigmoid(alpha*g)) * (u + 1)
			}), out, at, second, int64(n), float32(alpha), limit)
		}
		b.each("zero", out, make([]float32, n), out, int64(n))
	}
	b.covered("add", "add_rows", "sigmoid_gate", "function", "gated", "bounded_gate", "zero")
}

func TestGatherKernels(t *testing.T) {
	b := newBench(t)
	for _, size := range elementSizes {
		rows, d := size[0], size[1]
		order := b.r.Perm(rows)
		index := make([]int32, rows)
		for i, t := range order {
			index[i] = int32(t)
		}
		n := rows * d
		x, share, before := b.floats(n), b.floats(rows), b.floats(n)
		at, list := send(b, x), send(b, index)
		out := b.result(n)
		b.each("gather", out, values(n, func(i int) float32 { return x[int(index[i/d])*d+i%d] }), out, at, list, int64(n), int32(d))
		want := make([]float32, n)
		for i := range x {
			want[int(index[i/d])*d+i%d] = x[i]
		}
		second := b.result(n)
		b.each("scatter", out, want, second, send(b, before), out, at, list, int64(n), int32(d))
		b.each("scatter", out, want, out, at, second, send(b, before), list, int64(n), int32(d))
		for i := range x {
			to := int(index[i/d])*d + i%d
			want[to] = before[to] + float32(share[i/d]*x[i])
		}
		out = send(b, before)
		b.each("scatter_add", out, want, out, at, list, send(b, share), int64(n), int32(d))

		heads, size, width, stored, from := 1+b.r.IntN(3), 1+b.r.IntN(5), 6, 9, b.r.IntN(3)
		stride := heads*stored + 2
		in, old := b.floats(rows*stride), b.floats(rows*heads*width)
		want = slices.Clone(old)
		for t := range rows {
			for h := range heads {
				copy(want[(t*heads+h)*width:][:size], in[t*stride+h*stored+from:])
			}
		}
		per := b.r.IntN(3)
		for _, sel := range [][]int32{index, nil} {
			stats := b.floats(rows * per)
			var picked []float32
			for i := range rows {
				t := i
				if sel != nil {
					t = int(sel[i])
				}
				picked = append(picked, x[t*d:(t+1)*d]...)
			}
			for i := range rows {
				t := i
				if sel != nil {
					t = int(sel[i])
				}
				picked = append(picked, stats[t*per:(t+1)*per]...)
			}
			out := b.result(len(picked))
			b.each("pick", out, picked, out, at, send(b, stats), send(b, sel), int64(n), int64(len(stats)), int32(d), int32(max(per, 1)))
		}
		for _, grid := range []int{1, (rows*heads*size + 63) / 64} {
			out = send(b, old)
			b.launch("heads", out, want, Dim{X: grid}, Dim{X: 64}, out, send(b, in), int64(rows*heads*size), int32(heads), int32(size), int32(width), int32(stride), int32(stored), int32(from))
		}
	}
	b.covered("gather", "pick", "scatter", "scatter_add", "heads")
}

func TestNormKernels(t *testing.T) {
	b := newBench(t)
	for i, size := range append(elementSizes, [2]int{1, 4097}, [2]int{2, 8200}) {
		rows, d := size[0], size[1]
		weights := 1
		if i%3 == 0 {
			weights = rows
		}
		x, w, offset := b.floats(rows*d), b.floats(weights*d), b.floats(d)
		want, scale := make([]float32, rows*d), make([]float32, rows)
		b.pool.RMSNorm(want, scale, x, w, 1e-5)
		in, gain, out, stats := send(b, x), send(b, w), b.result(rows*d), b.result(2*rows)
		grid, block := Dim{X: rows}, Dim{X: 64}
		b.launch("rmsnorm", out, want, grid, block, out, stats, in, gain, int32(d), int32(weights), 1e-5)
		b.launch("rmsnorm", stats, scale, grid, block, out, stats, in, gain, int32(d), int32(weights), 1e-5)
		other := b.floats(rows * d)
		added := values(rows*d, func(i int) float32 { return x[i] + other[i] })
		b.pool.RMSNorm(want, scale, added, w[:d], 1e-5)
		second, sum := send(b, other), b.result(rows*d)
		for at, want := range map[Pointer][]float32{sum: added, out: want, stats: scale} {
			b.launch("add_rmsnorm", at, want, grid, block, sum, out, stats, in, second, gain, int32(d), 1e-5)
		}
		if i%2 == 0 {
			offset = nil
		}
		both := make([]float32, 2*rows)
		b.pool.LayerNorm(want, both, x, w, offset, 1e-6)
		b.launch("layernorm", out, want, grid, block, out, stats, in, gain, send(b, offset), int32(d), int32(weights), 1e-6)
		b.launch("layernorm", stats, both, grid, block, out, stats, in, gain, send(b, offset), int32(d), int32(weights), 1e-6)
	}
	b.covered("rmsnorm", "add_rmsnorm", "layernorm")
}

func TestRopeKernel(t *testing.T) {
	b := newBench(t)
	for i := range 24 {
		rows, half, from := 1+b.r.IntN(9), 1+b.r.IntN(9), b.r.IntN(3)
		s := kernel.RotaryShape{Width: from + 2*half + b.r.IntN(3), From: from, Interleaved: i%2 == 0}
		table := kernel.NewRotaryTable(32, values(half, func(i int) float32 { return 1 / float32(i+1) }), 1.5)
		pos := make([]int32, rows)
		for i := range pos {
			pos[i] = b.r.Int32N(32)
		}
		// One matrix, or two of other numbers of heads.
		heads := [2]int{1 + b.r.IntN(3), i % 3}
		var in, out [2]Pointer
		var want [2][]float32
		var n [2]int
		for m, count := range heads {
			s.Heads = count
			x := b.floats(rows * count * s.Width)
			want[m], n[m] = make([]float32, len(x)), rows*count*(s.Width-half)
			if count > 0 {
				b.pool.Rotate(want[m], x, pos, s, table)
			}
			in[m], out[m] = send(b, x), b.result(len(x))
		}
		interleaved := int32(1 - i%2)
		for m := range heads {
			b.each("rope", out[m], want[m], out[0], in[0], out[1], in[1], send(b, pos), send(b, table.Cos), send(b, table.Sin), int64(n[0]), int64(n[1]),
				int32(heads[0]), int32(max(heads[1], 1)), int32(s.Width), int32(half), int32(from), interleaved)
		}
	}
	b.covered("rope")
}
