package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// scatter shows the questions as points, at the layer looked at closer: in the
// plane in which they vary most (PCA), and along the direction that sets the
// target apart.
func (a *analysis) scatter(d *rows) (Figure, error) {
	f := Figure{ID: "scatter", Title: fmt.Sprintf("The questions as points, at layer %d", a.lead().number)}
	dim := len(d.means[0])
	x := mat.NewDense(len(d.at), dim, nil)
	for i, v := range d.at {
		x.SetRow(i, v)
	}
	var pc stat.PC
	if len(d.at) < 3 || dim < 2 || !pc.PrincipalComponents(x, nil) {
		f.Missing = fmt.Sprintf("want at least 3 questions that differ, have %d", len(d.at))
		return f, nil
	}
	var axes mat.Dense
	pc.VectorsTo(&axes)
	first, second := mat.Col(nil, 0, &axes), mat.Col(nil, 1, &axes)
	vars := pc.VarsTo(nil)
	if vars[0] <= 0 {
		f.Missing = "the questions do not differ at this layer"
		return f, nil
	}
	f.Caption = fmt.Sprintf("A point is a question (blue: about %s): the mean of its rows, less the mean of its template's questions. Names stand at the concepts' means. First: the two directions in which the points vary most, blind to which is which (they hold %.0f and %.0f %% of the variance). ",
		a.target, 100*vars[0]/floats.Sum(vars), 100*vars[1]/floats.Sum(vars))
	if len(d.points) < len(d.questions) {
		f.Caption += fmt.Sprintf("%d of %d questions are drawn. ", len(d.points), len(d.questions))
	}
	if err := f.add(d.plane(first, second, "first component", "second component"), "PCA: where the questions vary most", d.planeWords(first)); err != nil {
		return f, err
	}
	name, along := a.separator()
	if along != nil {
		f.Caption += fmt.Sprintf("Second: along the direction of the %s, which was fitted on these very questions, so that it looks better here than it tests; upwards, the first component of what is left.", methodName(name))
		up := slices.Clone(first)
		floats.AddScaled(up, -floats.Dot(up, along), along)
		if n := floats.Norm(up, 2); n > 1e-6 {
			floats.Scale(1/n, up)
		} else {
			up = second
		}
		if err := f.add(d.plane(along, up, "score along the direction", "what is left"), shortName(name)+": along the direction that sets "+a.target+" apart", d.planeWords(along)); err != nil {
			return f, err
		}
	}
	f.Tables = []Table{d.meansTable(first, second, along)}
	return f, nil
}

// separator is the unit direction of the second panel: LDA where it was
// computed, else the judged method's.
func (a *analysis) separator() (string, []float64) {
	l := a.lead()
	m := l.judged()
	for i := range l.methods {
		if l.methods[i].name == lda && l.methods[i].direction != nil {
			m = &l.methods[i]
		}
	}
	v := slices.Clone(m.direction)
	if n := floats.Norm(v, 2); v == nil || n == 0 {
		return "", nil
	} else {
		floats.Scale(1/n, v)
	}
	return m.name, v
}

// plane draws the points in the plane of two directions.
func (d *rows) plane(across, up []float64, xLabel, yLabel string) *drawing {
	w := newDrawing(450, 400)
	var xs, ys []float64
	for _, v := range d.at {
		xs, ys = append(xs, floats.Dot(v, across)), append(ys, floats.Dot(v, up))
	}
	p := frame{room(xs, 58, 440), room(ys, 350, 10)}
	w.axes(p, xLabel, yLabel, p.x.ticks(5), p.y.ticks(5))
	for _, target := range []bool{false, true} {
		for i := range xs {
			q := d.questions[d.points[i]]
			if (q.concept == 0) != target {
				continue
			}
			class, r := "point", 3.0
			if target {
				class, r = "point own", 4.5
			}
			w.circle(class, p.x.at(xs[i]), p.y.at(ys[i]), r, d.concepts[q.concept])
		}
	}
	var taken []written
	for c, name := range d.concepts {
		x, y := p.x.at(floats.Dot(d.means[c], across)), p.y.at(floats.Dot(d.means[c], up))
		if c > 0 && slices.ContainsFunc(taken, func(o written) bool { return o.near(x, y, name) }) {
			continue
		}
		class := "middle name"
		if c == 0 { // above its points, which it would hide
			class += " strong"
			for i := range ys {
				if d.questions[d.points[i]].concept == 0 {
					y = min(y, p.y.at(ys[i])+2)
				}
			}
		}
		taken = append(taken, written{x, y, name})
		w.text(class, min(max(x, 85), 410), y-12, cut(name, 16))
	}
	return w
}

// written is a name and its middle.
type written struct {
	x, y float64
	name string
}

// near says whether a name at x, y would run into it.
func (o written) near(x, y float64, name string) bool {
	return max(o.y-y, y-o.y) < 12 && max(o.x-x, x-o.x) < 6+3.4*float64(min(len(name), 16)+min(len(o.name), 16))
}

// room is a scale around values.
func room(vs []float64, from, to float64) scale {
	low, high := slices.Min(vs), slices.Max(vs)
	margin := 0.08 * (high - low)
	if margin == 0 {
		margin = 1
	}
	return scale{low - margin, high + margin, from, to}
}

// planeWords says how the target stands on an axis.
func (d *rows) planeWords(axis []float64) string {
	var s spread
	for _, m := range d.means[1:] {
		s.add(floats.Dot(m, axis))
	}
	return fmt.Sprintf("On the horizontal axis the mean of %s lies %s standard deviations from the mean of the other concepts.", d.concepts[0], signed(s.above(floats.Dot(d.means[0], axis))))
}

func (d *rows) meansTable(first, second, along []float64) Table {
	t := Table{Caption: "Means of the concepts", Head: []string{"concept", "first component", "second component"}}
	if along != nil {
		t.Head = append(t.Head, "along the direction")
	}
	for c, name := range d.concepts {
		row := []string{name, fixed(floats.Dot(d.means[c], first), 4), fixed(floats.Dot(d.means[c], second), 4)}
		if along != nil {
			row = append(row, fixed(floats.Dot(d.means[c], along), 4))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
