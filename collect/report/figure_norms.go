package report

import (
	"fmt"
	"math"
	"strconv"
)

var nan = math.NaN()

// normProfiles shows how long the rows are, by layer and by place: a layer or
// a token whose rows are much longer rules every score that is not scaled.
func (a *analysis) normProfiles(d *rows, site string) (Figure, error) {
	f := Figure{ID: "norms", Title: "How long the activations are"}
	f.Caption = fmt.Sprintf("First: mean length of a row at %s by layer, for %s and for the controls. Where one line is seen they are equal. Second: the controls' rows by place after the name, beside the mean of their layer: orange is longer, blue shorter, full strength at half as much again.", site, a.target)
	w := newDrawing(450, 300)
	p := frame{a.layerScale(64, 440), scale{0, most(0, d.all[0], d.all[1]) * 1.05, 250, 34}}
	if p.y.high <= 0 {
		f.Missing = "all rows are zero"
		return f, nil
	}
	w.axes(p, "layer", "mean length", a.marked(12), p.y.ticks(5))
	xs := p.x.all(a.numbers())
	w.curve("control", xs, p.y.all(d.all[1]))
	w.curve("target", xs, p.y.all(d.all[0]))
	w.legend(64, 10, 180, 2, []series{{class: "control", label: "controls"}, {class: "target", label: cut(a.target, 18)}})
	if err := f.add(w, "by layer", fmt.Sprintf("From %s at layer %d to %s at layer %d, controls.", fixed(d.all[1][0], 2), a.layers[0].number, fixed(d.all[1][len(xs)-1], 2), a.layers[len(xs)-1].number)); err != nil {
		return f, err
	}
	last := len(a.layers) - 1
	h := &heat{rows: a.layersDown(), strong: -1, every: 1 + len(a.layers)/32, left: 56, top: 40,
		width: min(46, 800/float64(d.places)), height: cellHeight(len(a.layers)), x: "place after the name", y: "layer", legend: [2]string{"half as long", "half as long again"},
		value: func(r, c int) float64 { return 2 * (d.norms[1][last-r][c]/d.all[1][last-r] - 1) },
		tip: func(r, c int) string {
			return fmt.Sprintf("layer %d, place %+d: mean length %s", a.layers[last-r].number, c+1, fixed(d.norms[1][last-r][c], 3))
		},
	}
	t := Table{Caption: "Mean length of rows", Head: []string{"layer", a.target, "controls"}}
	for c := range d.places {
		h.columns = append(h.columns, fmt.Sprintf("%+d", c+1))
		t.Head = append(t.Head, fmt.Sprintf("controls at %+d", c+1))
	}
	for i := range a.layers {
		row := []string{strconv.Itoa(a.layers[i].number), fixed(d.all[0][i], 3), fixed(d.all[1][i], 3)}
		for c := range d.places {
			row = append(row, fixed(d.norms[1][i][c], 3))
		}
		t.Rows = append(t.Rows, row)
	}
	f.Tables = []Table{t}
	return f, f.add(h.draw(), "by layer and place", "The controls' rows by place, each beside the mean of its layer.")
}
