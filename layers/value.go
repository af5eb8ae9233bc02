package layers

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// maxTokens is the declared row count of every matrix node and the most rows a
// batch may have. Gorgonia reserves nothing for it.
const maxTokens = 1 << 20

// matrix is the type of every node but the batch: [T, columns] of float32.
var matrix = gorgonia.TensorType{Dims: 2, Of: tensor.Float32}

// batchValue carries the batch through Gorgonia as an opaque scalar.
type batchValue struct{ *Batch }

func (batchValue) Shape() tensor.Shape          { return tensor.ScalarShape() }
func (batchValue) Size() int                    { return 0 }
func (v batchValue) Data() any                  { return v.Batch }
func (batchValue) Dtype() tensor.Dtype          { return tensor.Int }
func (batchValue) Type() hm.Type                { return tensor.Int }
func (batchValue) Uintptr() uintptr             { return 0 }
func (batchValue) MemSize() uintptr             { return 0 }
func (v batchValue) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "batch of %d tokens", v.Tokens()) }

// Mat is a matrix in row-major order.
type Mat struct {
	Data       []float32
	Rows, Cols int
}

// size is how many values the matrix has.
func (m Mat) size() int { return m.Rows * m.Cols }

// Row returns row i.
func (m Mat) Row(i int) []float32 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

// matOf returns the matrix that a node's value holds.
func matOf(v gorgonia.Value) (Mat, error) {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dims() != 2 {
		return Mat{}, fmt.Errorf("want a matrix, have %T of shape %v", v, v.Shape())
	}
	return Mat{Data: d.Float32s(), Rows: d.Shape()[0], Cols: d.Shape()[1]}, nil
}
