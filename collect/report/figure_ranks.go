package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// ranks shows every concept in turn as the target, at the layer looked at
// closer: whether the target is special among the concepts or one of them.
func (a *analysis) ranks() (Figure, error) {
	f := Figure{ID: "ranks", Title: fmt.Sprintf("Every concept in the target's place, at layer %d", a.lead().number)}
	b := a.lead().judged().band
	if b == nil || !finite(b.all[0]) {
		f.Missing = "no other concept was put in the target's place"
		return f, nil
	}
	names := append([]string{a.target}, a.controls...)
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.all[j], b.all[i]) })
	f.Caption = fmt.Sprintf("The AUROC each concept gets when the same is done for it. %s is number %d of %d (concepts with the same figure share a number). This says whether it is special, which is another question than whether it can be told apart.", a.target, b.rank, b.of)
	t := Table{Caption: "Concepts by AUROC", Head: []string{"concept", "AUROC"}}
	for _, c := range order {
		t.Rows = append(t.Rows, []string{names[c], fixed(b.all[c], 3)})
	}
	f.Tables = []Table{t}
	if own := slices.Index(order, 0); own >= mostConcepts {
		order[mostConcepts-1] = 0
	}
	if len(order) > mostConcepts {
		f.Caption += fmt.Sprintf(" Of %d concepts the first %d and the target are drawn.", len(order), mostConcepts-1)
		order = order[:mostConcepts]
	}
	return f, f.add(drawRanks(names, order, b.all), "", fmt.Sprintf("%s has %s and number %d of %d.", a.target, fixed(b.all[0], 3), b.rank, b.of))
}

func drawRanks(names []string, order []int, all []float64) *drawing {
	foot := 14 + 16*float64(len(order))
	d := newDrawing(700, foot+44)
	y := scale{0, float64(len(order)), 14, foot}
	x := scale{math.Floor(10*least(0.5, all)) / 10, 1, 130, 640}
	for _, v := range x.ticks(6) {
		d.line("grid", x.at(v), 8, x.at(v), foot)
		d.text("middle tick", x.at(v), foot+17, short(v))
	}
	d.line("chance", x.at(0.5), 8, x.at(0.5), foot)
	d.text("middle axis", (x.from+x.to)/2, foot+36, "AUROC")
	for k, c := range order {
		class, at := "", y.at(float64(k)+0.5)
		if c == 0 {
			class = " strong"
		}
		d.text("end tick"+class, 122, at+4, cut(names[c], 18))
		if !finite(all[c]) {
			continue
		}
		if c == 0 {
			d.line("stem own", x.from, at, x.at(all[c]), at)
			d.circle("point own", x.at(all[c]), at, 5, "")
		} else {
			d.line("stem", x.from, at, x.at(all[c]), at)
			d.circle("point", x.at(all[c]), at, 4, "")
		}
		d.text("start tick", x.at(all[c])+10, at+4, strconv.FormatFloat(all[c], 'f', 3, 64))
	}
	return d
}
