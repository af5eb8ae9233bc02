package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// doses shows how the effect grows with the strength, at the places where it is
// largest.
func (a *analysis) doses(all []*trace) (Figure, error) {
	f := Figure{ID: "doses", Title: "How the effect grows with the dose"}
	var scaled []*trace
	for _, t := range all {
		if t.kind.Scaled() && len(t.steps) > 1 {
			scaled = append(scaled, t)
		}
	}
	if scaled == nil {
		f.Missing = "only one strength was tried; premlp steer --alpha 1,2,4 tries several"
		return f, nil
	}
	f.Caption = fmt.Sprintf("The net change of %s's answer by how many times the direction was added, at the layers where it did most (blue: the strongest). Broken grey: random directions of the same length at the blue line's layer. An effect that is the direction's own grows with the dose while the random one does not.", a.target)
	t := Table{Caption: "Net change by dose", Head: []string{"place", "alpha", "net", "random net", "flipped", "of"}}
	for _, p := range panels(scaled) {
		if len(f.Panels) == mostEdits {
			f.Caption += fmt.Sprintf(" Only the first %d panels are drawn.", mostEdits)
			break
		}
		slices.SortStableFunc(p.traces, func(x, y *trace) int {
			return cmp.Compare(math.Abs(y.last().Net), math.Abs(x.last().Net))
		})
		for _, x := range p.traces {
			for i := range x.steps {
				s := &x.steps[i]
				t.Rows = append(t.Rows, []string{fmt.Sprintf("%s, %s at %s", x.method, x.kind, x.place), short(s.Alpha), plus(s.Net), plus(s.null()), strconv.Itoa(s.Flipped), strconv.Itoa(s.Questions)})
			}
		}
		p.traces = p.traces[:min(len(p.traces), mostDoses)]
		if err := f.add(drawDoses(p.traces), p.name, "Strongest: "+p.traces[0].last().tip(p.traces[0])+"."); err != nil {
			return f, err
		}
	}
	f.Tables = []Table{t}
	return f, nil
}

func drawDoses(traces []*trace) *drawing {
	var lines []series
	var all [][]float64
	xs := make([][]float64, 0, len(traces)+1)
	for i, t := range slices.Backward(traces) {
		class := "main"
		if i > 0 {
			class = "other-" + strconv.Itoa(i-1)
		}
		x, net := t.curve(func(s *step) float64 { return s.Net })
		lines, xs, all = append(lines, series{class, "layer " + ranges(t.place.Layers), net}), append(xs, x), append(all, net)
	}
	x, random := traces[0].curve((*step).null)
	if traces[0].last().Random != nil {
		lines, xs, all = slices.Insert(lines, 0, series{"null-c", "random directions", random}), slices.Insert(xs, 0, x), append(all, random)
	}
	legend := 20 * float64((len(lines)-1)/2)
	d := newDrawing(450, 320+legend)
	p := frame{scale{least(0, xs...), most(0, xs...), 64, 430}, height(270+legend, 34+legend, all...)}
	d.axes(p, "times the direction was added (alpha)", "net change", p.x.ticks(6), p.y.ticks(6))
	d.line("chance", p.x.from, p.y.at(0), p.x.to, p.y.at(0))
	for i, l := range lines {
		d.curve(l.class, p.x.all(xs[i]), p.y.all(l.values))
	}
	for i := range traces[0].steps {
		s := &traces[0].steps[i]
		d.circle("main dot", p.x.at(s.Alpha), p.y.at(s.Net), 3, s.tip(traces[0]))
	}
	d.legend(64, 10, 190, 2, lines)
	return d
}

// curve is a value by strength, with no change at strength 0.
func (t *trace) curve(value func(*step) float64) (xs, ys []float64) {
	for i := range t.steps {
		xs, ys = append(xs, t.steps[i].Alpha), append(ys, value(&t.steps[i]))
	}
	if i, found := slices.BinarySearch(xs, 0); !found {
		xs, ys = slices.Insert(xs, i, 0), slices.Insert(ys, i, 0)
	}
	return xs, ys
}

// changes shows, where the direction did most at each site, whose answers
// changed: the target's, the right ones, all others, beside random directions.
func (a *analysis) changes(all []*trace) (Figure, error) {
	f := Figure{ID: "changes", Title: "Whose answers change where it does most"}
	f.Caption = fmt.Sprintf("Changes of log-probability in the questions about others: of %s's answer, of the answer that is right there, and of all other candidates; below, of %s's own question. A direction of %s alone raises the first and leaves the others. Grey: random directions of the same length.", a.target, a.target, a.target)
	t := Table{Caption: "Changes", Head: []string{"place", "answer", "direction", "random"}}
	for _, p := range panels(all) {
		if len(f.Panels) == mostEdits {
			break
		}
		x, s := strongestOf(p.traces)
		random := [4]float64{nan, nan, nan, nan}
		if s.Random != nil {
			random = [4]float64{s.Random.ToTarget, s.Random.Right, s.Random.ToTarget - s.Random.Net, nan}
		}
		own := nan
		if s.Own != nil {
			own = *s.Own
		}
		values := [4]float64{s.ToTarget, s.Right, s.Others, own}
		for i, name := range answerNames {
			t.Rows = append(t.Rows, []string{s.label(x), name, plus(values[i]), plus(random[i])})
		}
		words := fmt.Sprintf("%d of %d answers became the target's, %d were lost.", s.Flipped, s.Questions, s.Lost)
		if err := f.add(drawChanges(values, random, words), s.label(x), s.tip(x)+"; "+words); err != nil {
			return f, err
		}
	}
	f.Tables = []Table{t}
	return f, nil
}

var answerNames = [4]string{"the target's answer", "the right answer", "all other answers", "its own question"}

// label names a step with its place and strength.
func (s *step) label(t *trace) string {
	if !s.Kind.Scaled() {
		return fmt.Sprintf("%s at %s", s.Kind, t.place)
	}
	return fmt.Sprintf("%s at %s, %g times", s.Kind, t.place, s.Alpha)
}

// strongestOf is the step with the largest net change.
func strongestOf(traces []*trace) (*trace, *step) {
	t, best := traces[0], traces[0].last()
	for _, x := range traces {
		for i := range x.steps {
			if s := &x.steps[i]; math.Abs(s.Net) > math.Abs(best.Net) {
				t, best = x, s
			}
		}
	}
	return t, best
}

func drawChanges(values, random [4]float64, words string) *drawing {
	d := newDrawing(450, 220)
	x := height(150, 400, values[:], random[:])
	for _, v := range x.ticks(5) {
		d.line("grid", x.at(v), 8, x.at(v), 162)
		d.text("middle tick", x.at(v), 179, short(v))
	}
	d.line("rule", x.at(0), 8, x.at(0), 162)
	d.text("middle axis", (x.from+x.to)/2, 196, "change of log-probability")
	d.text("middle tick", (x.from+x.to)/2, 214, words)
	for i, name := range answerNames {
		y := 14 + 38*float64(i)
		d.text("end tick", 142, y+15, name)
		d.bar("bar own", x, y, 13, values[i], name+": "+plus(values[i]))
		d.bar("bar", x, y+14, 9, random[i], name+", random directions: "+plus(random[i]))
	}
	return d
}

// bar draws a value from 0, and writes the wider ones beside it.
func (d *drawing) bar(class string, x scale, y, width, v float64, tip string) {
	if !finite(v) {
		return
	}
	from, to := min(x.at(0), x.at(v)), max(x.at(0), x.at(v))
	d.rect(class, from, y, max(to-from, 1), width, tip)
	if width > 10 {
		d.text("start tick", to+4, y+11, plus(v)) // of one below 0 too: the names stand on the left
	}
}
