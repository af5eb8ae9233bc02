package report

import (
	"fmt"
	"math"
	"strconv"
)

// curves shows, layer by layer, how well held-out questions about the target
// can be told from the others (AUROC per question, with its interval), beside
// every other concept in the target's place, and what meaningless labels and
// directions reach.
func (a *analysis) curves() (Figure, error) {
	f := Figure{ID: "curves", Title: "How well the target can be told apart, layer by layer"}
	if a.best < 0 {
		f.Missing = a.layers[0].judged().failed
		return f, nil
	}
	f.Caption = fmt.Sprintf("Blue: AUROC of held-out questions by the %s, with its central 95 %% interval (templates and controls drawn again %d times). "+
		"0.5 is guessing, 1 is no mistake. Grey band: every concept in turn in the target's place, from the lowest to the highest; where the blue line runs inside it, %s is like any other concept. "+
		"Broken lines: what chance reaches 1 time in 20, with another concept as the target in each template, with shuffled labels, or with random directions; and the words after the name alone. The blue line says something where it is above them, and above its own value at layer 0.", methodName(a.methods[0]), a.draws, a.target)
	f.Tables = []Table{a.curveTable()}
	return f, f.add(a.drawCurves(), "", a.curveWords())
}

// series is one line of the figure and its entry in the legend.
type series struct {
	class, label string
	values       []float64
}

// series lists the lines from the back to the front.
func (a *analysis) series() []series {
	list := []series{
		{"null-a", "by chance: random targets", a.of(func(l *layer) float64 { return l.judged().wrongTarget })},
		{"null-b", "by chance: shuffled labels", a.of(func(l *layer) float64 { return l.judged().shuffled })},
		{"null-c", "by chance: random directions", a.of(func(l *layer) float64 { return l.random })},
		{"null-d", "the rows' tokens alone", a.of(func(*layer) float64 { return a.tokens })},
	}
	for k, name := range a.methods[1:] {
		list = append(list, series{"other-" + strconv.Itoa(k%3), methodName(name), a.of(func(l *layer) float64 { return l.methods[k+1].area })})
	}
	return append(list, series{"main", methodName(a.methods[0]), a.of(func(l *layer) float64 { return l.judged().area })})
}

func (a *analysis) drawCurves() *drawing {
	lines := a.series()
	low, high := a.of(func(l *layer) float64 { return l.judged().low }), a.of(func(l *layer) float64 { return l.judged().high })
	under, over := a.of(func(l *layer) float64 { return l.band().least }), a.of(func(l *layer) float64 { return l.band().top })
	floor := least(0.45, low, under)
	for _, s := range lines {
		floor = least(floor, s.values)
	}
	legend := float64((len(lines)+2+2)/3) * 20
	d := newDrawing(920, 360+legend)
	p := frame{a.layerScale(64, 900), scale{math.Floor(floor*10) / 10, 1, 310 + legend, 14 + legend}}
	d.axes(p, "layer", "AUROC", a.marked(32), p.y.ticks(7))
	xs := p.x.all(a.numbers())
	d.area("band", xs, p.y.all(under), p.y.all(over))
	d.area("ribbon", xs, p.y.all(low), p.y.all(high))
	d.line("chance", p.x.from, p.y.at(0.5), p.x.to, p.y.at(0.5))
	for _, s := range lines {
		d.curve(s.class, xs, p.y.all(s.values))
	}
	main := lines[len(lines)-1].values
	for i, v := range main {
		if finite(v) {
			d.circle("main dot", xs[i], p.y.at(v), 3, fmt.Sprintf("layer %d: AUROC %.3f, interval %s to %s", a.layers[i].number, v, fixed(low[i], 3), fixed(high[i], 3)))
		}
	}
	d.legend(64, 10, 285, 3, append(lines, series{class: "band", label: "every concept in the target's place"}, series{class: "ribbon", label: "95 % interval"}))
	return d
}

// legend draws entries in columns, the last of lines first.
func (d *drawing) legend(x, y, width float64, columns int, entries []series) {
	for k := range entries {
		e := entries[len(entries)-1-k]
		ex, ey := x+float64(k%columns)*width, y+float64(k/columns)*20
		if e.class == "band" || e.class == "ribbon" {
			d.rect(e.class, ex, ey-7, 26, 12, "")
		} else {
			d.line(e.class, ex, ey, ex+26, ey)
		}
		d.text("start tick", ex+32, ey+4, e.label)
	}
}

// band is the judged method's, of NaN where there is none.
func (l *layer) band() band {
	if b := l.judged().band; b != nil {
		return *b
	}
	return band{least: math.NaN(), top: math.NaN(), median: math.NaN()}
}

// curveWords says in words what the curve does.
func (a *analysis) curveWords() string {
	first, l := &a.layers[0], a.lead()
	return fmt.Sprintf("At layer %d the AUROC is %s, at layer %d it is %s with an interval from %s to %s; the other concepts lie between %s and %s there.",
		first.number, fixed(first.judged().area, 3), l.number, fixed(l.judged().area, 3), fixed(l.judged().low, 3), fixed(l.judged().high, 3),
		fixed(l.band().least, 3), fixed(l.band().top, 3))
}

func (a *analysis) curveTable() Table {
	t := Table{Caption: "AUROC by layer", Head: []string{"layer", "AUROC", "low", "high", "worst fold", "other concepts, least", "median", "most", "random target", "shuffled labels", "random directions"}}
	for _, name := range a.methods[1:] {
		t.Head = append(t.Head, methodName(name))
	}
	for i := range a.layers {
		l, m, b := &a.layers[i], a.layers[i].judged(), a.layers[i].band()
		row := []string{strconv.Itoa(l.number)}
		for _, v := range []float64{m.area, m.low, m.high, m.worst, b.least, b.median, b.top, m.wrongTarget, m.shuffled, l.random} {
			row = append(row, fixed(v, 3))
		}
		for _, x := range l.methods[1:] {
			row = append(row, fixed(x.area, 3))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
