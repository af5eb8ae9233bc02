package layers

import "gorgonia.org/tensor"

// slot is where an op's output lives: a buffer of the arena, shared by liveness
// with other ops, or the op's own where its node is kept.
type slot struct {
	buffer *buffer
	dense  *tensor.Dense // header over the buffer for the current row count
	stats  []float32
}

// buffer is one allocation of the arena. It grows to the largest batch seen.
type buffer struct {
	data   []float32
	widest int // columns of the widest value planned for it
	device deviceMemory
}

// floats returns n floats of the buffer.
func (b *buffer) floats(n int) []float32 {
	if cap(b.data) < n {
		b.data = make([]float32, n)
	}
	return b.data[:n]
}

// output sizes the op's output and statistics for a number of rows. The Dense
// header is made again only when the row count or the buffer has changed.
func (o *Op) output(rows int) (Mat, []float32) {
	data := o.buffer.floats(rows * o.cols)
	if !o.holds(data, rows) {
		o.dense = tensor.New(tensor.WithShape(rows, o.cols), tensor.WithBacking(data))
	}
	if n := rows * o.statsPerRow; cap(o.stats) < n {
		o.stats = make([]float32, n)
	}
	return Mat{Data: data, Rows: rows, Cols: o.cols}, o.stats[:rows*o.statsPerRow]
}

// holds says whether the op's header covers data with that many rows.
func (o *Op) holds(data []float32, rows int) bool {
	if o.dense == nil || o.dense.Shape()[0] != rows || len(data) == 0 {
		return false
	}
	return &o.dense.Float32s()[0] == &data[0]
}
