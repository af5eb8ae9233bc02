package weights

import (
	"fmt"
	"math/bits"
)

// Entry describes one tensor of a checkpoint without reading it.
type Entry struct {
	Name  string
	Type  string // as the file format calls it; it need not be a DType
	Shape []int  // row-major, outermost first
	Bytes int64  // stored size, -1 where the type is not known at all
	File  string // base name of the file that holds it
}

// maxRank bounds the dimensions of a tensor; NumPy's bound is the same.
const maxRank = 64

// countValues returns the product of the dimensions. A dimension of 0 gives 0,
// but the others must still have a product that fits, so that numbers of rows
// can be computed without a check.
func countValues(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("shape: want at most %d dimensions, have %d", maxRank, len(shape))
	}
	n, empty := uint64(1), false
	for _, d := range shape {
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > maxValues {
			return 0, fmt.Errorf("shape: want at most %d values, have %s", uint64(maxValues), shapeText(shape))
		}
		n = lo
	}
	if empty {
		return 0, nil
	}
	return int(n), nil
}

// maxValues is small enough that a size in bytes or bits cannot overflow.
const maxValues = 1<<(bits.UintSize-8) - 1
