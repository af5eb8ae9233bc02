package gpu

import (
	"fmt"
	"math"
)

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
	const most, warp = 1 << 14, 32 // blocks, threads
	threads := min((k/4+warp)/warp*warp, 256)
	return d.Launch("round_"+string(r), Dim{X: min(rows, most)}, Dim{X: threads}, 0, Args(out, x, int32(rows), int32(k), int32(r.Pitch(k))))
}

// Family is a kind of tensor kernels, by the instruction that multiplies. Those of one
// family give the same bits.
type Family string

// The families: of kernels80.ptx, and of kernels90a.ptx.
const (
	MMA   Family = "mma"
	WGMMA Family = "wgmma"
)

// Tile is a tensor kernel: how many rows and columns of the result a block of threads
// has, and how many tiles deep it copies.
type Tile struct {
	Family                         Family
	Rows, Columns, Threads, Stages int
	Share                          float64 // of the largest tile's speed, a guess
}

// tiles lists the tensor kernels, large ones of a family first.
var tiles = []Tile{
	{WGMMA, 128, 256, 256, 4, 1}, {WGMMA, 128, 128, 256, 3, 0.8}, {WGMMA, 64, 64, 128, 4, 0.5},
	{MMA, 128, 256, 256, 3, 1}, {MMA, 128, 128, 128, 3, 0.9}, {MMA, 64, 64, 128, 3, 0.6},
}

// Shared is how many bytes of shared memory a block takes.
func (t Tile) Shared() int { return t.Stages * (t.Rows + t.Columns) * depth }

// blocks is how many tiles a result has.
func (t Tile) blocks(rows, n int) int {
	return ((rows + t.Rows - 1) / t.Rows) * ((n + t.Columns - 1) / t.Columns)
}

func (t Tile) String() string { return fmt.Sprintf("%s_%dx%d", t.Family, t.Rows, t.Columns) }

// Tiles lists the device's tensor kernels of its families, the best family first.
func (i Info) Tiles() []Tile {
	var list []Tile
	for _, f := range i.Families {
		for _, t := range tiles {
			if t.Family == f && t.Shared() <= i.Shared {
				list = append(list, t)
			}
		}
	}
	return list
}

// TileFor picks the tile of the best family with which the processor that has most
// to do ends first. A device without tensor kernels has none.
func (i Info) TileFor(rows, n int) Tile {
	var best Tile
	least := math.Inf(1)
	for _, t := range i.Tiles() {
		if t.Family != i.Families[0] {
			break
		}
		blocks := (t.blocks(rows, n) + i.Processors - 1) / i.Processors // of a processor
		if cost := float64(blocks*t.Rows*t.Columns) / t.Share; cost < least {
			best, least = t, cost
		}
	}
	return best
}

// MultiplyRounded launches out [rows, n] = x · wᵀ + bias of rounded x [rows, k] and
// w [n, k]; bias is 0 where there is none.
func MultiplyRounded(d Device, r Rounding, t Tile, out, x, w, bias Pointer, rows, n, k int) error {
	return d.Launch(fmt.Sprintf("%s_%s", r, t), Dim{X: t.blocks(rows, n)}, Dim{X: t.Threads}, t.Shared(),
		Args(out, x, w, bias, int32(rows), int32(n), int32(r.Pitch(k))))
}
