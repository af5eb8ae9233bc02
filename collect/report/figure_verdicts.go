package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// signs are the mark, class and meaning of each kind of verdict, by kind.
var signs = []struct{ mark, class, words string }{
	supported:   {"✓", "good", "supported: above every baseline"},
	weak:        {"~", "fair", "weak: something is there, not firmly"},
	explained:   {"=", "same", "explained by "},
	unsupported: {"✗", "poor", "unsupported: not above chance"},
	untested:    {"?", "none", "not tested"},
}

// verdicts shows what may be said at each layer, as one cell with a mark.
func (a *analysis) verdicts() (Figure, error) {
	f := Figure{ID: "verdicts", Title: "What may be said at each layer",
		Caption: "One cell for each layer, of the " + methodName(a.methods[0]) + ". The table gives the reason for each."}
	legend := a.kinds()
	d := newDrawing(920, 76+20*float64((len(legend)+2)/3))
	width := 836 / float64(len(a.layers))
	t := Table{Caption: "Verdicts", Head: []string{"layer", "verdict", "why"}}
	for i := range a.layers {
		l, m := &a.layers[i], a.layers[i].judged()
		s := signs[kind(m.verdict)]
		x := 64 + float64(i)*width
		d.rect(s.class, x, 8, width-min(2, width/5), 34, fmt.Sprintf("layer %d: %s: %s", l.number, m.verdict, m.why))
		if width >= 9 {
			d.text("middle mark", x+width/2-1, 30, s.mark)
		}
		if every := 1 + len(a.layers)/32; i%every == 0 {
			d.text("middle tick", x+width/2-1, 58, strconv.Itoa(l.number))
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(l.number), m.verdict, m.why})
	}
	d.text("end tick", 56, 58, "layer")
	for k, kind := range legend {
		x, y := 64+float64(k%3)*285, 72+20*float64(k/3)
		d.rect(signs[kind].class, x, y, 20, 16, "")
		d.text("middle mark", x+10, y+13, signs[kind].mark)
		d.text("start tick", x+28, y+12, cut(a.words(kind), 42))
	}
	f.Tables = []Table{t}
	return f, f.add(d, "", a.countWords())
}

// kinds are the kinds of verdicts that occur.
func (a *analysis) kinds() []int {
	var list []int
	for k := range signs {
		if len(a.with(k)) > 0 {
			list = append(list, k)
		}
	}
	return list
}

// words are what a kind of verdict says; of explained ones, by what.
func (a *analysis) words(k int) string {
	if k != explained {
		return signs[k].words
	}
	var by []string
	for _, n := range a.with(k) {
		if s := strings.TrimPrefix(a.at(n).judged().verdict, signs[k].words); !slices.Contains(by, s) {
			by = append(by, s)
		}
	}
	return signs[k].words + strings.Join(by, " or ")
}

// at is the layer of a number.
func (a *analysis) at(number int) *layer {
	return &a.layers[slices.IndexFunc(a.layers, func(l layer) bool { return l.number == number })]
}

// with lists the layers of a kind of verdict.
func (a *analysis) with(k int) []int {
	var list []int
	for i := range a.layers {
		if kind(a.layers[i].judged().verdict) == k {
			list = append(list, a.layers[i].number)
		}
	}
	return list
}

// countWords says which layers have which verdict.
func (a *analysis) countWords() string {
	text := ""
	for _, k := range a.kinds() {
		text += fmt.Sprintf("%s at layers %s. ", a.words(k), ranges(a.with(k)))
	}
	return text
}

// ranges writes ascending numbers as "0-3, 7".
func ranges(list []int) string {
	text := ""
	for i := 0; i < len(list); i++ {
		from := i
		for i+1 < len(list) && list[i+1] == list[i]+1 {
			i++
		}
		if text != "" {
			text += ", "
		}
		text += strconv.Itoa(list[from])
		if i > from {
			text += "-" + strconv.Itoa(list[i])
		}
	}
	return text
}
