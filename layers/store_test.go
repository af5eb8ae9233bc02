package layers

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// TestPackedQuantised holds products of weights packed as they are stored to
// those of the same weights as float32, bit by bit, for every quantised type.
func TestPackedQuantised(t *testing.T) {
	const rows = 161 // five whole panels and a row: side by side, and one alone
	k, err := kernel.Select()
	if err != nil {
		t.Fatal(err)
	}
	pool := kernel.NewPool(1, k)
	defer pool.Close()
	for d := weights.Q4_0; d <= weights.TQ2_0; d++ {
		t.Run(d.String(), func(t *testing.T) {
			w := openBlocks(t, d, rows)
			cols := w.Cols()
			plain := kernel.Rows{N: rows, K: cols, Format: kernel.Float32, Row: w.Row}
			packed := kernel.PackWeight(pool, packedRows(w))
			if packed.Format() == kernel.Float32 {
				t.Error("want it packed small, have float32")
			}
			r := rand.New(rand.NewPCG(1, uint64(d)))
			for _, m := range []int{1, 3} {
				x := make([]float32, m*cols)
				for i := range x {
					x[i] = float32(r.NormFloat64())
				}
				want, have := make([]float32, m*rows), make([]float32, m*rows)
				pool.MatMul(x, m, kernel.Product{W: kernel.PackWeight(pool, plain), Out: want})
				pool.MatMul(x, m, kernel.Product{W: packed, Out: have})
				for i := range want {
					if math.Float32bits(want[i]) != math.Float32bits(have[i]) {
						t.Fatalf("%d rows of x, value %d: want %v, have %v", m, i, want[i], have[i])
					}
				}
			}
		})
	}
}

// openBlocks opens the tensor of writeBlocks.
func openBlocks(t *testing.T, d weights.DType, rows int) *weights.Tensor {
	t.Helper()
	w, err := writeBlocks(t, d, rows).Tensor("w.weight", rows, blocksOfRow*d.BlockLen())
	if err != nil {
		t.Fatal(err)
	}
	if w.DType != d {
		t.Fatalf("type: want %s, have %s", d, w.DType)
	}
	return w
}

const blocksOfRow = 6

// writeBlocks writes a GGUF of one tensor, w.weight, the golden blocks of a type in
// turn, six to a row, and opens it.
func writeBlocks(t *testing.T, d weights.DType, rows int) *weights.GGUF {
	t.Helper()
	golden, err := os.ReadFile(filepath.Join("..", "weights", "testdata", "quant", d.String()+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	file := le.AppendUint32([]byte("GGUF"), 3)
	file = le.AppendUint64(le.AppendUint64(file, 1), 0) // one tensor, no metadata
	file = append(le.AppendUint64(file, 8), "w.weight"...)
	file = le.AppendUint32(file, 2)
	file = le.AppendUint64(le.AppendUint64(file, uint64(blocksOfRow*d.BlockLen())), uint64(rows))
	file = le.AppendUint64(le.AppendUint32(file, d.GGUFNumber()), 0)
	file = append(file, make([]byte, -len(file)&31)...)
	size := d.BlockBytes()
	for i := range blocksOfRow * rows {
		at := (i + i/blocksOfRow) * size % len(golden)
		file = append(file, golden[at:at+size]...)
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := weights.OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}
