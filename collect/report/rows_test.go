package report

import (
	"math"
	"slices"
	"testing"
)

// TestRows holds that what is drawn of the rows shows a planted direction where
// it is, and nothing where it is not.
func TestRows(t *testing.T) {
	r := synthetic(t, names, wordings, 1)
	a, err := analyse(t.Context(), r, Options{Site: "mlp_in", Methods: standard})
	if err != nil {
		t.Fatal(err)
	}
	d, err := readRows(t.Context(), r, "mlp_in", a)
	if err != nil {
		t.Fatal(err)
	}
	if z, columns := d.coordinates(); columns[0] != 3 || z[0][0] < 3 {
		t.Errorf("strongest coordinate: want 3, have %d with %v", columns[0], z[0][0])
	}
	if order := d.order(); order[0] != 0 || len(order) != len(names) {
		t.Errorf("order: want the target first of %d, have %v", len(names), order)
	}
	for n := range d.maps {
		if len(d.maps[n]) != 4 || len(d.maps[n][0]) != len(d.shown[n].Rows) {
			t.Fatalf("map %d: want 4 layers of %d tokens, have %v", n, len(d.shown[n].Rows), d.maps[n])
		}
		for _, v := range d.maps[n][2] {
			if !(v > 0.5) {
				t.Errorf("map %d, a layer with the shift: want each token above the controls, have %v", n, d.maps[n][2])
			}
		}
	}
	sum := make([]float64, len(d.means[0])) // every template's mean is taken off
	for _, m := range d.means {
		for j, v := range m {
			sum[j] += v
		}
	}
	if top := slices.Max(sum); math.Abs(top) > 1e-9 {
		t.Errorf("the concepts' means: want a sum of 0, have %g", top)
	}
	// Noise on ±0.5 in 48 coordinates: a length of 2; the shift adds 1 squared.
	if d.all[1][0] < 1.8 || d.all[1][0] > 2.2 || d.all[0][2] < d.all[1][2]+0.1 {
		t.Errorf("lengths: have %v", d.all)
	}
	if len(d.at) != len(d.questions) || len(d.points) != len(d.questions) {
		t.Errorf("points: want %d, have %d", len(d.questions), len(d.at))
	}
}

func TestSpread(t *testing.T) {
	var s *spread
	if finite(s.above(1)) {
		t.Error("no numbers: want NaN")
	}
	s = &spread{}
	for _, v := range []float64{1, 2, 3} {
		s.add(v)
	}
	if have := s.above(4); math.Abs(have-2) > 1e-12 {
		t.Errorf("want 2, have %v", have)
	}
	equal := &spread{n: 5, mean: 1}
	if finite(equal.above(2)) {
		t.Error("equal numbers: want NaN")
	}
}

// TestChoosePoints holds the bound on the scatter's points.
func TestChoosePoints(t *testing.T) {
	d := &rows{}
	for i := range 5000 {
		d.questions = append(d.questions, question{concept: i % 20})
	}
	d.choosePoints()
	if n := len(d.points); n > mostPoints || n < mostPoints/2 || !slices.IsSorted(d.points) {
		t.Errorf("want at most %d points in order, have %d", mostPoints, n)
	}
}
