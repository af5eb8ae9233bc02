package report

import (
	"fmt"
	"strconv"
)

// placeMap shows the AUROC of the rows at one place of each question, layer by
// layer: how soon after the name the target can be read, and how long.
func (a *analysis) placeMap() (Figure, error) {
	f := Figure{ID: "places", Title: "How well it can be read at each place after the name"}
	places := a.lead().judged().places
	if len(places) == 0 {
		f.Missing = "no place was tested by itself"
		return f, nil
	}
	f.Caption = "Each cell is the AUROC of held-out questions at one layer when only the activation at one place is used: +1 is the first token after the name, −1 the prompt's last. Orange: above guessing; blue: below."
	last := len(a.layers) - 1
	at := func(r, c int) float64 {
		if list := a.layers[last-r].judged().places; c < len(list) {
			return list[c].area
		}
		return nan
	}
	shown := min(len(places), 2*mostPlaces)
	h := &heat{rows: a.layersDown(), strong: -1, every: 1 + len(a.layers)/32,
		left: 56, top: 40, width: min(46, 800/float64(shown)), height: cellHeight(len(a.layers)), x: "place after the name (+) and from the prompt's end (−)", y: "layer",
		legend: [2]string{"AUROC 0", "1 (middle: 0.5, guessing)"},
		value:  func(r, c int) float64 { return 2*at(r, c) - 1 },
		tip: func(r, c int) string {
			return fmt.Sprintf("layer %d, place %+d: AUROC %s", a.layers[last-r].number, places[c].at, fixed(at(r, c), 3))
		},
	}
	for _, p := range places[:shown] {
		h.columns = append(h.columns, fmt.Sprintf("%+d", p.at))
	}
	t := Table{Caption: "AUROC by layer and place", Head: append([]string{"layer"}, h.columns...)}
	for i := range a.layers {
		row := []string{strconv.Itoa(a.layers[i].number)}
		for c := range h.columns {
			row = append(row, fixed(at(last-i, c), 3))
		}
		t.Rows = append(t.Rows, row)
	}
	f.Tables = []Table{t}
	return f, f.add(h.draw(), "", fmt.Sprintf("Layers from the first at the foot to the last, %d places.", shown))
}
