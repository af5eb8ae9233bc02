package gpu

import "fmt"

// A Rounding is what the factors of a product on tensor cores are rounded to.
type Rounding string

// The roundings that kernels80.ptx has kernels for.
const (
	BF16 Rounding = "bf16" // to nearest, ties to even
	TF32 Rounding = "tf32" // to nearest, ties away from zero; kept in 4 bytes
)

// depth is how many bytes of a row a block of threads copies at once.
const depth = 128

// Pitch is how many bytes a rounded row of k values takes.
func (r Rounding) Pitch(k int) int {
	size := 4
	if r == BF16 {
		size = 2
	}
	return (max(k, 1)*size + depth - 1) / depth * depth
}

// RoundRows launches the rounding of x [rows, k] to out, rows of Pitch(k) bytes.
func RoundRows(d Device, r Rounding, out, x Pointer, rows, k int) error {
	const threads, most, values = 256, 4096, 4 // that a thread makes at once
	each := 16
	if r == BF16 {
		each = 2 * values
	}
	pitch := r.Pitch(k)
	blocks := min((rows*(pitch/each)+threads-1)/threads, most)
	return d.Launch("round_"+string(r), Dim{X: blocks}, Dim{X: threads}, 0, out, x, int32(rows), int32(k), int32(pitch))
}

// Tile is a tensor kernel: how many rows and columns of the result a block of threads
// has. All give the same bits.
type Tile struct{ Rows, Columns, Threads int }

// Tiles lists the tensor kernels, large ones first.
var Tiles = []Tile{{128, 256, 256}, {128, 128, 128}, {64, 64, 128}}

// Shared is how many bytes of shared memory a block takes: three stages.
func (t Tile) Shared() int { return 3 * (t.Rows + t.Columns) * depth }

// blocks is how many tiles a result has.
func (t Tile) blocks(rows, n int) int {
	return ((rows + t.Rows - 1) / t.Rows) * ((n + t.Columns - 1) / t.Columns)
}

func (t Tile) String() string { return fmt.Sprintf("%dx%d", t.Rows, t.Columns) }

// TileFor picks the largest tile that gives all of the device's processors something
// to do.
func TileFor(i Info, rows, n int) Tile {
	for _, t := range Tiles {
		if t.Shared() <= i.Shared && t.blocks(rows, n) >= i.Processors {
			return t
		}
	}
	return Tiles[len(Tiles)-1]
}

// MultiplyRounded launches out [rows, n] = x · wᵀ + bias of rounded x [rows, k] and
// w [n, k]; bias is 0 where there is none.
func MultiplyRounded(d Device, r Rounding, t Tile, out, x, w, bias Pointer, rows, n, k int) error {
	return d.Launch(fmt.Sprintf("%s_%s", r, t), Dim{X: t.blocks(rows, n)}, Dim{X: t.Threads}, t.Shared(),
		out, x, w, bias, int32(rows), int32(n), int32(r.Pitch(k)))
}
