package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"premlp/collect/steering"
)

// mostDoses is how many layers a panel of doses shows, mostEdits how many
// panels.
const (
	mostDoses = 4
	mostEdits = 6
)

// nats says what the figures count in.
const nats = "Up: the answer became likelier beside the others; +1 is 2.7 times, +2.3 is ten times."

// steered draws what the directions did to the model's answers.
func (a *analysis) steered(s *Steering) ([]Figure, error) {
	if len(s.Tests) == 0 {
		return nil, nil
	}
	all := s.traces(a.target)
	var list []Figure
	for _, draw := range []func([]*trace) (Figure, error){a.steeredLayers, a.doses, a.changes} {
		f, err := draw(all)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	t := s.Tests[0]
	list[0].Caption += fmt.Sprintf(" Asked: “%s”, answered “%s …”; %s edited.", t.Question, t.Prefix, positionWords(t.Positions))
	return list, nil
}

func positionWords(p steering.Positions) string {
	switch p {
	case steering.After:
		return "every token after the name was"
	case steering.Question:
		return "the question's tokens after the name were"
	}
	return "the last token was"
}

// panel is the traces that one drawing shows.
type panel struct {
	name   string
	traces []*trace
	alpha  float64 // the strength that is drawn over layers
}

// panels groups traces by method, kind and site.
func panels(all []*trace) []panel {
	var list []panel
	several := slices.ContainsFunc(all, func(t *trace) bool { return t.method != all[0].method || t.kind != all[0].kind })
	for _, t := range all {
		name := "at " + string(t.place.Site)
		if several {
			name = fmt.Sprintf("%s, %s, at %s", t.method, t.kind, t.place.Site)
		}
		i := slices.IndexFunc(list, func(p panel) bool { return p.name == name })
		if i < 0 {
			i, list = len(list), append(list, panel{name: name})
		}
		list[i].traces = append(list[i].traces, t)
	}
	return list
}

// steeredLayers shows the effect of one strength at each layer by itself.
func (a *analysis) steeredLayers(all []*trace) (Figure, error) {
	f := Figure{ID: "steering", Title: "What adding the direction does to the answers, layer by layer"}
	t := Table{Caption: "All edits: changes of log-probability in questions about others", Head: []string{"edit", "alpha", "target's answer", "right answer", "other answers", "net", "random net", "flipped", "lost", "of", "own question", "KL on neutral text"}}
	for _, x := range all {
		for i := range x.steps {
			t.Rows = append(t.Rows, x.steps[i].row(x))
		}
	}
	f.Tables = []Table{t}
	for _, p := range byLayer(all) {
		d, desc := a.drawSteeredLayers(p.traces, p.alpha)
		if err := f.add(d, p.name, desc); err != nil {
			return f, err
		}
	}
	if f.Panels == nil {
		f.Missing, f.Tables = "only one layer was tried; premlp steer --layers tries several", nil
		return f, nil
	}
	f.Caption = fmt.Sprintf("In questions about other concepts the direction of %s was put in at one layer, and the answers were read again: the change of the log-probability of %s's answer less that of the other candidates' (net). %s Blue: the direction. Broken grey: random directions of the same length.", a.target, a.target, nats)
	if slices.ContainsFunc(all, func(t *trace) bool { return finite(t.last().under) }) {
		f.Caption += " Grey band: every other target that was tried."
	}
	f.Caption += " mlp_in changes one MLP and the stream (resid) everything behind it, so the panels' heights do not compare."
	return f, nil
}

// byLayer keeps edits of single layers, of each kind and site those of one
// strength, by layer: what is drawn over layers.
func byLayer(all []*trace) []panel {
	var list []panel
	for _, p := range panels(slices.DeleteFunc(slices.Clone(all), func(t *trace) bool { return len(t.place.Layers) != 1 })) {
		p.alpha = commonest(p.traces)
		p.traces = slices.DeleteFunc(p.traces, func(t *trace) bool { return t.at(p.alpha) == nil })
		if len(p.traces) < 2 || len(list) == mostEdits {
			continue
		}
		slices.SortFunc(p.traces, func(x, y *trace) int { return cmp.Compare(x.place.Layers[0], y.place.Layers[0]) })
		if p.traces[0].kind.Scaled() {
			p.name += fmt.Sprintf(", %g times", p.alpha)
		}
		list = append(list, p)
	}
	return list
}

// row is a step's numbers.
func (s *step) row(t *trace) []string {
	random, own, kl := nan, nan, nan
	if s.Random != nil {
		random = s.Random.Net
	}
	if s.Own != nil {
		own = *s.Own
	}
	if s.KL != nil {
		kl = *s.KL
	}
	alpha := "–"
	if s.Kind.Scaled() {
		alpha = short(s.Alpha)
	}
	return []string{fmt.Sprintf("%s, %s at %s", t.method, s.Kind, t.place), alpha, plus(s.ToTarget), plus(s.Right), plus(s.Others), plus(s.Net), plus(random),
		strconv.Itoa(s.Flipped), strconv.Itoa(s.Lost), strconv.Itoa(s.Questions), plus(own), fixed(kl, 4)}
}

// plus writes a change with its sign: "–" where it could not be computed.
func plus(v float64) string {
	if !finite(v) {
		return "–"
	}
	return fmt.Sprintf("%+.2f", v)
}

// commonest is the strength at which most traces have a step, of several the
// largest.
func commonest(traces []*trace) float64 {
	count := map[float64]int{}
	best := math.Inf(-1)
	for _, t := range traces {
		for _, s := range t.steps {
			count[s.Alpha]++
		}
	}
	for alpha, n := range count {
		if math.IsInf(best, -1) || n > count[best] || n == count[best] && alpha > best {
			best = alpha
		}
	}
	return best
}

func (a *analysis) drawSteeredLayers(traces []*trace, alpha float64) (*drawing, string) {
	var xs, net, random, under, over []float64
	for _, t := range traces {
		s := t.at(alpha)
		xs = append(xs, float64(t.place.Layers[0]))
		net, random, under, over = append(net, s.Net), append(random, s.null()), append(under, s.under), append(over, s.over)
	}
	d := newDrawing(450, 320)
	p := frame{scale{xs[0], xs[len(xs)-1], 64, 440}, height(270, 34, net, random, under, over)}
	d.axes(p, "layer", "net change", layerTicks(xs), p.y.ticks(6))
	px := p.x.all(xs)
	d.area("band", px, p.y.all(under), p.y.all(over))
	d.line("chance", p.x.from, p.y.at(0), p.x.to, p.y.at(0))
	d.curve("null-c", px, p.y.all(random))
	d.curve("main", px, p.y.all(net))
	best := 0
	for i, t := range traces {
		s := t.at(alpha)
		if s.Net > traces[best].at(alpha).Net {
			best = i
		}
		d.circle("main dot", px[i], p.y.at(s.Net), 3, s.tip(t))
	}
	d.legend(64, 10, 190, 2, steeredLegend(a.target, random, under))
	return d, fmt.Sprintf("Strongest: %s.", traces[best].at(alpha).tip(traces[best]))
}

func steeredLegend(target string, random, under []float64) []series {
	list := []series{{class: "null-c", label: "random directions"}, {class: "main", label: cut(target, 22)}}
	if !slices.ContainsFunc(random, finite) {
		list = list[1:]
	}
	if slices.ContainsFunc(under, finite) {
		list = append(list, series{class: "band", label: "the other targets"})
	}
	return list
}

// tip says what a step did.
func (s *step) tip(t *trace) string {
	text := t.place.String()
	if s.Kind.Scaled() {
		text += fmt.Sprintf(", %g times", s.Alpha)
	}
	text += fmt.Sprintf(": net %+.2f (target's answer %+.2f, the others' %+.2f)", s.Net, s.ToTarget, s.Others)
	if s.Random != nil {
		text += fmt.Sprintf(", random %+.2f", s.Random.Net)
	}
	return text + fmt.Sprintf("; %d of %d answers became the target's", s.Flipped, s.Questions)
}

// height is a vertical scale around 0 and all values.
func height(from, to float64, lists ...[]float64) scale {
	low, high := least(0, lists...), most(0, lists...)
	margin := 0.06 * (high - low)
	if margin == 0 {
		margin = 1
	}
	return scale{low - margin, high + margin, from, to}
}

// layerTicks labels at most eight whole layers.
func layerTicks(xs []float64) []float64 {
	s := scale{low: xs[0], high: xs[len(xs)-1]}
	return slices.DeleteFunc(s.ticks(8), func(v float64) bool { return v != math.Trunc(v) })
}
