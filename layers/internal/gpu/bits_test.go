package gpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

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

// bytesOf is the memory of a slice of 4-byte values.
func bytesOf[V int32 | float32](x []V) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// send puts values on the device; nil is the pointer 0.
func send[V int32 | float32](b *bench, x []V) Pointer {
	b.Helper()
	if x == nil {
		return 0
	}
	p, err := b.e.Alloc(int64(max(4*len(x), 4)))
	if err == nil {
		err = b.e.Upload(p, bytesOf(x))
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
	if err := b.e.Download(bytesOf(have), out); err != nil {
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
	functions := []struct {
		number int32
		limit  float32
		value  func(x float32) float32
	}{
		{0, 0, kernel.SiLU}, {1, 0, kernel.GELU}, {2, 0, kernel.GELUTanh}, {3, 0, kernel.ReLU}, {4, 0, kernel.ReLU2},
		{5, 1.7, func(x float32) float32 { return x * 1.7 }},
		{6, 3, func(x float32) float32 { return 3 * kernel.Tanh(x/3) }},
		{7, 2, func(x float32) float32 { return min(max(x, -2), 2) }},
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
			if f.number < 5 {
				b.each("gated", out, values(n, func(i int) float32 { return f.value(x[i]) * y[i] }), out, at, second, int64(n), f.number)
			}
		}
		const alpha, limit = 1.702, 7
		b.each("bounded_gate", out, values(n, func(i int) float32 {
			g, u := min(x[i], limit), min(max(y[i], -limit), limit)
			return float32(g*kernel.Sigmoid(alpha*g)) * (u + 1)
		}), out, at, second, int64(n), float32(alpha), float32(limit))
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
		b.each("scatter", out, want, out, at, list, int64(n), int32(d))
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
		out = send(b, old)
		b.each("heads", out, want, out, send(b, in), int64(rows*heads*size), int32(heads), int32(size), int32(width), int32(stride), int32(stored), int32(from))
	}
	b.covered("gather", "scatter", "scatter_add", "heads")
}

func TestNormKernels(t *testing.T) {
	b := newBench(t)
	for i, size := range elementSizes {
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

func TestMatmulKernel(t *testing.T) {
	b := newBench(t)
	for i, s := range [][3]int{
		{1, 1, 1}, {1, 64, 16}, {2, 3, 5}, {64, 64, 16}, {65, 64, 17}, {3, 65, 256}, {5, 7, 257}, {17, 33, 15}, {64, 1, 255},
		{1, 130, 48}, {2, 2, 512}, {9, 66, 513}, {16, 16, 100}, {31, 70, 31}, {70, 31, 272}, {4, 4, 241}, {1, 1, 700},
		{8, 129, 64}, {33, 10, 300}, {66, 66, 33}, {2, 64, 1030}, {130, 131, 20}, {129, 5, 260}, {3, 9, 12}, {40, 200, 4}, {150, 20, 516}, {2, 2, 512}, {70, 129, 36},
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
				out, at, weight, offset, int32(rows), int32(n), int32(k))
		}
	}
	b.covered("matmul", "matmul_large")
}

func TestAttentionKernel(t *testing.T) {
	b := newBench(t)
	shapes := 24
	if testing.Short() {
		shapes = 3 // the race detector makes the emulator slow
	}
	for i := range shapes {
		s := kernel.AttentionShape{KVHeads: 1 + i%2, Width: []int{4, 9, 70, 48, 300, 64, 130}[i%7], Scale: 0.3}
		s.Heads = s.KVHeads * (1 + i%6)
		if i%4 == 1 {
			s.Window = 5 + i
		}
		if i%3 == 1 {
			s.SoftCap = 2
		}
		if i%5 == 2 {
			s.Sinks = b.floats(s.Heads)
		}
		relative := i%2 == 0
		if i%3 == 2 {
			s.Bias = func(head, query, key int) float32 {
				if relative {
					return float32(head+1) * float32(key-query) / 16
				}
				return float32(head+1) * float32(key) / 16
			}
		}
		// A root, and two that continue it; keys of the last lie in two ranges.
		root, a, c := 1+b.r.IntN(70), 1+b.r.IntN(9), 1+b.r.IntN(70)
		segments := []kernel.Segment{
			{From: 0, To: root, Ranges: [][2]int{{0, root}}},
			{From: root, To: root + a, First: root, Ranges: [][2]int{{0, root}, {root, root + a}}},
			{From: root + a, To: root + a + c, First: root, Ranges: [][2]int{{0, root}, {root + a, root + a + c}}},
		}
		b.attend(s, segments, relative)
	}
	b.covered("attention_64", "attention_128", "attention_256")
}

// attend compares attention of a batch of segments.
func (b *bench) attend(s kernel.AttentionShape, segments []kernel.Segment, relative bool) {
	b.Helper()
	rows, keys := segments[len(segments)-1].To, 0
	group := 1 + b.r.IntN(4)
	var pos, tiles, ranges []int32
	starts := []int32{0}
	for i, seg := range segments {
		for t := range seg.To - seg.From {
			pos = append(pos, int32(seg.First+t))
			keys = max(keys, seg.First+t+1)
		}
		for from := seg.From; from < seg.To; from += 32 / group {
			tiles = append(tiles, int32(from), int32(min(32/group, seg.To-from)), int32(i))
		}
		for _, r := range seg.Ranges {
			ranges = append(ranges, int32(r[0]), int32(r[1]-r[0]))
		}
		starts = append(starts, int32(len(ranges)/2))
	}
	q, k, v := b.floats(rows*s.Heads*s.Width), b.floats(rows*s.KVHeads*s.Width), b.floats(rows*s.KVHeads*s.Width)
	want := make([]float32, len(q))
	b.pool.Attention(want, q, k, v, segments, s)
	var bias []float32
	flag := int32(0)
	if s.Bias != nil {
		for h := range s.Heads {
			for j := range keys {
				if relative {
					bias, flag = append(bias, s.Bias(h, j, 0)), 1
				} else {
					bias = append(bias, s.Bias(h, 0, j))
				}
			}
		}
	}
	out, share := b.result(len(q)), s.Heads/s.KVHeads
	name, values := "attention_64", 64
	if s.Width > 128 {
		name, values = "attention_256", 256
	} else if s.Width > 64 {
		name, values = "attention_128", 128
	}
	grid := Dim{X: len(tiles) / 3, Y: s.KVHeads * ((share + group - 1) / group), Z: (s.Width + values - 1) / values}
	b.launch(name, out, want, grid, Dim{X: 128}, out, send(b, q), send(b, k), send(b, v), send(b, pos), send(b, tiles),
		send(b, starts), send(b, ranges), send(b, bias), send(b, s.Sinks), int32(group),
		int32(s.Heads), int32(s.KVHeads), int32(s.Width), int32(s.Window), s.Scale, s.SoftCap, int32(keys), flag)
}

// covered fails where a kernel's launches never took a branch one way, or never
// came to an instruction.
func (b *bench) covered(kernels ...string) {
	b.Helper()
	stats := b.e.Stats()
	for _, name := range kernels {
		never := 0
		s := stats.Kernels[name]
		if s == nil {
			b.Errorf("%s: never launched", name)
			continue
		}
		for _, m := range s.Missing() {
			if m.Jump {
				never++
				b.Logf("%s: line %d: %s: taken %d times, not %d", name, m.Line, m.Text, m.Taken, m.Not)
			}
		}
		b.Logf("%s: %d launches, %d instructions of threads, %d of %d branches one way only", name, stats.Launches[name], s.Instructions, never, len(s.Branches))
	}
}
