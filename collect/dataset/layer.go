package dataset

import (
	"fmt"
	"iter"
)

// Piece is rows of one question at one site and layer, as they lie in the mapped
// file: nothing of them is read before it is looked at.
type Piece struct {
	Question int    // its index
	Row      int    // the question's first row here; its token position is Question.Rows[Row]
	Rows     int    // how many there are
	Data     []byte // [Rows, Dim] little-endian values of the manifest's DType
}

// Layer walks over rows [from, to) of a site and layer, counted through all
// questions from 0 to the manifest's Rows, one piece for each question that has
// some of them. Like those of Raw, its bytes are valid until Close and must not
// be written to; DType.Decode turns them into numbers.
func (r *Reader) Layer(site string, layer int, from, to int64) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		if from < 0 || to < from || to > r.plan.m.Rows {
			yield(Piece{}, fmt.Errorf("dataset: %s: rows: want a range of 0 to %d, have %d to %d", r.dir, r.plan.m.Rows, from, to))
			return
		}
		width := int64(r.plan.m.Dim * r.plan.m.DType.Size())
		begin := int64(0) // of question i's rows
		for i, n := range r.plan.list.rows {
			end := begin + int64(n)
			if first, last := max(from, begin), min(to, end); first < last {
				data, err := r.Raw(i, site, layer)
				if err != nil {
					yield(Piece{}, err)
					return
				}
				p := Piece{Question: i, Row: int(first - begin), Rows: int(last - first), Data: data[(first-begin)*width : (last-begin)*width]}
				if !yield(p, nil) {
					return
				}
			}
			begin = end
		}
	}
}
