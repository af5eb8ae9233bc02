package report

import (
	"fmt"
	"strings"
)

// steep is the number of standard deviations at which a token is at full
// strength.
const steep = 8

// tokenMap shows where in a question, and at which layer, the target is read:
// each token's row along the layer's direction, beside the controls' rows at
// the same place of the same template.
func (a *analysis) tokenMap(d *rows) (Figure, error) {
	f := Figure{ID: "tokens", Title: "Where in a question it stands out", Choose: "question"}
	f.Caption = fmt.Sprintf("Each cell is one activation of a question about %s, at one token after the name and one layer: its score along that layer's direction, in standard deviations from the controls' activations at the same token of the same template. "+
		"Orange: more than the controls; blue: less. The direction was fitted on these questions too, so this shows where, not how well.", a.target)
	if d.longest > mostPlaces {
		f.Caption += fmt.Sprintf(" Only the first %d tokens are drawn.", mostPlaces)
	}
	any := false
	for n, q := range d.shown {
		shown := min(len(q.Rows), mostPlaces)
		columns := make([]string, shown)
		for k := range columns {
			columns[k] = cut(visible(q.Tokens[k]), 14)
		}
		last := len(a.layers) - 1
		h := &heat{rows: a.layersDown(), columns: columns, strong: -1, every: 1 + len(a.layers)/32,
			left: 56, top: 90, width: min(84, 800/float64(shown)), height: cellHeight(len(a.layers)), x: "tokens after the name, in order", y: "layer", legend: [2]string{fmt.Sprintf("%d SD below", steep), fmt.Sprintf("%d SD above the controls", steep)},
			value: func(r, c int) float64 {
				v := d.maps[n][last-r][c]
				any = any || finite(v)
				return v / steep
			},
			tip: func(r, c int) string {
				return fmt.Sprintf("layer %d, %s: %s SD", a.layers[last-r].number, visible(q.Tokens[c]), signed(d.maps[n][last-r][c]))
			},
		}
		t := Table{Caption: q.Text + " (standard deviations from the controls)", Head: append([]string{"layer"}, columns...)}
		for r := range h.rows {
			row := []string{h.rows[r]}
			for c := range columns {
				row = append(row, fixed(d.maps[n][last-r][c], 1))
			}
			t.Rows = append(t.Rows, row)
		}
		f.Tables = append(f.Tables, t)
		if err := f.add(h.draw(), q.Text, "Strongest: "+d.strongest(a, n)); err != nil {
			return f, err
		}
	}
	if !any {
		f.Panels, f.Tables = nil, nil
		f.Missing = fmt.Sprintf("no token has %d controls at its place and template to be compared with", fewControls)
	}
	return f, nil
}

// strongest says at which token and layer a shown question stands out most.
func (d *rows) strongest(a *analysis, n int) string {
	text, top := "none", 0.0
	for i := range d.maps[n] {
		for k, v := range d.maps[n][i] {
			if v > top {
				top = v
				text = fmt.Sprintf("token %q at layer %d, %.1f standard deviations above the controls", visible(d.shown[n].Tokens[k]), a.layers[i].number, v)
			}
		}
	}
	return text
}

// visible shows white space of a token.
func visible(s string) string {
	return strings.NewReplacer("\n", "⏎", "\t", "⇥", " ", "␣").Replace(s)
}

// signed writes a number with its sign.
func signed(v float64) string {
	if !finite(v) {
		return "no"
	}
	return fmt.Sprintf("%+.1f", v)
}

// cellHeight of a map of n layers.
func cellHeight(n int) float64 { return max(6, min(15, 480/float64(n))) }
