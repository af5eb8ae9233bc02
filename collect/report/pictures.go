package report

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"premlp/weights"
)

// A picture's measures, in the drawings' units.
const (
	margin = 18.0
	heads  = 24.0 // of a line of the title
)

// unit is a drawing's unit; dotsPerInch makes it two dots of a PNG.
const (
	unit        = 0.75 * vg.Inch / 72
	dotsPerInch = 192
)

// Draw draws every figure of the page into a folder, which is made: ID.png and
// ID.svg, or ID-1, ID-2, … where a figure has several drawings. They are the
// page's own drawings in its light colours. It returns the files.
func (p *Page) Draw(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("report: pictures: %w", err)
	}
	var files []string
	for _, s := range p.Sections {
		for _, f := range s.Figures {
			for i := range f.Panels {
				name := f.ID
				if len(f.Panels) > 1 {
					name = fmt.Sprintf("%s-%d", f.ID, i+1)
				}
				made, err := f.picture(i, filepath.Join(dir, name))
				if err != nil {
					return nil, fmt.Errorf("report: picture %s: %w", name, err)
				}
				files = append(files, made...)
			}
		}
	}
	return files, nil
}

// picture draws a panel as path.png and path.svg.
func (f *Figure) picture(i int, path string) ([]string, error) {
	panel := f.Panels[i]
	titles := []string{f.Title}
	if panel.Label != "" {
		titles = append(titles, panel.Label)
	}
	c := &canvas{height: panel.drawing.h + 2*margin + heads*float64(len(titles))}
	width := panel.drawing.w + 2*margin
	for i, t := range titles {
		width = max(width, c.width(title(i), t)+2*margin)
	}
	w, h := vg.Length(width)*unit, vg.Length(c.height)*unit
	raster := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dotsPerInch), vgimg.UseBackgroundColor(colours["paper"]))
	vector := vgsvg.New(w, h)
	for _, c.to = range []vg.Canvas{raster, vector} {
		c.draw(panel.drawing, titles)
	}
	var text bytes.Buffer
	if _, err := vector.WriteTo(&text); err != nil {
		return nil, err
	}
	spoken := fmt.Sprintf("<title>%s</title>\n<desc>%s</desc>\n", html.EscapeString(strings.Join(titles, ": ")), html.EscapeString(panel.desc))
	at := bytes.Index(text.Bytes(), []byte("<g "))
	if at < 0 {
		return nil, fmt.Errorf("SVG: want a group, have none")
	}
	files := []string{path + ".png", path + ".svg"}
	if err := weights.ReplaceFile(files[0], func(w io.Writer) error {
		_, err := vgimg.PngCanvas{Canvas: raster}.WriteTo(w)
		return err
	}); err != nil {
		return nil, err
	}
	return files, weights.ReplaceFile(files[1], func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s%s", text.Bytes()[:at], spoken, text.Bytes()[at:])
		return err
	})
}

// title is the look of a line of the title.
func title(i int) letters { return letters{size: 17 - 3*float64(i), bold: true, colour: "ink"} }

// canvas draws marks, whose y runs down, on one of gonum/plot's, whose y runs
// up.
type canvas struct {
	to           vg.Canvas
	height       float64
	right, below float64 // where the drawing begins
}

func (c *canvas) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x+c.right) * unit, Y: vg.Length(c.height-y-c.below) * unit}
}

func (c *canvas) draw(d *drawing, titles []string) {
	c.right, c.below = margin, margin
	c.to.SetColor(colours["paper"]) // an SVG has none of its own
	c.to.Fill(c.path(0-margin, 0-margin, 1e4, 0-margin, 1e4, 1e4, 0-margin, 1e4))
	for i, t := range titles {
		c.write(title(i), 0, heads*(float64(i)+0.6), 0, t)
	}
	c.below += heads * float64(len(titles))
	for i := range d.marks {
		c.mark(&d.marks[i])
	}
}

func (c *canvas) mark(m *mark) {
	if m.kind == textMark {
		c.write(textLook(m.class), m.at[0], m.at[1], m.turn, m.text)
		return
	}
	l, _ := lookOf(m.class) // a test holds that every class has one
	var p vg.Path
	switch m.kind {
	case rectMark:
		x, y, w, h := m.at[0], m.at[1], m.at[2], m.at[3]
		p = c.path(x, y, x+w, y, x+w, y+h, x, y+h)
		p.Close()
	case circleMark:
		r := vg.Length(m.at[2]) * unit
		middle := c.point(m.at[0], m.at[1])
		p.Move(vg.Point{X: middle.X + r, Y: middle.Y})
		p.Arc(middle, r, 0, 2*math.Pi)
		p.Close()
	default:
		p = c.path(m.at...)
		if m.kind == areaMark {
			p.Close()
		}
	}
	if l.fill != "" && m.kind != lineMark && m.kind != curveMark {
		c.to.SetColor(clear(l.fill, l.opacity*m.strength))
		c.to.Fill(p)
	}
	if m.kind == lineMark && l.fill != "" { // of a legend
		l.stroke, l.width = l.fill, 2
	}
	if l.stroke != "" {
		c.to.SetColor(clear(l.stroke, l.opacity))
		c.to.SetLineWidth(vg.Length(l.width) * unit)
		var dashes []vg.Length
		for _, v := range l.dashes {
			dashes = append(dashes, vg.Length(v)*unit)
		}
		c.to.SetLineDash(dashes, 0)
		c.to.Stroke(p)
	}
}

func (c *canvas) path(at ...float64) vg.Path {
	var p vg.Path
	p.Move(c.point(at[0], at[1]))
	for i := 2; i < len(at); i += 2 {
		p.Line(c.point(at[i], at[i+1]))
	}
	return p
}

// plainLetters are those that the pictures' font has in place of those it lacks.
var plainLetters = strings.NewReplacer("✓", "√", "✗", "×", "⏎", "¶", "⇥", "»", "␣", "·")

func (c *canvas) face(l letters) font.Face {
	f := plot.DefaultFont
	f.Variant, f.Size = "Sans", font.Length(l.size)*unit
	if l.bold {
		f.Weight = xfont.WeightBold
	}
	return font.DefaultCache.Lookup(f, f.Size)
}

// width of a text, in units.
func (c *canvas) width(l letters, s string) float64 {
	f := c.face(l)
	return float64(f.Width(plainLetters.Replace(s)) / unit)
}

func (c *canvas) write(l letters, x, y, turn float64, s string) {
	s = plainLetters.Replace(s)
	c.to.Push()
	c.to.Translate(c.point(x, y))
	c.to.Rotate(-turn * math.Pi / 180)
	c.to.SetColor(colours[l.colour])
	c.to.FillString(c.face(l), vg.Point{X: vg.Length(-l.anchor*c.width(l, s)) * unit}, s)
	c.to.Pop()
}

// clear is a colour that lets some of what is behind it through.
func clear(name string, opacity float64) color.NRGBA {
	v := colours[name]
	v.A = uint8(math.Round(255 * opacity))
	return v
}
