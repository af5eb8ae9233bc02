package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
)

// far is the number of standard deviations at which a coordinate is at full
// strength.
const far = 4

// coordinateMap shows, at the layer looked at closer, the coordinates in which
// the target differs most from the controls, for every concept: whether a few
// coordinates carry it or many, and which other concepts share them.
func (a *analysis) coordinateMap(d *rows) (Figure, error) {
	f := Figure{ID: "coordinates", Title: fmt.Sprintf("The coordinates that differ most, at layer %d", a.lead().number)}
	z, columns := d.coordinates()
	order := d.order()
	if len(d.concepts) < fewControls+1 || len(columns) == 0 {
		f.Missing = fmt.Sprintf("want at least %d controls whose rows differ, have %d", fewControls, len(d.concepts)-1)
		return f, nil
	}
	f.Caption = fmt.Sprintf("Columns: the %d of %d coordinates in which %s lies farthest from the controls, in the controls' standard deviations (each concept's mean row, less its templates' means). Rows: %s first, then the others, the most like it on top. ",
		len(columns), len(d.means[0]), a.target, a.target)
	f.Caption += fmt.Sprintf("Of the squared length of %s's difference these coordinates hold %.0f %%.", a.target, 100*d.held(columns))
	h := &heat{strong: 0, left: 112, top: 44, width: min(24, 760/float64(len(columns))), height: 15, x: "coordinate", legend: [2]string{fmt.Sprintf("%d SD below", far), fmt.Sprintf("%d SD above the controls' mean", far)},
		value: func(r, c int) float64 { return z[order[r]][c] / far },
		tip: func(r, c int) string {
			return fmt.Sprintf("%s, coordinate %d: %s SD", d.concepts[order[r]], columns[c], signed(z[order[r]][c]))
		},
	}
	t := Table{Caption: "Standard deviations from the controls' mean", Head: []string{"concept"}}
	for _, j := range columns {
		h.columns = append(h.columns, strconv.Itoa(j))
		t.Head = append(t.Head, strconv.Itoa(j))
	}
	for _, c := range order {
		h.rows = append(h.rows, cut(d.concepts[c], 16))
		row := []string{d.concepts[c]}
		for _, v := range z[c] {
			row = append(row, fixed(v, 1))
		}
		t.Rows = append(t.Rows, row)
	}
	f.Tables = []Table{t}
	return f, f.add(h.draw(), "", fmt.Sprintf("%d concepts by %d coordinates; the strongest is coordinate %d with %s standard deviations.", len(order), len(columns), columns[0], signed(z[0][0])))
}

// coordinates gives the strongest coordinates of the target, the strongest
// first, and z[concept][column], in standard deviations of the controls.
func (d *rows) coordinates() (z [][]float64, columns []int) {
	dim := len(d.means[0])
	all := make([][]float64, dim) // coordinate → concept
	for j := range dim {
		var s spread
		for _, m := range d.means[1:] {
			s.add(m[j])
		}
		all[j] = make([]float64, len(d.means))
		for c, m := range d.means {
			all[j][c] = s.above(m[j])
		}
		if finite(all[j][0]) {
			columns = append(columns, j)
		}
	}
	slices.SortFunc(columns, func(i, j int) int {
		return cmp.Or(cmp.Compare(math.Abs(all[j][0]), math.Abs(all[i][0])), cmp.Compare(i, j))
	})
	columns = columns[:min(len(columns), mostCoords)]
	z = make([][]float64, len(d.means))
	for c := range z {
		for _, j := range columns {
			z[c] = append(z[c], all[j][c])
		}
	}
	return z, columns
}

// held is the share of the target's squared difference that some coordinates
// have.
func (d *rows) held(columns []int) float64 {
	some := 0.0
	for _, j := range columns {
		some += d.means[0][j] * d.means[0][j]
	}
	return some / floats.Dot(d.means[0], d.means[0])
}

// order is the target and the controls, the most like it first, at most
// mostConcepts.
func (d *rows) order() []int {
	list := make([]int, len(d.means))
	like := make([]float64, len(d.means))
	for c := range list {
		list[c] = c
		like[c] = floats.Dot(d.means[c], d.means[0])
	}
	like[0] = math.Inf(1)
	slices.SortStableFunc(list, func(i, j int) int { return cmp.Compare(like[j], like[i]) })
	return list[:min(len(list), mostConcepts)]
}
