package bench

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of a comparison: the old times, and new ones that are shorter, longer,
// or not shown to be either. They differ for those who do not tell red from green too.
var (
	oldColour    = color.RGBA{R: 0x77, G: 0x77, B: 0x77, A: 0xff}
	fasterColour = color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}
	slowerColour = color.RGBA{R: 0xc4, G: 0x4e, B: 0x00, A: 0xff}
	sameColour   = color.RGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff}
)

// Picture draws the comparison as "png" or "svg": for each row the old times above
// the new ones, as percentages of the old median; dots are single times, the line is
// the median's 95 % interval.
func (c *Comparison) Picture(format string) ([]byte, error) {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s: %s and %s", c.Measure, c.Old.File, c.New.File)
	p.Title.Padding = 3 * vg.Millimeter
	p.X.Label.Text = "time, % of the old median"
	p.BackgroundColor = color.White
	var ticks plot.ConstantTicks
	for i, r := range c.Rows {
		y := float64(len(c.Rows) - 1 - i)
		ticks = append(ticks, plot.Tick{Value: y, Label: r.Name + "  " + r.change()})
		tint := sameColour
		if r.Differs && r.Change < 0 {
			tint = fasterColour
		} else if r.Differs {
			tint = slowerColour
		}
		if err := addSample(p, r.Old, r.Old.Median, y+0.17, oldColour); err != nil {
			return nil, err
		}
		if err := addSample(p, r.New, r.Old.Median, y-0.17, tint); err != nil {
			return nil, err
		}
	}
	p.Y.Tick.Marker = ticks
	p.Y.Min, p.Y.Max = -0.6, float64(len(c.Rows))-0.4
	whole, err := plotter.NewLine(plotter.XYs{{X: 100, Y: p.Y.Min}, {X: 100, Y: p.Y.Max}})
	if err != nil {
		return nil, err
	}
	whole.Color, whole.Dashes = color.Gray{Y: 0xaa}, []vg.Length{vg.Points(2), vg.Points(2)}
	p.Add(whole)
	return render(p, 20*vg.Centimeter, vg.Length(len(c.Rows))*1.1*vg.Centimeter+3.5*vg.Centimeter, format)
}

// addSample draws times and their median's interval at a height.
func addSample(p *plot.Plot, s Sample, unit, y float64, tint color.RGBA) error {
	percent := func(seconds float64) float64 { return 100 * seconds / unit }
	dots := make(plotter.XYs, len(s.Seconds))
	for i, v := range s.Seconds {
		dots[i] = plotter.XY{X: percent(v), Y: y}
	}
	all, err := plotter.NewScatter(dots)
	if err != nil {
		return err
	}
	const alpha = 0x50
	all.Color = color.NRGBA{R: tint.R, G: tint.G, B: tint.B, A: alpha}
	all.Shape, all.Radius = draw.CircleGlyph{}, vg.Points(1.6)
	p.Add(all)
	if s.Interval != nil {
		line, err := plotter.NewLine(plotter.XYs{{X: percent(s.Interval.Low), Y: y}, {X: percent(s.Interval.High), Y: y}})
		if err != nil {
			return err
		}
		line.Color, line.Width = tint, vg.Points(2)
		p.Add(line)
	}
	median, err := plotter.NewScatter(plotter.XYs{{X: percent(s.Median), Y: y}})
	if err != nil {
		return err
	}
	median.Color, median.Shape, median.Radius = tint, draw.BoxGlyph{}, vg.Points(2.8)
	p.Add(median)
	return nil
}

// render draws a plot with a margin.
func render(p *plot.Plot, width, height vg.Length, format string) ([]byte, error) {
	c, err := draw.NewFormattedCanvas(width, height, format)
	if err != nil {
		return nil, err
	}
	const margin = 4 * vg.Millimeter
	whole := draw.New(c)
	whole.SetColor(p.BackgroundColor) // of the margin too: an SVG has none of its own
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	var file bytes.Buffer
	_, err = c.WriteTo(&file)
	return file.Bytes(), err
}
