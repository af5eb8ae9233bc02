package quality

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"premlp/collect/dataset"
)

// sets are the two that most pictures compare.
var sets = []struct {
	name string
	stroke
}{{dataset.Control, controlStroke}, {dataset.Target, targetStroke}}

func drawNorms(layers []Layer) (*plot.Plot, error) {
	p := newPlot(layers, "length of the rows", "Euclidean norm")
	p.Legend.Left = true // lengths grow with depth
	for _, s := range sets {
		err := addBand(p, layers, s.colour, func(l *Layer) (float64, float64, bool) {
			n := l.of(s.name).Norms
			return n.Q05, n.Q95, l.Between != nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, s := range sets {
		err := addLine(p, layers, s.name+": median, 5 to 95 %", s.stroke, func(l *Layer) (float64, bool) {
			return l.of(s.name).Norms.Median, l.Between != nil
		})
		if err != nil {
			return nil, err
		}
	}
	fromZero(p)
	return p, nil
}

func drawRank(layers []Layer) (*plot.Plot, error) {
	p := newPlot(layers, "effective rank of the centred rows", "directions")
	for _, s := range sets {
		err := addLine(p, layers, s.name+": participation ratio", s.stroke, func(l *Layer) (float64, bool) {
			return l.of(s.name).Rank.Participation, l.Between != nil
		})
		if err != nil {
			return nil, err
		}
		err = addLine(p, layers, s.name+": entropy rank", s.dashed(), func(l *Layer) (float64, bool) {
			return l.of(s.name).Rank.Entropy, l.Between != nil
		})
		if err != nil {
			return nil, err
		}
	}
	p.Legend.Left = true
	fromZero(p)
	p.Y.Max *= 1.25 // room for the legend
	return p, nil
}

func drawCosine(layers []Layer) (*plot.Plot, error) {
	p := newPlot(layers, "cosine of two rows", "mean cosine")
	p.Legend.Left = true
	for _, s := range sets {
		err := addBand(p, layers, s.colour, func(l *Layer) (float64, float64, bool) {
			c := l.of(s.name).Cosine.Spread
			return c.Q05, c.Q95, l.Between != nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, s := range sets {
		err := addLine(p, layers, "both of the "+s.name+" set, 5 to 95 %", s.stroke, func(l *Layer) (float64, bool) {
			return l.of(s.name).Cosine.Mean, l.Between != nil
		})
		if err != nil {
			return nil, err
		}
	}
	err := addLine(p, layers, "one of each", bothStroke.dashed(), func(l *Layer) (float64, bool) {
		if l.Between == nil {
			return 0, false
		}
		return *l.Between, true
	})
	p.Y.Min, p.Y.Max = min(p.Y.Min, 0), 1.35
	p.Y.Tick.Marker = unitTicks(p.Y.Min)
	return p, err
}

func drawDrift(layers []Layer) (*plot.Plot, error) {
	p := newPlot(layers, "the sets' difference, template against the others", "cosine")
	of := func(value func(*Drift) float64) func(*Layer) (float64, bool) {
		return func(l *Layer) (float64, bool) {
			if l.Drift == nil {
				return 0, false
			}
			return value(l.Drift), true
		}
	}
	if err := addLine(p, layers, "median template", bothStroke, of(func(d *Drift) float64 { return d.Median })); err != nil {
		return nil, err
	}
	if err := addLine(p, layers, "worst template", targetStroke, of(func(d *Drift) float64 { return d.Cosine })); err != nil {
		return nil, err
	}
	addBound(p, "to be looked at below", limits["drift"].look)
	p.Y.Min, p.Y.Max = min(p.Y.Min, 0), 1.35
	p.Y.Tick.Marker = unitTicks(p.Y.Min)
	return p, nil
}

// unitTicks are those of a cosine, with room above 1 for the legend.
func unitTicks(least float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for k := -5; k <= 5; k++ {
		if v := float64(k) / 5; v >= least {
			ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.1f", v)})
		}
	}
	return ticks
}

func fromZero(p *plot.Plot) {
	p.Y.Min = 0
	p.Y.Max *= 1.1
}

// verdictColours are those of ok, look and bad.
var verdictColours = []color.Color{
	OK:   color.RGBA{R: 0xd9, G: 0xe8, B: 0xd5, A: 0xff},
	Look: color.RGBA{R: 0xf2, G: 0xb7, B: 0x4b, A: 0xff},
	Bad:  color.RGBA{R: 0xa3, G: 0x1f, B: 0x34, A: 0xff},
}

// drawVerdicts draws a field of checks over layers.
func drawVerdicts(layers []Layer) (*plot.Plot, error) {
	p := newPlot(layers, "verdicts", "")
	type key struct{ set, name string }
	var rows []key
	row := map[key]int{}
	for _, l := range layers {
		for _, c := range l.Checks {
			k := key{c.Set, c.Name}
			if _, ok := row[k]; !ok {
				row[k] = len(rows)
				rows = append(rows, k)
			}
		}
	}
	var ticks plot.ConstantTicks
	for i, k := range rows {
		ticks = append(ticks, plot.Tick{Value: float64(len(rows) - 1 - i), Label: label(k.set, k.name)})
	}
	for x, l := range layers {
		for _, c := range l.Checks {
			y := float64(len(rows) - 1 - row[key{c.Set, c.Name}])
			field, err := square(float64(x), y, verdictColours[c.Verdict])
			if err != nil {
				return nil, err
			}
			p.Add(field)
		}
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.Length, p.Y.LineStyle.Width, p.Y.Tick.Label.Font.Size = 0, 0, vg.Points(8)
	p.Y.Min, p.Y.Max = -0.5, float64(len(rows))+4.2 // room for the legend
	for v, c := range verdictColours {
		p.Legend.Add(Verdict(v).String(), swatch{c})
	}
	p.Legend.ThumbnailWidth = vg.Points(10)
	return p, nil
}

func label(set, name string) string {
	return strings.TrimSpace(set + " " + strings.ReplaceAll(name, "_", " "))
}

// square is a filled field around (x, y) with a gap to its neighbours.
func square(x, y float64, c color.Color) (*plotter.Polygon, error) {
	const half = 0.46
	p, err := plotter.NewPolygon(plotter.XYs{{X: x - half, Y: y - half}, {X: x + half, Y: y - half}, {X: x + half, Y: y + half}, {X: x - half, Y: y + half}})
	if err != nil {
		return nil, err
	}
	p.Color = c
	p.LineStyle.Width = 0
	return p, nil
}

// swatch is a legend's field of one colour.
type swatch struct{ colour color.Color }

// Thumbnail fills the canvas.
func (s swatch) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(s.colour, []vg.Point{
		{X: c.Min.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Min.X, Y: c.Max.Y},
	})
}
