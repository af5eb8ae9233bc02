package weights

import "fmt"

// Stored returns all rows in the form of DType, row after row: Rows()·RowBytes()
// bytes. They are the mapped file's where they lie there so, and must not be
// written to; the rows of other views are copied. Those of a transposed quantised
// tensor have no such form: see Readable.
func (t *Tensor) Stored() []byte {
	if !t.Readable() {
		panic(fmt.Sprintf("weights: stored rows of transposed tensor %q of %s", t.Name, t.DType))
	}
	if t.order == nil && !t.turned {
		return t.data
	}
	out := make([]byte, 0, t.Rows()*t.RowBytes())
	for i := range t.Rows() {
		if t.turned {
			out = t.appendColumn(out, i)
		} else {
			out = append(out, t.RawRow(i)...)
		}
	}
	return out
}

// appendColumn appends column i of what is stored.
func (t *Tensor) appendColumn(out []byte, i int) []byte {
	if t.order != nil {
		i = int(t.order[i])
	}
	size := t.DType.BlockBytes()
	row := len(t.data) / t.Cols()
	for r := range t.Cols() {
		out = append(out, t.data[r*row+i*size:][:size]...)
	}
	return out
}

// RowBytes returns the bytes of one row in the form of DType.
func (t *Tensor) RowBytes() int {
	return t.Cols() / t.DType.BlockLen() * t.DType.BlockBytes()
}
