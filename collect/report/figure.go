package report

import (
	"fmt"
	"html/template"
)

// Figure is one figure of the page: panels, a caption and the numbers behind
// them.
type Figure struct {
	ID      string
	Title   string
	Caption string // what is seen and how to read it
	Panels  []Panel
	Choose  string // what a panel is, where the reader chooses one
	Missing string // why there is no panel
	Pairs   []Pair // of texts, in place of drawings
	Tables  []Table
}

// Panel is one drawing of a figure.
type Panel struct {
	Label string
	SVG   template.HTML

	drawing *drawing // the same, for a picture
	desc    string
}

// Table is the numbers behind a figure, the first column naming the row.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// add closes a drawing as the figure's next panel.
func (f *Figure) add(d *drawing, label, desc string) error {
	svg, err := d.done(fmt.Sprintf("%s-%d", f.ID, len(f.Panels)+1), f.Title+" "+label, desc)
	f.Panels = append(f.Panels, Panel{label, svg, d, desc})
	return err
}

// layerScale is the axis of layers from one place to another.
func (a *analysis) layerScale(from, to float64) scale {
	s := scale{float64(a.layers[0].number), float64(a.layers[len(a.layers)-1].number), from, to}
	if s.low == s.high {
		s.low, s.high = s.low-1, s.high+1
	}
	return s
}

// numbers are the layers' numbers.
func (a *analysis) numbers() []float64 {
	list := make([]float64, len(a.layers))
	for i := range a.layers {
		list[i] = float64(a.layers[i].number)
	}
	return list
}

// marked are the layers that get a label where n fit: all, or every second,
// fifth, tenth, …
func (a *analysis) marked(n int) []float64 {
	list := a.numbers()
	for _, every := range []int{1, 2, 5, 10, 20, 50, 100} {
		var some []float64
		for _, v := range list {
			if int(v)%every == 0 {
				some = append(some, v)
			}
		}
		if len(some) <= n && len(some) > 0 {
			return some
		}
	}
	return list[:1]
}

// of takes one number of every layer.
func (a *analysis) of(get func(l *layer) float64) []float64 {
	list := make([]float64, len(a.layers))
	for i := range a.layers {
		list[i] = get(&a.layers[i])
	}
	return list
}

// least is the smallest finite number of lists, or start where it is smaller.
func least(start float64, lists ...[]float64) float64 {
	for _, list := range lists {
		for _, v := range list {
			if finite(v) {
				start = min(start, v)
			}
		}
	}
	return start
}

// most is the same for the largest.
func most(start float64, lists ...[]float64) float64 {
	for _, list := range lists {
		for _, v := range list {
			if finite(v) {
				start = max(start, v)
			}
		}
	}
	return start
}

// cut shortens a label to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
