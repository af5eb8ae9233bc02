package study

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours that can be told apart by those who do not tell red from green too.
var (
	blue   = color.NRGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}
	orange = color.NRGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	teal   = color.NRGBA{R: 0x00, G: 0x6d, B: 0x5b, A: 0xff}
	grey   = color.NRGBA{R: 0x77, G: 0x77, B: 0x77, A: 0xff}
	ink    = color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff}
)

// Sizes of text in pictures.
const (
	titleSize = vg.Length(13)
	labelSize = vg.Length(11)
)

// sheet is a picture of panels one below the other with one axis of layers: their
// left and right edges are the same, and what explains them stands to the right.
type sheet struct {
	width, height vg.Length
	layers        int
	panels        []panel
}

// panel is a plot with a title above it and a legend, or something else, beside it.
type panel struct {
	plot   *plot.Plot
	title  string
	height float64 // its share of the sheet
	beside func(draw.Canvas)
}

// The margins of a sheet.
const (
	sheetMargin  = 4 * vg.Millimeter
	besideWidth  = 54 * vg.Millimeter
	titleHeight  = 7 * vg.Millimeter
	dotsPerInch  = 144
	panelSpacing = 2 * vg.Millimeter
)

// newPanelPlot is an empty plot over layers.
func newPanelPlot(layers int, y string) *plot.Plot {
	p := plot.New()
	p.X.Min, p.X.Max = -0.5, float64(layers)-0.5
	p.Y.Label.Text = y
	p.X.Tick.Marker = layerTicks(layers)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = labelSize, labelSize
		a.Label.TextStyle.Font.Variant, a.Tick.Label.Font.Variant = "Sans", "Sans"
		a.Padding = 0
	}
	p.Title.TextStyle.Font.Variant = "Sans"
	return p
}

// layerTicks puts numbers under layers; of many, under every fifth, or tenth …
func layerTicks(layers int) plot.ConstantTicks {
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50} {
		if step = s; layers/s <= 12 {
			break
		}
	}
	var ticks plot.ConstantTicks
	for i := range layers {
		t := plot.Tick{Value: float64(i)}
		if i%step == 0 {
			t.Label = strconv.Itoa(i)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// roundTicks are at most eight numbers that are multiples of 1, 2 or 5 and a power of
// ten.
type roundTicks struct{}

// Ticks implements plot.Ticker.
func (roundTicks) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10(high-low))-1)
	for _, k := range []float64{2, 2.5, 2, 2, 2.5} { // to 2, 5, 10, 20, 50 times the first
		if (high-low)/step > 8 {
			step *= k
		}
	}
	var ticks []plot.Tick
	for k := math.Ceil(low / step); k*step <= high; k++ { // + 0 makes 0 of -0
		ticks = append(ticks, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step+0, 'g', 4, 64)})
	}
	return ticks
}

// save draws the sheet into a file: svg or png.
func (s *sheet) save(path, kind string) error {
	var c vg.CanvasWriterTo
	switch kind {
	case "svg":
		c = vgsvg.New(s.width, s.height)
	case "png":
		c = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(s.width, s.height), vgimg.UseDPI(dotsPerInch))}
	default:
		return fmt.Errorf("picture: want svg or png, have %q", kind)
	}
	s.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return writeFile(path, b.Bytes())
}

// draw draws all panels. The data areas begin and end where the narrowest does.
func (s *sheet) draw(whole draw.Canvas) {
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	inner := draw.Crop(whole, sheetMargin, -sheetMargin, sheetMargin, -sheetMargin)
	frames := make([]draw.Canvas, len(s.panels))
	var left, right vg.Length
	top := inner.Max.Y
	for i, p := range s.panels {
		height := vg.Length(p.height) * inner.Size().Y
		frame := inner
		frame.Max.Y, frame.Min.Y = top, top-height
		top -= height
		frames[i] = frame
		plotted := plotArea(frame)
		data := p.plot.DataCanvas(plotted)
		left, right = max(left, data.Min.X-plotted.Min.X), max(right, plotted.Max.X-data.Max.X)
	}
	style := s.panels[0].plot.Title.TextStyle
	style.Font.Size, style.Color, style.XAlign, style.YAlign = titleSize, ink, text.XLeft, text.YTop
	for i, p := range s.panels {
		area := plotArea(frames[i])
		data := p.plot.DataCanvas(area)
		p.plot.Draw(draw.Crop(area, left-(data.Min.X-area.Min.X), -(right - (area.Max.X - data.Max.X)), 0, 0))
		whole.FillText(style, vg.Point{X: inner.Min.X, Y: frames[i].Max.Y}, p.title)
		beside := frames[i]
		beside.Min.X = beside.Max.X - besideWidth + 3*vg.Millimeter
		beside.Max.Y, beside.Min.Y = area.Max.Y, data.Min.Y
		p.beside(beside)
	}
}

// plotArea is where a panel's plot is drawn in its frame.
func plotArea(frame draw.Canvas) draw.Canvas {
	return draw.Crop(frame, 0, -besideWidth, panelSpacing, -titleHeight)
}

// legend explains lines; a line break begins a new line of text.
type legend struct{ entries []legendEntry }

type legendEntry struct {
	lines  []string
	marker plot.Thumbnailer
}

func (l *legend) add(marker plot.Thumbnailer, lines ...string) {
	l.entries = append(l.entries, legendEntry{lines, marker})
}

// draw draws the legend from the top of c down.
func (l *legend) draw(style text.Style) func(draw.Canvas) {
	style.Font.Size, style.Color, style.XAlign, style.YAlign = labelSize, ink, text.XLeft, text.YTop
	return func(c draw.Canvas) {
		const markerWidth = 8 * vg.Millimeter
		line := labelSize * 1.2
		y := c.Max.Y
		for _, e := range l.entries {
			m := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: y - line}, Max: vg.Point{X: c.Min.X + markerWidth, Y: y}}}
			e.marker.Thumbnail(&m)
			for _, t := range e.lines {
				c.FillText(style, vg.Point{X: c.Min.X + markerWidth + 2*vg.Millimeter, Y: y}, t)
				y -= line
			}
			y -= line * 0.35
		}
	}
}

// curve is a value for each layer.
func curve(values []float64, c color.NRGBA, width vg.Length, dashes ...vg.Length) (*plotter.Line, error) {
	points := make(plotter.XYs, len(values))
	for i, v := range values {
		points[i] = plotter.XY{X: float64(i), Y: v}
	}
	l, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	l.Color, l.Width, l.Dashes = c, width, dashes
	return l, nil
}

// ribbon fills what lies between two values for each layer.
func ribbon(low, high []float64, c color.NRGBA) (*plotter.Polygon, error) {
	var points plotter.XYs
	for i, v := range high {
		points = append(points, plotter.XY{X: float64(i), Y: v})
	}
	for i := len(low) - 1; i >= 0; i-- {
		points = append(points, plotter.XY{X: float64(i), Y: low[i]})
	}
	p, err := plotter.NewPolygon(points)
	if err != nil {
		return nil, err
	}
	c.A = 0x30
	p.Color, p.LineStyle.Width = c, 0
	return p, nil
}

// field is a filled rectangle of width and height 1 around a point.
func field(x, y float64, c color.Color) (*plotter.Polygon, error) {
	p, err := plotter.NewPolygon(plotter.XYs{{X: x - 0.5, Y: y - 0.5}, {X: x + 0.5, Y: y - 0.5}, {X: x + 0.5, Y: y + 0.5}, {X: x - 0.5, Y: y + 0.5}})
	if err != nil {
		return nil, err
	}
	p.Color = c
	p.LineStyle.Color, p.LineStyle.Width = c, vg.Points(0.3) // no gap to the neighbours
	return p, nil
}

// upright is a dashed line over the whole height at a layer.
type upright struct {
	layer int
	style draw.LineStyle
}

// Plot implements plot.Plotter.
func (u upright) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	at := x(float64(u.layer) - 0.5)
	c.StrokeLine2(u.style, at, c.Min.Y, at, c.Max.Y)
}

// Thumbnail implements plot.Thumbnailer.
func (u upright) Thumbnail(c *draw.Canvas) {
	x := (c.Min.X + c.Max.X) / 2
	c.StrokeLine2(u.style, x, c.Min.Y, x, c.Max.Y)
}

// heat is the colour of an AUROC from 0.5 to 1: white to dark blue.
func heat(v float64) color.Color {
	stops := []color.NRGBA{{R: 0xfb, G: 0xfb, B: 0xf4, A: 0xff}, {R: 0x8f, G: 0xc3, B: 0xd8, A: 0xff}, {R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}, {R: 0x0a, G: 0x1f, B: 0x44, A: 0xff}}
	at := min(max((v-0.5)*2, 0), 1) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + (at-float64(i))*(float64(b)-float64(a)) + 0.5) }
	a, b := stops[i], stops[i+1]
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 0xff}
}
