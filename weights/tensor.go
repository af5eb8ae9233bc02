package weights

import (
	"fmt"
	"slices"
)

// Tensor is a view of one stored tensor. Its values are decoded row by row, so
// that a quantised tensor never has to exist in float32 as a whole. A Tensor
// is read-only and safe for concurrent use; it is valid until its file is
// closed. Row numbers and ranges outside the tensor panic, as slice indexes do.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // row-major, outermost first: a linear weight is [out, in]

	data  []byte  // all rows as stored, one after the other
	order []int32 // nil, or the stored row of every row of this view
	// turned says that the view is the transpose of what is stored: Shape is
	// [columns, rows] of it.
	turned bool
}

// Empty reports whether the tensor has no data: it has no values, or stands in
// for one that the checkpoint lacks.
func (t *Tensor) Empty() bool { return len(t.data) == 0 }

// Rows returns the number of rows: the product of all dimensions but the last,
// 1 for a vector or a scalar.
func (t *Tensor) Rows() int {
	n := 1
	for i := 0; i < len(t.Shape)-1; i++ {
		n *= t.Shape[i]
	}
	return n
}

// Cols returns the length of a row: the last dimension, 1 for a scalar.
func (t *Tensor) Cols() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[len(t.Shape)-1]
}

// Row decodes row i exactly into dst[:Cols()].
func (t *Tensor) Row(dst []float32, i int) {
	if t.turned {
		t.column(dst[:t.Cols()], i)
		return
	}
	t.DType.Decode(dst[:t.Cols()], t.RawRow(i))
}

// RawRow returns row i's bytes as stored. They belong to the mapped file and
// must not be written to.
func (t *Tensor) RawRow(i int) []byte {
	if t.order != nil {
		i = int(t.order[i])
	}
	n := t.RowBytes()
	return t.data[i*n : (i+1)*n : (i+1)*n]
}

// Floats decodes all rows into a new slice of Rows()·Cols() values.
func (t *Tensor) Floats() []float32 {
	rows, cols := t.Rows(), t.Cols()
	out := make([]float32, rows*cols)
	if len(out) == 0 {
		return out
	}
	if t.order == nil && !t.turned {
		t.DType.Decode(out, t.data)
		return out
	}
	for i := range rows {
		t.Row(out[i*cols:], i)
	}
	return out
}

// Slice returns a view of [from, to) of the first dimension. The columns of a
// vector can be sliced only at its format's block boundaries.
func (t *Tensor) Slice(from, to int) *Tensor {
	if from < 0 || to < from || len(t.Shape) == 0 || to > t.Shape[0] {
		panic(fmt.Sprintf("weights: slice [%d, %d) of tensor %q %v", from, to, t.Name, t.Shape))
	}
	s := *t
	s.Shape = slices.Clone(t.Shape)
	s.Shape[0] = to - from
	if len(t.Shape) == 1 {
		block := t.DType.BlockLen()
		if from%block != 0 || to%block != 0 {
			panic(fmt.Sprintf("weights: slice [%d, %d) of tensor %q cuts a block of %d values", from, to, t.Name, block))
		}
		size := t.DType.BlockBytes()
		row := t.RawRow(0)
		s.data, s.order = row[from/block*size:to/block*size], nil
		return &s
	}
	inner := 1 // rows in one step of the first dimension
	for _, d := range t.Shape[1 : len(t.Shape)-1] {
		inner *= d
	}
	if t.order != nil {
		s.order = t.order[from*inner : to*inner]
		return &s
	}
	n := inner * t.RowBytes()
	s.data = t.data[from*n : to*n]
	return &s
}
