package model

import "math"

// Distance says how far a row is from the one it should be. What cannot be said
// in a finite number, as of a NaN, is the largest float64: JSON knows no infinity.
type Distance struct {
	MaxAbs float64 `json:"max_abs"` // largest |have-want|
	MaxRel float64 `json:"max_rel"` // MaxAbs over the wanted row's max |value|
	Cosine float64 `json:"cosine"`
}

// RowDistance returns how far a row is from the one wanted. A value that is not
// finite on either side, and any error against a row of zeros, counts as the
// largest error.
func RowDistance(want, have []float32) Distance {
	var top, off, dot, ww, hh float64
	for i, v := range want {
		x, y := float64(v), float64(have[i])
		diff := math.Abs(x - y)
		if math.IsNaN(diff) || math.IsInf(x, 0) {
			diff = math.Inf(1)
		}
		off, top = max(off, diff), max(top, math.Abs(x))
		dot, ww, hh = dot+x*y, ww+x*x, hh+y*y
	}
	d := Distance{MaxAbs: min(off, math.MaxFloat64), Cosine: dot / math.Sqrt(ww*hh)}
	if off > 0 {
		d.MaxRel = min(off/top, math.MaxFloat64)
	}
	if math.IsNaN(d.MaxRel) {
		d.MaxRel = math.MaxFloat64
	}
	if math.IsNaN(d.Cosine) {
		d.Cosine = 0
		if off == 0 { // both are zeros
			d.Cosine = 1
		}
	}
	return d
}

// Distances are those of rows, and the worst of each measure.
type Distances struct {
	Distance
	WorstRow int `json:"worst_row"` // by MaxRel
	Rows     int `json:"rows"`

	Tokens []Distance `json:"tokens,omitempty"` // of each row
}

// Add takes the next row.
func (s *Distances) Add(d Distance) {
	if s.Rows == 0 {
		s.Cosine = 1
	}
	if d.MaxRel > s.MaxRel {
		s.WorstRow = s.Rows
	}
	s.MaxAbs, s.MaxRel, s.Cosine = max(s.MaxAbs, d.MaxAbs), max(s.MaxRel, d.MaxRel), min(s.Cosine, d.Cosine)
	s.Rows++
}

// compareRows compares rows of d values and keeps each one's distance.
func compareRows(want, have []float32, d int) Distances {
	s := Distances{Distance: Distance{Cosine: 1}}
	for at := 0; d > 0 && at+d <= len(want); at += d {
		row := RowDistance(want[at:at+d], have[at:at+d])
		s.Add(row)
		s.Tokens = append(s.Tokens, row)
	}
	return s
}
