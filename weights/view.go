package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Permute returns a view whose row i is row order[i] of t. order has Rows()
// entries; it is kept, so it must not change afterwards.
func (t *Tensor) Permute(order []int32) *Tensor {
	if rows := t.Rows(); len(order) != rows {
		panic(fmt.Sprintf("weights: permute tensor %q: want %d rows, have %d", t.Name, rows, len(order)))
	}
	p := *t
	p.order = t.through(order)
	return &p
}

// Pick returns a view of some rows of a matrix, in an order of one's own: its
// row i is row rows[i] of t. rows is kept.
func (t *Tensor) Pick(rows []int32) *Tensor {
	p := *t
	p.Shape = []int{len(rows), t.Cols()}
	p.order = t.through(rows)
	return &p
}

// through returns the stored rows behind rows of the view.
func (t *Tensor) through(rows []int32) []int32 {
	if t.order == nil {
		return rows
	}
	order := make([]int32, len(rows))
	for i, r := range rows {
		order[i] = t.order[r]
	}
	return order
}

// PickValues returns a vector of some values of a vector, in an order of one's
// own, as float32.
func (t *Tensor) PickValues(at []int32) *Tensor {
	p := &Tensor{Name: t.Name, DType: F32, Shape: []int{len(at)}}
	if t.data == nil { // it stands in for a missing one
		return p
	}
	all := t.Floats()
	for _, i := range at {
		p.data = binary.LittleEndian.AppendUint32(p.data, math.Float32bits(all[i]))
	}
	return p
}

// Transpose returns the transpose of a matrix, or of a tensor whose dimensions
// but the last are taken as rows: row i is column i. Rows of a quantised tensor
// cannot be read through it, but a transpose of the transpose is the tensor.
func (t *Tensor) Transpose() *Tensor {
	if t.order != nil {
		panic(fmt.Sprintf("weights: transpose of picked rows of tensor %q", t.Name))
	}
	p := *t
	p.Shape = []int{t.Cols(), t.Rows()}
	p.turned = !t.turned
	return &p
}

// Readable reports whether rows can be read: not those of a transposed
// quantised tensor.
func (t *Tensor) Readable() bool { return !t.turned || t.DType.BlockLen() == 1 }

// column decodes column i of what is stored.
func (t *Tensor) column(dst []float32, i int) {
	if t.order != nil {
		i = int(t.order[i])
	}
	size := t.DType.BlockBytes()
	row := len(t.data) / len(dst) // bytes
	for r := range dst {
		at := r*row + i*size
		t.DType.Decode(dst[r:r+1], t.data[at:at+size])
	}
}

// TransposeEach returns the transposes of the matrices that a tensor [n, rows,
// cols] holds, one after another: [n·cols, rows], as float32. They are decoded at
// once, since no column of a quantised tensor can be read by itself.
func (t *Tensor) TransposeEach() *Tensor {
	if len(t.Shape) != 3 {
		panic(fmt.Sprintf("weights: transpose each matrix of tensor %q %v", t.Name, t.Shape))
	}
	rows, cols := t.Shape[1], t.Shape[2]
	p := &Tensor{Name: t.Name, DType: F32, Shape: []int{t.Shape[0] * cols, rows}}
	if t.Empty() {
		return p
	}
	p.data = make([]byte, 4*t.Rows()*cols)
	row := make([]float32, cols)
	for i := range t.Rows() {
		t.Row(row, i)
		for c, v := range row {
			at := (i/rows*cols+c)*rows + i%rows
			binary.LittleEndian.PutUint32(p.data[4*at:], math.Float32bits(v))
		}
	}
	return p
}
