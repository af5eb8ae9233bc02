package gpu

import (
	"encoding/binary"
	"strings"
	"testing"
	"unsafe"

	"premlp/weights"
)

// halvesAt says where a format's blocks have binary16 values; others at byte 0.
var halvesAt = map[weights.DType][]int{
	weights.Q4_1: {0, 2}, weights.Q5_1: {0, 2}, weights.Q2_K: {80, 82}, weights.Q3_K: {108}, weights.Q4_K: {0, 2}, weights.Q5_K: {0, 2},
	weights.Q6_K: {208}, weights.IQ1_M: {}, weights.MXFP4: {}, weights.TQ1_0: {52}, weights.TQ2_0: {64},
}

// specialHalves are zeros, subnormal values, the largest, infinities and NaNs.
var specialHalves = []uint16{0, 0x8000, 1, 0x8001, 0x3ff, 0x83ff, 0x400, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7c01, 0x7e00, 0xffff}

// blocks returns blocks of a format: random bytes, some of one byte all over, most of
// them with scales that are finite or special.
func (b *bench) blocks(d weights.DType, n int) []byte {
	size := d.BlockBytes()
	out := make([]byte, n*size)
	for i := range out {
		out[i] = byte(b.r.Uint32())
	}
	at, ok := halvesAt[d]
	if !ok && d != weights.F32 && d != weights.BF16 {
		at = []int{0}
	}
	for block := out; len(block) > 0; block = block[size:] {
		switch same := []byte{0, 0xff, 0x80, 0x7f}[b.r.IntN(4)]; b.r.IntN(12) {
		case 0, 1:
			for i := range size {
				block[i] = same
			}
		case 2:
			continue
		}
		for _, o := range at {
			if block[o+1] &= 0xbb; b.r.IntN(3) == 0 {
				binary.LittleEndian.PutUint16(block[o:], specialHalves[b.r.IntN(len(specialHalves))])
			}
		}
	}
	return out
}

// bytesAt puts bytes on the device.
func (b *bench) bytesAt(x []byte) Pointer {
	b.Helper()
	if len(x) == 0 {
		return 0
	}
	p, err := b.e.Alloc(int64(len(x)))
	if err == nil {
		err = b.e.Upload(p, x)
	}
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// expandSizes are rows and blocks of a row.
var expandSizes = [][2]int{
	{1, 1}, {1, 2}, {2, 1}, {3, 1}, {1, 3}, {5, 2}, {2, 5}, {7, 1}, {9, 3}, {4, 4}, {1, 8}, {13, 1}, {3, 7}, {17, 2}, {6, 6}, {1, 11},
	{11, 3}, {8, 1}, {2, 9}, {15, 2}, {5, 5},
}

// TestExpandKernels holds every stored form of weights to what package weights
// decodes: whole matrices, and rows in another order, some of them twice.
func TestExpandKernels(t *testing.T) {
	b := newBench(t)
	var kernels []string
	for d := weights.F16; d <= weights.TQ2_0; d++ {
		kernel := "expand_" + strings.ToLower(d.String())
		kernels = append(kernels, kernel)
		codes := d.Table()
		table := b.bytesAt(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(codes))), len(codes)))
		sizes := expandSizes
		if testing.Short() {
			sizes = sizes[:3]
		}
		for _, size := range sizes {
			rows, blocks := size[0], size[1]
			if d.BlockLen() == 1 {
				blocks = blocks*37 - 3
			}
			cols := blocks * d.BlockLen()
			stored := b.blocks(d, rows*blocks)
			want := make([]float32, rows*cols)
			d.Decode(want, stored)
			at, out := b.bytesAt(stored), b.result(rows*cols)
			grid, block := Dim{X: 1 + b.r.IntN(rows)}, Dim{X: 32 * (1 + b.r.IntN(4))}
			b.launch(kernel, out, want, grid, block, out, at, table, Pointer(0), int32(rows), int32(cols))

			list, picked := make([]int32, 1+b.r.IntN(2*rows)), []float32(nil)
			for j := range list {
				list[j] = b.r.Int32N(int32(rows))
				picked = append(picked, want[int(list[j])*cols:][:cols]...)
			}
			out = b.result(len(picked))
			b.launch(kernel, out, picked, grid, block, out, at, table, send(b, list), int32(len(list)), int32(cols))
		}
	}
	b.covered(kernels...)
}
