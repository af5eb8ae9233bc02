package gpu

import (
	"fmt"
	"strings"
	"testing"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// mostTraffic is how many times the least that it can be a kernel's traffic may be.
const mostTraffic = 1.2

// moved is a launch and the least it can move: each input read once, each output
// written once, in bytes.
type moved struct {
	name, of    string
	grid, block Dim
	args        []any
	least       int
	// again is what a kernel reads more than once by design, in bytes, as each row of a
	// norm reads the weight: a card has it in its cache.
	again int
	tiles bool // of tiles that are read again: sectors are printed, not judged
}

// Traffic is judged twice. Distinct bytes are what has to come from memory: at most
// 1.2 times the least. Pieces of 32 bytes that warps touch, as a card fetches them,
// show accesses of a warp to no neighbours and values that are read twice: at most 1.2
// times the least and what is read again by design.
func TestTraffic(t *testing.T) {
	b := newBench(t)
	b.e.Count, b.e.Races = true, false
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-32s %10s %9s %9s %9s\n", "kernel", "least", "distinct", "sectors", "by design")
	judge := func(m moved) {
		t.Helper()
		s := b.e.Stats().Kernels[m.name]
		least := float64(m.least)
		distinct, sectors := float64(s.UniqueRead+s.UniqueWrote)/least, float64(32*s.Sectors)/least
		design := fmt.Sprintf("%9.3f", 1+float64(m.again)/least)
		if m.tiles {
			design = "tiles"
		}
		fmt.Fprintf(&table, "%-32s %10d %9.3f %9.3f %9s\n", strings.TrimSpace(m.name+" "+m.of), m.least, distinct, sectors, design)
		if most := mostTraffic * (1 + float64(m.again)/least); distinct > mostTraffic || !m.tiles && sectors > most {
			t.Errorf("%s %s: want at most %g distinct bytes and %.3f in sectors for one that is the least, have %.3f and %.3f", m.name, m.of, mostTraffic, most, distinct, sectors)
		}
	}
	for _, m := range b.moved() {
		b.e.ResetStats()
		if err := b.e.Launch(m.name, m.grid, m.block, 0, Args(m.args...)); err != nil {
			t.Fatal(err)
		}
		judge(m)
	}
	for _, width := range []int{64, 128, 256} {
		const rows, heads, few = 100, 8, 2
		b.e.ResetStats()
		s := kernel.AttentionShape{Heads: heads, KVHeads: few, Width: width, Scale: 0.1}
		b.attend(s, []kernel.Segment{{To: rows, Ranges: [][2]int{{0, rows}}}}, false)
		judge(moved{name: fmt.Sprintf("attention_%d", width), of: "of 100 rows", least: 4 * rows * width * 2 * (heads + few), tiles: true})
	}
	t.Log(table.String())
}

// moved are launches of the shapes that passes have: 40 rows of 576 values.
func (b *bench) moved() (all []moved) {
	const rows, d, n = 40, 576, 40 * 576
	x, y, out := send(b, b.floats(n)), send(b, b.floats(n)), b.result(n)
	row, gate := send(b, b.floats(d)), send(b, b.floats(rows))
	order := make([]int32, rows)
	for i, at := range b.r.Perm(rows) {
		order[i] = int32(at)
	}
	list := send(b, order)
	elements := func(name, of string, n, values, again int, args ...any) {
		all = append(all, moved{name: name, of: of, grid: Dim{X: (n + 255) / 256}, block: Dim{X: 256}, args: args, least: 4 * values, again: 4 * again})
	}
	elements("add", "", n, 3*n, 0, out, x, y, int64(n))
	elements("add_rows", "", n, 2*n+d, n-d, out, x, row, int64(n), int32(d))
	for f := range 8 {
		// The limit has all values go one way in tanh: the emulator brings threads that
		// parted together at a later line alone, a card behind the branch.
		elements("function", fmt.Sprint(f), n, 2*n, 0, out, x, int64(n), int32(f), float32(1e-6))
	}
	elements("gated", "", n, 3*n, 0, out, x, y, int64(n), int32(0))
	elements("bounded_gate", "", n, 3*n, 0, out, x, y, int64(n), float32(1.702), float32(7))
	elements("sigmoid_gate", "", n, 2*n+rows, 0, out, x, gate, int64(n), int32(d))
	elements("zero", "", n, n, 0, out, int64(n))
	elements("gather", "", n, 2*n+rows, 0, out, x, list, int64(n), int32(d))
	elements("scatter", "", 2*n, 4*n+rows, 0, out, x, b.result(n), y, list, int64(n), int32(d))
	elements("scatter_add", "", n, 3*n+2*rows, 0, out, x, list, gate, int64(n), int32(d))
	rest := b.result(n + 2*rows)
	elements("pick", "some rows", n+2*rows, 2*n+5*rows, 0, rest, x, send(b, b.floats(2*rows)), list, int64(n), int64(2*rows), int32(d), int32(2))
	elements("pick", "all rows", n+2*rows, 2*n+4*rows, 0, rest, x, send(b, b.floats(2*rows)), Pointer(0), int64(n), int64(2*rows), int32(d), int32(2))
	elements("heads", "", n, 2*n, 0, out, x, int64(n), int32(9), int32(64), int32(64), int32(d), int32(64), int32(0))

	stats := b.result(2 * rows)
	norm := func(name string, values, weights int, args ...any) { // each row reads the weights
		all = append(all, moved{
			name: name, grid: Dim{X: rows}, block: Dim{X: 128}, args: args,
			least: 4 * (values + weights*d), again: 4 * weights * d * (rows - 1),
		})
	}
	norm("rmsnorm", 2*n+rows, 1, out, stats, x, row, int32(d), int32(1), 1e-5)
	norm("layernorm", 2*n+2*rows, 2, out, stats, x, row, send(b, b.floats(d)), int32(d), int32(1), 1e-5)
	norm("add_rmsnorm", 4*n+rows, 1, b.result(n), out, stats, x, y, row, int32(d), 1e-5)

	const heads, few, width = 9, 3, 64
	q, k := rows*heads*width, rows*few*width
	pos := make([]int32, rows)
	for i := range pos {
		pos[i] = int32(i)
	}
	angles := kernel.NewRotaryTable(rows, values(width/2, func(i int) float32 { return 1 / float32(i+1) }), 1)
	for i, of := range []string{"halves", "neighbours"} {
		// Each head reads the angles of its row.
		elements("rope", of, (q+k)/2, 2*(q+k)+rows*width+rows, rows*width*(heads+few-1),
			b.result(q), send(b, b.floats(q)), b.result(k), send(b, b.floats(k)), send(b, pos), send(b, angles.Cos), send(b, angles.Sin),
			int64(q/2), int64(k/2), int32(heads), int32(few), int32(width), int32(width/2), int32(0), int32(i))
	}
	return append(all, b.movedByProducts()...)
}

// movedByProducts are products, and what makes float32 of their weights.
func (b *bench) movedByProducts() (all []moved) {
	const rows, n, k = 300, 384, 260
	x, w, out := send(b, b.floats(rows*k)), send(b, b.floats(n*k)), b.result(rows*n)
	for _, tile := range []int{64, 128} {
		name, threads := "matmul", 128
		if tile == 128 {
			name, threads = "matmul_large", 256
		}
		all = append(all, moved{
			name: name, of: fmt.Sprintf("%d×%d×%d", rows, n, k), grid: Dim{X: (n + tile - 1) / tile, Y: (rows + tile - 1) / tile}, block: Dim{X: threads},
			args: products(out, x, w, 0, rows, n, k), least: 4 * (rows*k + n*k + rows*n), tiles: true,
		})
	}
	for _, d := range []weights.DType{weights.BF16, weights.Q8_0, weights.Q4_K, weights.Q6_K} {
		const rows, cols = 16, 1024
		stored := rows * cols / d.BlockLen() * d.BlockBytes()
		all = append(all, moved{
			name: "expand_" + strings.ToLower(d.String()), grid: Dim{X: rows}, block: Dim{X: 256}, tiles: true,
			args: []any{b.result(rows * cols), b.bytesAt(b.blocks(d, rows*cols/d.BlockLen())), Pointer(0), Pointer(0), int32(rows), int32(cols)}, least: stored + 4*rows*cols,
		})
	}
	return all
}
