package quality

import (
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of the sets, apart for those who do not tell red from green too.
var (
	targetColour  = color.RGBA{R: 0xc4, G: 0x4e, B: 0x00, A: 0xff}
	controlColour = color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}
	bothColour    = color.RGBA{R: 0x55, G: 0x55, B: 0x55, A: 0xff}
)

const (
	pictureWidth  = 16 * vg.Centimeter
	pictureHeight = 10 * vg.Centimeter
)

// Draw draws the measures of every site over its layers into a folder, which is
// made: SITE-norms, SITE-rank, SITE-cosine, SITE-drift and SITE-verdicts, each as
// PNG and SVG. It returns the files.
func (r *Report) Draw(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("quality: pictures: %w", err)
	}
	var files []string
	for from := 0; from < len(r.Layers); {
		to := from
		for to < len(r.Layers) && r.Layers[to].Site == r.Layers[from].Site {
			to++
		}
		layers := r.Layers[from:to]
		for _, p := range []struct {
			name string
			draw func([]Layer) (*plot.Plot, error)
		}{
			{"norms", drawNorms}, {"rank", drawRank}, {"cosine", drawCosine}, {"drift", drawDrift}, {"verdicts", drawVerdicts},
		} {
			picture, err := p.draw(layers)
			if err != nil {
				return nil, fmt.Errorf("quality: picture of %s: %w", p.name, err)
			}
			for _, kind := range []string{"png", "svg"} {
				file := filepath.Join(dir, fmt.Sprintf("%s-%s.%s", layers[0].Site, p.name, kind))
				if err := save(picture, file, kind); err != nil {
					return nil, fmt.Errorf("quality: %s: %w", file, err)
				}
				files = append(files, file)
			}
		}
		from = to
	}
	return files, nil
}

// save writes a picture with a margin around it, under its name when complete.
func save(p *plot.Plot, file, kind string) (err error) {
	c, err := draw.NewFormattedCanvas(pictureWidth, pictureHeight, kind)
	if err != nil {
		return err
	}
	const margin = 4 * vg.Millimeter
	whole := draw.New(c)
	whole.SetColor(p.BackgroundColor) // of the margin too: an SVG has none of its own
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // a second close changes nothing
			os.Remove(f.Name())
		}
	}()
	if _, err := c.WriteTo(f); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// newPlot is an empty picture with the layers along the bottom and the legend
// above on the right.
func newPlot(layers []Layer, title, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text = layers[0].Site + ": " + title
	p.Title.Padding = 2 * vg.Millimeter
	p.X.Label.Text = "layer"
	p.Y.Label.Text = y
	p.X.Tick.Marker = layerTicks(layers)
	p.X.Min, p.X.Max = -0.5, float64(len(layers))-0.5
	p.Legend.Top = true
	p.Legend.Padding = vg.Millimeter
	p.BackgroundColor = color.White
	return p
}

// layerTicks puts a layer's number under its place; of many, about every tenth
// part has one.
func layerTicks(layers []Layer) plot.ConstantTicks {
	step := 1
	for len(layers)/step > 12 {
		step = next(step)
	}
	var ticks plot.ConstantTicks
	for i, l := range layers {
		t := plot.Tick{Value: float64(i)}
		if i%step == 0 {
			t.Label = strconv.Itoa(l.Layer)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// next is the next of 1, 2, 5, 10, 20, …
func next(step int) int {
	for _, s := range []int{1, 2, 5} {
		if lead := step / s; step%s == 0 && isPowerOfTen(lead) {
			return map[int]int{1: 2, 2: 5, 5: 10}[s] * lead
		}
	}
	return 2 * step
}

func isPowerOfTen(n int) bool {
	for n > 1 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}

// stroke is how a line is drawn. The control set's is wide, so that the target's
// on it leaves it to be seen.
type stroke struct {
	colour color.RGBA
	width  vg.Length
	dashes []vg.Length
}

var (
	controlStroke = stroke{colour: controlColour, width: vg.Points(3.5)}
	targetStroke  = stroke{colour: targetColour, width: vg.Points(1.2)}
	bothStroke    = stroke{colour: bothColour, width: vg.Points(1.5)}
)

// dashed is the stroke in dashes.
func (s stroke) dashed() stroke {
	s.dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	return s
}

// addLine draws one value per layer; layers without one are left out.
func addLine(p *plot.Plot, layers []Layer, label string, look stroke, value func(*Layer) (float64, bool)) error {
	var points plotter.XYs
	for i := range layers {
		if v, ok := value(&layers[i]); ok {
			points = append(points, plotter.XY{X: float64(i), Y: v})
		}
	}
	if len(points) == 0 {
		return nil
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = look.colour, look.width, look.dashes
	dots.Color, dots.Shape, dots.Radius = look.colour, draw.CircleGlyph{}, look.width/2+vg.Points(1)
	p.Add(line, dots)
	p.Legend.Add(label, line, dots)
	return nil
}

// addBand fills what lies between two values per layer.
func addBand(p *plot.Plot, layers []Layer, c color.RGBA, of func(*Layer) (low, high float64, ok bool)) error {
	var points, back plotter.XYs
	for i := range layers {
		if low, high, ok := of(&layers[i]); ok {
			points = append(points, plotter.XY{X: float64(i), Y: high})
			back = append(back, plotter.XY{X: float64(i), Y: low})
		}
	}
	if len(points) < 2 {
		return nil
	}
	for i := len(back) - 1; i >= 0; i-- {
		points = append(points, back[i])
	}
	band, err := plotter.NewPolygon(points)
	if err != nil {
		return err
	}
	// Colours with alpha are premultiplied.
	const alpha = 0x30
	band.Color = color.NRGBA{R: c.R, G: c.G, B: c.B, A: alpha}
	band.LineStyle.Width = 0
	p.Add(band)
	return nil
}

// addBound draws a threshold as a thin dotted line.
func addBound(p *plot.Plot, label string, at float64) {
	f := plotter.NewFunction(func(float64) float64 { return at })
	f.Color, f.Width, f.Dashes = color.Gray{Y: 0x88}, vg.Points(0.8), []vg.Length{vg.Points(1.5), vg.Points(2)}
	p.Add(f)
	p.Legend.Add(label, f)
}
