package study

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"premlp/collect/direction"
	"premlp/collect/steering"
	"premlp/model"
)

// drawHeadline draws the study's picture: how well the concept can be read at each
// layer, from which token, and what adding its direction does to the answers.
func (r *Countries24Result) drawHeadline(path, kind string) error {
	s := &sheet{width: 24 * vg.Centimeter, height: 25 * vg.Centimeter, layers: r.LayerCount}
	for _, draw := range []func() (panel, error){r.readingPanel, r.placesPanel, r.effectPanel} {
		p, err := draw()
		if err != nil {
			return fmt.Errorf("study: picture: %w", err)
		}
		s.panels = append(s.panels, p)
	}
	return s.save(path, kind)
}

// shown are the readouts of the site that the first two panels show.
func (r *Countries24Result) shown() []*Readout {
	var list []*Readout
	for _, l := range r.Readouts.Layers {
		if l.Site == mlpIn {
			list = append(list, l)
		}
	}
	return list
}

// readingPanel shows AUROC of named and of described questions, with the nulls.
func (r *Countries24Result) readingPanel() (panel, error) {
	p := newPanelPlot(r.LayerCount, "AUROC of questions")
	var key legend
	d := &drawer{plot: p, legend: &key}
	named := columns(r.shown(), func(l *Readout) Band { return l.Mean.Targets })
	x := r.headlineDescriptions()
	var described bandColumns
	if x != nil {
		described = columns(x.ofSite(mlpIn), func(l DescribedLayer) Band { return l.Pooled })
		d.ribbon(described.least, described.most, orange)
	}
	d.ribbon(named.least, named.most, blue)
	d.curve(named.median, blue, 2.5, nil, "named: median and", fmt.Sprintf("range of %d concepts", len(r.Concepts)))
	if x != nil {
		d.curve(described.median, orange, 2.5, nil, "described by "+strings.ReplaceAll(x.Fact, "_", " ")+":", "median and range")
		bag := max(x.Prompt.Pooled.Median, x.Span.Pooled.Median)
		d.curve(constant(float64(bag), r.LayerCount), orange, 1.5, []vg.Length{5, 3}, "described: input", "embeddings alone")
	}
	null := values(r.shown(), func(l *Readout) direction.Figure { return l.Mean.RandomTarget.High })
	d.curve(null, grey, 1.5, []vg.Length{5, 3}, "named: random labels,", "1 in 20 is above")
	d.onset(r.Causal, "begins to act (3)")
	p.Y.Min, p.Y.Max = min(0.4, p.Y.Min), 1.02
	p.Y.Tick.Marker = tenths(p.Y.Min)
	return panel{p, "1  Can the concept be read?  (MLP input, unseen question templates)", 0.40, key.draw(p.X.Label.TextStyle)}, d.err
}

// headlineDescriptions are the descriptions that are shown: by landmark, else the
// first.
func (r *Countries24Result) headlineDescriptions() *Described {
	for _, d := range r.Described {
		if d.Fact == "landmark" {
			return d
		}
	}
	if len(r.Described) > 0 {
		return r.Described[0]
	}
	return nil
}

// ofSite are the layers of a site.
func (d *Described) ofSite(site model.Site) []DescribedLayer {
	var list []DescribedLayer
	for _, l := range d.Layers {
		if l.Site == site {
			list = append(list, l)
		}
	}
	return list
}

// placesPanel shows the median AUROC over targets of single tokens, from the
// concept's side down to the prompt's last.
func (r *Countries24Result) placesPanel() (panel, error) {
	p := newPanelPlot(r.LayerCount, "")
	d := &drawer{plot: p}
	var ticks plot.ConstantTicks
	for x, l := range r.shown() {
		places := slices.DeleteFunc(slices.Clone(l.Places), func(p PlaceReading) bool { return p.Place > 0 })
		for i, place := range places {
			y := float64(len(places) - 1 - i)
			d.field(float64(x), y, heat(float64(place.Targets.Median)))
			if x == 0 {
				ticks = append(ticks, plot.Tick{Value: y, Label: placeLabel(place)})
			}
		}
	}
	d.onset(r.Causal, "")
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width = ticks, 0, 0
	p.Y.Min, p.Y.Max = -0.5, float64(len(ticks))-0.5
	return panel{p, "2  From which token after the concept?", 0.22, heatScale(p.X.Label.TextStyle, len(r.Concepts))}, d.err
}

// placeLabel names a token of the prompt's end; brackets are around one that not all
// questions have there.
func placeLabel(p PlaceReading) string {
	token := fmt.Sprintf("%q", p.Token)
	token = token[1 : len(token)-1]
	if p.Share < 1 {
		token = "(" + token + ")"
	}
	return token
}

// heatScale draws the colours of AUROC.
func heatScale(style text.Style, concepts int) func(draw.Canvas) {
	style.Font.Size, style.Color, style.XAlign, style.YAlign = labelSize, ink, text.XLeft, text.YCenter
	return func(c draw.Canvas) {
		const steps = 50
		low, high := c.Min.Y+2*vg.Millimeter, c.Max.Y-8*vg.Millimeter
		step := (high - low) / steps
		for i := range steps {
			y := low + vg.Length(i)*step // each is drawn up to the top, so that no gap is between
			c.FillPolygon(heat(0.5+0.5*(float64(i)+0.5)/steps), []vg.Point{
				{X: c.Min.X, Y: y}, {X: c.Min.X + 6*vg.Millimeter, Y: y}, {X: c.Min.X + 6*vg.Millimeter, Y: high}, {X: c.Min.X, Y: high},
			})
		}
		for _, v := range []float64{0.5, 0.75, 1} {
			y := low + vg.Length((v-0.5)*2)*(high-low)
			c.FillText(style, vg.Point{X: c.Min.X + 8*vg.Millimeter, Y: y}, fmt.Sprintf("%.2f", v))
		}
		c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y - 3*vg.Millimeter}, fmt.Sprintf("AUROC, median of %d", concepts))
	}
}

// effectPanel shows what adding a direction at one layer does to the target's
// answer, less what it does to the other answers.
func (r *Countries24Result) effectPanel() (panel, error) {
	p := newPanelPlot(r.LayerCount, "change of log-probability")
	p.X.Label.Text = "layer"
	var key legend
	d := &drawer{plot: p, legend: &key}
	d.plain(constant(0, r.LayerCount), grey, 0.8)
	if r.Causal != nil {
		for _, site := range []struct {
			site   model.Site
			colour color.NRGBA
			words  string
		}{{residual, teal, "residual stream"}, {mlpIn, blue, "MLP input"}} {
			var some []steering.Summary
			for _, s := range r.Causal.Grid.Summaries {
				if s.Place.Site == site.site {
					some = append(some, s)
				}
			}
			d.effects(some, site.colour, site.words, len(r.Causal.Targets))
		}
	}
	d.onset(r.Causal, "reaches half of its most")
	p.Y.Tick.Marker = roundTicks{}
	return panel{p, "3  Does adding its direction at one layer move the answer?  (target's answer − others)", 0.38, key.draw(p.X.Label.TextStyle)}, d.err
}

// effects draws a site's net effects, their intervals and the random directions'.
func (d *drawer) effects(list []steering.Summary, c color.NRGBA, words string, targets int) {
	var net, low, high, random []float64
	for _, s := range list {
		net = append(net, s.Net)
		if s.Interval != nil {
			low, high = append(low, s.Interval[0]), append(high, s.Interval[1])
		}
		if s.RandomNet != nil {
			random = append(random, *s.RandomNet)
		}
	}
	if len(low) == len(net) {
		d.ribbon(low, high, c)
	}
	d.curve(net, c, 2.5, nil, words+":", fmt.Sprintf("mean, 95 %% of %d targets", targets))
	if len(random) == len(net) {
		d.curve(random, c, 1.2, []vg.Length{2, 2}, words+":", "random direction")
	}
}

// drawer adds to a plot and keeps the first error.
type drawer struct {
	plot   *plot.Plot
	legend *legend
	err    error
}

// keep takes an error.
func (d *drawer) keep(err error) bool {
	if d.err == nil {
		d.err = err
	}
	return err == nil
}

// curve adds a line and its explanation.
func (d *drawer) curve(values []float64, c color.NRGBA, width vg.Length, dashes []vg.Length, words ...string) {
	if l := d.plain(values, c, width, dashes...); l != nil {
		d.legend.add(l, words...)
	}
}

// plain adds a line.
func (d *drawer) plain(values []float64, c color.NRGBA, width vg.Length, dashes ...vg.Length) *plotter.Line {
	l, err := curve(values, c, width, dashes...)
	if !d.keep(err) {
		return nil
	}
	d.plot.Add(l)
	return l
}

func (d *drawer) ribbon(low, high []float64, c color.NRGBA) {
	if p, err := ribbon(low, high, c); d.keep(err) {
		d.plot.Add(p)
	}
}

func (d *drawer) field(x, y float64, c color.Color) {
	if p, err := field(x, y, c); d.keep(err) {
		d.plot.Add(p)
	}
}

// onset marks the layer at which the residual effect begins; words say so in the
// legend.
func (d *drawer) onset(c *Causal, words string) {
	if c == nil || c.Onset == 0 {
		return
	}
	u := upright{c.Onset, draw.LineStyle{Color: ink, Width: vg.Points(1), Dashes: []vg.Length{4, 3}}}
	d.plot.Add(u)
	if d.legend != nil {
		d.legend.add(u, fmt.Sprintf("layer %d: adding", c.Onset), words)
	}
}

// bandColumns are a band's figures by layer.
type bandColumns struct{ median, least, most []float64 }

func columns[T any](layers []T, band func(T) Band) bandColumns {
	var c bandColumns
	for _, l := range layers {
		b := band(l)
		c.median, c.least, c.most = append(c.median, float64(b.Median)), append(c.least, float64(b.Least)), append(c.most, float64(b.Most))
	}
	return c
}

func values[T any](layers []T, value func(T) direction.Figure) []float64 {
	var list []float64
	for _, l := range layers {
		list = append(list, float64(value(l)))
	}
	return list
}

func constant(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

// tenths are the ticks of AUROC from low to 1.
func tenths(low float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for k := 10; float64(k)/10 >= low-1e-9; k-- {
		ticks = append(ticks, plot.Tick{Value: float64(k) / 10, Label: fmt.Sprintf("%.1f", float64(k)/10)})
	}
	return ticks
}
