package layers

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Edit changes rows of a point's value as it is computed, before anything reads
// them: the run is that of a model into which the change is built. The same run
// with the same edits has the same bits.
//
// A row that prompts share (see Batch.Parent) is changed for all of them.
type Edit struct {
	At     Point
	Rows   []int32 // of the batch, ascending
	Change Change
}

// Change is what an [Edit] does to its rows: [Add], [SetProjection] or [Replace].
type Change interface {
	// check refuses a change that does not fit rows of width dim.
	check(rows, dim int) error
	// apply changes row i of the edit's.
	apply(i int, row []float32)
}

// Add adds a vector to every row:
//
//	x += Vector
//
// Where the vector is 0 a row's value keeps its bits.
type Add struct{ Vector []float32 } // [D]

// SetProjection moves every row along a direction u of length 1 until its
// projection on it is Value:
//
//	x += (Value - x·u) u
//
// computed in float64 and rounded once. With Value 0 the direction is ablated.
type SetProjection struct {
	Unit  []float32 // [D]
	Value float64
}

// Replace puts other rows in place of the rows, as those of another run.
type Replace struct{ Rows []float32 } // [rows, D]

// unitTolerance is how far the square of a unit vector's length may be from 1.
const unitTolerance = 1e-4

func (c Add) check(_, dim int) error { return checkVector("vector", c.Vector, dim) }

func (c Add) apply(_ int, row []float32) {
	for k, v := range c.Vector {
		if v != 0 { // -0 + 0 would be another 0
			row[k] += v
		}
	}
}

func (c SetProjection) check(_, dim int) error {
	if err := checkVector("unit vector", c.Unit, dim); err != nil {
		return err
	}
	if square := project(c.Unit, c.Unit); math.Abs(square-1) > unitTolerance {
		return fmt.Errorf("unit vector: want length 1, have %.6g", math.Sqrt(square))
	}
	if math.IsNaN(c.Value) || math.IsInf(c.Value, 0) {
		return fmt.Errorf("projection: want a finite number, have %v", c.Value)
	}
	return nil
}

func (c SetProjection) apply(_ int, row []float32) {
	by := c.Value - project(row, c.Unit)
	for k, u := range c.Unit {
		row[k] = float32(float64(row[k]) + float64(by*float64(u)))
	}
}

func (c Replace) check(rows, dim int) error {
	if len(c.Rows) != rows*dim {
		return fmt.Errorf("replacement: want %d rows of %d values, have %d values", rows, dim, len(c.Rows))
	}
	return checkFinite("replacement", c.Rows)
}

func (c Replace) apply(i int, row []float32) { copy(row, c.Rows[i*len(row):]) }

// project is x·u, summed in float64 from the first to the last. The conversion
// keeps compilers from fusing product and sum, which only some machines can.
func project(x, u []float32) float64 {
	var sum float64
	for k, v := range u {
		sum += float64(float64(x[k]) * float64(v))
	}
	return sum
}

// checkVector refuses a vector of another width or with values that are no
// finite numbers.
func checkVector(what string, v []float32, dim int) error {
	if len(v) != dim {
		return fmt.Errorf("%s: want %d values, have %d", what, dim, len(v))
	}
	return checkFinite(what, v)
}

func checkFinite(what string, v []float32) error {
	for k, x := range v {
		if x-x != 0 {
			return fmt.Errorf("%s: value %d: want a finite number, have %v", what, k, x)
		}
	}
	return nil
}

// setEdits checks a batch's edits and gives them to the ops that compute their
// points.
func (m *Machine) setEdits(b *Batch) error {
	clear(m.edits)
	for i, e := range b.Edits {
		o, err := m.editable(e.At)
		if err == nil {
			err = e.check(b.Tokens(), o.cols)
		}
		if err != nil {
			return fmt.Errorf("edit %d: %s: %w", i, e.At, err)
		}
		if m.edits == nil {
			m.edits = map[*Op][]Edit{}
		}
		m.edits[o] = append(m.edits[o], e)
	}
	return nil
}

// check validates an edit of a batch of so many tokens at a point of width dim.
func (e Edit) check(tokens, dim int) error {
	for i, row := range e.Rows {
		if row < 0 || int(row) >= tokens || i > 0 && row <= e.Rows[i-1] {
			return fmt.Errorf("row %d: want ascending rows in [0, %d), have %d", i, tokens, row)
		}
	}
	if e.Change == nil {
		return errors.New("want a change, have none")
	}
	return e.Change.check(len(e.Rows), dim)
}

// edit applies the run's edits to the output of o. A row that o does not compute,
// as it has the selected rows alone, is one that nothing reads.
func (m *Machine) edit(o *Op, c *Call) {
	for _, e := range m.edits[o] {
		for i, row := range e.Rows {
			at, computed := int(row), true
			if o.selected {
				at, computed = slices.BinarySearch(c.Batch.Sel, row)
			}
			if computed {
				e.Change.apply(i, c.Out.Row(at))
			}
		}
	}
}
