package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// drawing is an SVG being made, in units of about a pixel at full width.
// Colours are classes of page.css, so that light, dark and print differ in the
// style sheet alone.
type drawing struct {
	b     strings.Builder
	w, h  float64
	bad   bool   // a number was none
	marks []mark // the same, for pictures
}

// mark is one line, box, circle, text, curve or filled area of a drawing.
type mark struct {
	kind     markKind
	class    string
	at       []float64 // x1, y1, x2, y2 of a line; x, y, width, height; x, y, radius; x, y of a text; x, y, x, y, … of the others
	text     string
	turn     float64 // of a text, in degrees, clockwise
	strength float64 // of a box in a map, from 0 to 1; of the others 1
}

type markKind int

const (
	lineMark markKind = iota
	rectMark
	circleMark
	textMark
	curveMark
	areaMark
)

func (d *drawing) mark(kind markKind, class string, at ...float64) *mark {
	d.marks = append(d.marks, mark{kind: kind, class: class, at: at, strength: 1})
	return &d.marks[len(d.marks)-1]
}

func newDrawing(w, h float64) *drawing { return &drawing{w: w, h: h} }

// num writes a coordinate with at most one decimal.
func (d *drawing) num(v float64) string {
	d.bad = d.bad || !finite(v)
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.mark(lineMark, class, x1, y1, x2, y2)
	fmt.Fprintf(&d.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, d.num(x1), d.num(y1), d.num(x2), d.num(y2))
}

// rect draws a box; tip, where not "", is what the pointer shows.
func (d *drawing) rect(class string, x, y, w, h float64, tip string) {
	d.mark(rectMark, class, x, y, w, h)
	fmt.Fprintf(&d.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s/>`, class, d.num(x), d.num(y), d.num(w), d.num(h), tipOf(tip))
}

// shade draws a box of a map: v from -1 to 1, by hue and strength; NaN is
// hatched.
func (d *drawing) shade(v, x, y, w, h float64, tip string) {
	if !finite(v) {
		d.rect("none", x, y, w, h, tip)
		return
	}
	class := "up"
	if v < 0 {
		class = "down"
	}
	d.mark(rectMark, class, x, y, w, h).strength = min(math.Abs(v), 1)
	strength := strconv.FormatFloat(min(math.Abs(v), 1), 'f', 2, 64)
	fmt.Fprintf(&d.b, `<rect class="%s" fill-opacity="%s" x="%s" y="%s" width="%s" height="%s"%s/>`,
		class, strength, d.num(x), d.num(y), d.num(w), d.num(h), tipOf(tip))
}

func (d *drawing) circle(class string, x, y, r float64, tip string) {
	d.mark(circleMark, class, x, y, r)
	fmt.Fprintf(&d.b, `<circle class="%s" cx="%s" cy="%s" r="%s"%s/>`, class, d.num(x), d.num(y), d.num(r), tipOf(tip))
}

// text writes s; class holds start, middle or end for its anchor.
func (d *drawing) text(class string, x, y float64, s string) {
	d.mark(textMark, class, x, y).text = s
	fmt.Fprintf(&d.b, `<text class="%s" x="%s" y="%s">%s</text>`, class, d.num(x), d.num(y), html.EscapeString(s))
}

// upright writes s along the axis at the left.
func (d *drawing) upright(x, y float64, s string) {
	m := d.mark(textMark, "middle axis", x, y)
	m.text, m.turn = s, -90
	fmt.Fprintf(&d.b, `<text class="middle axis" transform="translate(%s %s) rotate(-90)">%s</text>`, d.num(x), d.num(y), html.EscapeString(s))
}

// slant writes a column's label, rising to the right from x, y.
func (d *drawing) slant(class string, x, y float64, s string) {
	m := d.mark(textMark, class, x, y)
	m.text, m.turn = s, -50
	fmt.Fprintf(&d.b, `<text class="%s" transform="translate(%s %s) rotate(-50)">%s</text>`, class, d.num(x), d.num(y), html.EscapeString(s))
}

// curve joins points; a y that is NaN breaks the line, and a point alone
// becomes a dot.
func (d *drawing) curve(class string, xs, ys []float64) {
	for i := 0; i < len(ys); i++ {
		from := i
		for i < len(ys) && finite(ys[i]) {
			i++
		}
		switch i - from {
		case 0:
		case 1:
			d.circle(class+" dot", xs[from], ys[from], 2.5, "")
		default:
			d.mark(curveMark, class, pairs(xs[from:i], ys[from:i])...)
			fmt.Fprintf(&d.b, `<polyline class="%s" points="%s"/>`, class, d.points(xs[from:i], ys[from:i]))
		}
	}
}

// area fills between two curves where both are there.
func (d *drawing) area(class string, xs, low, high []float64) {
	for i := 0; i < len(xs); i++ {
		from := i
		for i < len(xs) && finite(low[i]) && finite(high[i]) {
			i++
		}
		if i-from < 2 {
			continue
		}
		fmt.Fprintf(&d.b, `<polygon class="%s" points="%s`, class, d.points(xs[from:i], high[from:i]))
		around := pairs(xs[from:i], high[from:i])
		for k := i - 1; k >= from; k-- {
			around = append(around, xs[k], low[k])
			fmt.Fprintf(&d.b, " %s,%s", d.num(xs[k]), d.num(low[k]))
		}
		d.b.WriteString(`"/>`)
		d.mark(areaMark, class, around...)
	}
}

func (d *drawing) points(xs, ys []float64) string {
	list := make([]string, len(xs))
	for i := range xs {
		list[i] = d.num(xs[i]) + "," + d.num(ys[i])
	}
	return strings.Join(list, " ")
}

// pairs are x, y, x, y, …
func pairs(xs, ys []float64) []float64 {
	var list []float64
	for i := range xs {
		list = append(list, xs[i], ys[i])
	}
	return list
}

func tipOf(s string) string {
	if s == "" {
		return ""
	}
	return ` data-tip="` + html.EscapeString(s) + `"`
}

// done closes the drawing under an id; title and desc are read aloud.
func (d *drawing) done(id, title, desc string) (template.HTML, error) {
	if d.bad {
		return "", fmt.Errorf("figure %s: want numbers, have one that is none", id)
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %s %s" style="max-width:%spx;--least:%spx" role="img" tabindex="0" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>%s</svg>`,
		d.num(d.w), d.num(d.h), d.num(d.w), d.num(0.75*d.w), id, id, id, html.EscapeString(title), id, html.EscapeString(desc), d.b.String())), nil
}

// scale maps values to places on an axis.
type scale struct{ low, high, from, to float64 }

func (s scale) at(v float64) float64 {
	return s.from + (v-s.low)/(s.high-s.low)*(s.to-s.from)
}

// all maps a list.
func (s scale) all(vs []float64) []float64 {
	list := make([]float64, len(vs))
	for i, v := range vs {
		list[i] = s.at(v)
	}
	return list
}

// ticks are round values inside a scale, about n.
func (s scale) ticks(n int) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/float64(n))))
	for _, f := range []float64{1, 2, 5, 10} {
		if (s.high-s.low)/(step*f) <= float64(n) {
			step *= f
			break
		}
	}
	var list []float64
	for k := math.Ceil(s.low/step - 1e-9); k*step <= s.high+step*1e-9; k++ {
		list = append(list, k*step)
	}
	return list
}

// frame is a plot's box with its axes.
type frame struct{ x, y scale }

// axes draws grid lines and labels of both axes.
func (d *drawing) axes(f frame, xLabel, yLabel string, xTicks, yTicks []float64) {
	for _, v := range yTicks {
		d.line("grid", f.x.from, f.y.at(v), f.x.to, f.y.at(v))
		d.text("end tick", f.x.from-6, f.y.at(v)+4, short(v))
	}
	for _, v := range xTicks {
		d.line("rule", f.x.at(v), f.y.from, f.x.at(v), f.y.from+4)
		d.text("middle tick", f.x.at(v), f.y.from+17, short(v))
	}
	d.line("rule", f.x.from, f.y.from, f.x.to, f.y.from)
	d.text("middle axis", (f.x.from+f.x.to)/2, f.y.from+34, xLabel)
	d.upright(f.x.from-42, (f.y.from+f.y.to)/2, yLabel)
}

// short writes a tick's number.
func short(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6+0, 'g', -1, 64) // + 0 makes -0 a 0
}

// fixed writes a figure for a table: "–" where it could not be computed.
func fixed(v float64, digits int) string {
	if !finite(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
