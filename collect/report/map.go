package report

import (
	"strconv"
	"unicode/utf8"
)

// heat is a map of numbers: rows by columns, each from -1 to 1 as a hue and a
// strength, with labels.
type heat struct {
	rows, columns []string
	value         func(r, c int) float64 // from -1 to 1; NaN is hatched
	tip           func(r, c int) string
	strong        int     // a row to mark, -1 for none
	every         int     // of the rows' labels; 0: all
	left, top     float64 // room for the labels
	width, height float64 // of a cell
	lower         bool    // only cells with c <= r
	x, y          string  // what columns and rows are
	legend        [2]string
}

// draw makes the map with its legend below.
func (h *heat) draw() *drawing {
	w := h.left + float64(len(h.columns))*h.width + h.top*0.62 + 10
	if h.lower { // names stand beside the diagonal
		w = h.left + float64(len(h.columns))*h.width + 14
		for _, name := range h.columns {
			w = max(w, h.left+float64(len(h.columns))*h.width+14+7*float64(min(len(name), 16)))
		}
	}
	bottom := h.top + float64(len(h.rows))*h.height
	d := newDrawing(max(w, 430), bottom+50)
	for r, name := range h.rows {
		y := h.top + float64(r)*h.height
		if class := "end tick"; h.every == 0 || r%h.every == h.phase() {
			if r == h.strong {
				class = "end tick strong"
			}
			d.text(class, h.left-5, y+h.height/2+4, name)
		}
		for c := range h.columns {
			if !h.lower || c <= r {
				d.shade(h.value(r, c), h.left+float64(c)*h.width, y, h.width-0.5, h.height-0.5, h.tip(r, c))
			}
		}
	}
	for c, name := range h.columns {
		switch {
		case !h.lower && h.flat():
			d.text("middle tick", h.left+(float64(c)+0.5)*h.width, h.top-7, name)
		case !h.lower:
			d.slant("start tick", h.left+(float64(c)+0.6)*h.width, h.top-5, name)
		case h.every == 0 || c%h.every == h.phase(): // beside the diagonal
			d.text("start tick", h.left+float64(c+1)*h.width+4, h.top+(float64(c)+0.5)*h.height+4, cut(name, 16))
		}
	}
	d.text("start axis", h.left, bottom+16, h.x)
	if h.y != "" {
		d.upright(12, h.top+float64(len(h.rows))*h.height/2, h.y)
	}
	h.drawLegend(d, h.left, bottom+26)
	return d
}

// flat says whether the columns' names fit above their columns.
func (h *heat) flat() bool {
	for _, name := range h.columns {
		if 7.5*float64(utf8.RuneCountInString(name))+6 > h.width {
			return false
		}
	}
	return true
}

// phase makes the last row, layer 0 of maps that rise, one of those labelled.
func (h *heat) phase() int { return (len(h.rows) - 1) % h.every }

// drawLegend draws the hues from one end to the other.
func (h *heat) drawLegend(d *drawing, x, y float64) {
	d.text("start tick", x, y+11, h.legend[0])
	x += 7.4*float64(utf8.RuneCountInString(h.legend[0])) + 10
	for k := -4; k <= 4; k++ {
		d.shade(float64(k)/4, x, y, 14, 13, "")
		x += 14
	}
	d.text("start tick", x+6, y+11, h.legend[1])
}

// layersDown are the layers' numbers from the last to the first, so that a map
// rises from layer 0 at its foot.
func (a *analysis) layersDown() []string {
	list := make([]string, len(a.layers))
	for i := range a.layers {
		list[len(list)-1-i] = strconv.Itoa(a.layers[i].number)
	}
	return list
}
