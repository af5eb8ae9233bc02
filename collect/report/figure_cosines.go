package report

import (
	"fmt"
	"strconv"

	"gonum.org/v1/gonum/floats"
)

// layerCosines shows whether the direction stays the same from layer to layer:
// the cosine of the directions of every two.
func (a *analysis) layerCosines() (Figure, error) {
	f := Figure{ID: "layer-cosines", Title: "Is it one direction through the layers?"}
	vs := make([][]float64, len(a.layers))
	names := make([]string, len(a.layers))
	for i := range vs {
		vs[i], names[i] = a.layers[i].judged().direction, strconv.Itoa(a.layers[i].number)
	}
	if len(vs) < 2 {
		f.Missing = "there is only one layer"
		return f, nil
	}
	f.Caption = "The cosine of the directions of every two layers. 1 (orange): the same direction; 0 (no colour): nothing in common. Layers scale their coordinates by weights of their own, so that a low cosine can be a change of scale."
	return f, f.cosines(vs, names, -1, "layer")
}

// conceptCosines shows which concepts point the same way from the mean of all,
// at the layer looked at closer.
func (a *analysis) conceptCosines(d *rows) (Figure, error) {
	f := Figure{ID: "concept-cosines", Title: fmt.Sprintf("Which concepts point the same way, at layer %d", a.lead().number)}
	if len(d.concepts) < 3 {
		f.Missing = "there are only two concepts, which point opposite ways from their mean"
		return f, nil
	}
	f.Caption = fmt.Sprintf("The cosine of the concepts' mean rows, less their templates' means; %s first, then the most like it. Vectors from their own mean are a little opposed: on average −1/%d.", a.target, len(d.concepts)-1)
	var vs [][]float64
	var names []string
	for _, c := range d.order() {
		vs, names = append(vs, d.means[c]), append(names, d.concepts[c])
	}
	if len(names) < len(d.concepts) {
		f.Caption += fmt.Sprintf(" Of %d concepts %d are drawn.", len(d.concepts), len(names))
	}
	return f, f.cosines(vs, names, 0, "concept")
}

// cosines draws the lower half of the matrix of vectors.
func (f *Figure) cosines(vs [][]float64, names []string, strong int, what string) error {
	at := func(r, c int) float64 {
		if vs[r] == nil || vs[c] == nil {
			return nan
		}
		return floats.Dot(vs[r], vs[c]) / floats.Norm(vs[r], 2) / floats.Norm(vs[c], 2)
	}
	h := &heat{rows: make([]string, len(names)), columns: names, strong: strong, left: 40, top: 8, lower: true, legend: [2]string{"cosine −1", "1"},
		value: at, tip: func(r, c int) string { return fmt.Sprintf("%s and %s: %s", names[r], names[c], fixed(at(r, c), 3)) }}
	if what == "concept" {
		h.left = 112
	} else {
		h.every, h.y = 1+len(names)/40, "layer"
	}
	h.width = max(6, min(18, 560/float64(len(names))))
	h.height = h.width
	t := Table{Caption: "Cosines", Head: append([]string{what}, names...)}
	sum, n := 0.0, 0.0
	for r := range names {
		h.rows[r] = cut(names[r], 16)
		row := []string{names[r]}
		for c := range names {
			row = append(row, fixed(at(r, c), 2))
			if c < r && finite(at(r, c)) {
				sum, n = sum+at(r, c), n+1
			}
		}
		t.Rows = append(t.Rows, row)
	}
	f.Tables = []Table{t}
	return f.add(h.draw(), "", fmt.Sprintf("Mean of the pairs: %s.", fixed(sum/n, 3)))
}
