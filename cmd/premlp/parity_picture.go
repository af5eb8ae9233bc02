package main

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"premlp/model"
	"premlp/weights"
)

// pictureKinds are the endings of pictures' files.
var pictureKinds = []string{".png", ".svg"}

// siteColours tell the sites apart, for those who do not tell red from green too
// (Okabe and Ito).
var siteColours = []color.RGBA{
	{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, {R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}, {R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
	{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, {R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, {R: 0x56, G: 0xb4, B: 0xe9, A: 0xff},
	{R: 0x00, G: 0x00, B: 0x00, A: 0xff},
}

// floorOf is where errors of 0 stand in a picture: a decade below the smallest.
func floorOf(p *model.Parity) float64 {
	least := 1e-7
	for _, c := range p.Compared {
		if c.MaxRel > 0 {
			least = min(least, c.MaxRel)
		}
	}
	return math.Pow(10, math.Floor(math.Log10(least))-1)
}

// drawParity draws each site's largest relative error over the layers, of all
// prompts, and the tolerance.
func drawParity(file string, p *model.Parity) error {
	picture := plot.New()
	picture.BackgroundColor = color.White
	picture.Title.Text = "largest error of a row"
	picture.Title.Padding = 2 * vg.Millimeter
	picture.X.Label.Text, picture.Y.Label.Text = "layer", "share of the row's max |value|"
	floor := floorOf(p)
	picture.Y.Scale, picture.Y.Tick.Marker = plot.LogScale{}, errorTicks{floor}
	picture.Legend.Top, picture.Legend.TextStyle.Font.Size = true, vg.Points(9)
	sites, errors := worstBySite(p)
	for i, site := range sites {
		if err := addErrors(picture, site, errors[site], siteColours[i%len(siteColours)], floor); err != nil {
			return err
		}
	}
	bound := plotter.NewFunction(func(float64) float64 { return max(p.Tolerance.Default, floor) })
	bound.Color, bound.Dashes = color.Gray{Y: 0x66}, []vg.Length{vg.Points(2), vg.Points(2)}
	picture.Add(bound)
	picture.Legend.Add(fmt.Sprintf("tolerance %.3g", p.Tolerance.Default), bound)
	picture.Y.Min = floor
	picture.Y.Max = 4 * max(picture.Y.Max, p.Tolerance.Default)
	picture.X.Min -= 0.5
	picture.X.Max += 0.5
	return savePicture(file, picture)
}

// errorTicks are powers of ten, and 0 at the floor.
type errorTicks struct{ floor float64 }

// Ticks implements plot.Ticker.
func (e errorTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Round(math.Log10(e.floor)); math.Pow(10, power) <= high; power++ {
		t := plot.Tick{Value: math.Pow(10, power), Label: fmt.Sprintf("1e%.0f", power)}
		if len(ticks) == 0 {
			t.Label = "0"
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// worstBySite sorts the comparisons: the sites in the order of computation, and of
// each its largest error by layer. The logits stand behind the last layer.
func worstBySite(p *model.Parity) (sites []string, errors map[string]map[int]float64) {
	errors = map[string]map[int]float64{}
	last := 0
	for _, logits := range []bool{false, true} { // the logits need the last layer
		for _, c := range p.Compared {
			site, number, _ := strings.Cut(c.Point, ".")
			if (site == string(model.Logits)) != logits {
				continue
			}
			layer, err := strconv.Atoi(number)
			if err != nil {
				layer = last + 1
			} else {
				last = max(last, layer)
			}
			if errors[site] == nil {
				errors[site] = map[int]float64{}
				sites = append(sites, site)
			}
			errors[site][layer] = max(errors[site][layer], c.MaxRel)
		}
	}
	return sites, errors
}

// addErrors draws one site's errors.
func addErrors(picture *plot.Plot, site string, byLayer map[int]float64, c color.RGBA, floor float64) error {
	const top = 1e6 // of errors that are not finite
	var points plotter.XYs
	for layer := 0; len(points) < len(byLayer); layer++ {
		if v, ok := byLayer[layer]; ok {
			points = append(points, plotter.XY{X: float64(layer), Y: min(max(v, floor), top)})
		}
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, dots.Color, dots.Shape, dots.Radius = c, c, draw.CircleGlyph{}, vg.Points(2)
	picture.Add(line, dots)
	picture.Legend.Add(site, line, dots)
	return nil
}

// savePicture writes a picture with a margin around it.
func savePicture(file string, p *plot.Plot) error {
	kind := strings.TrimPrefix(filepath.Ext(file), ".")
	c, err := draw.NewFormattedCanvas(16*vg.Centimeter, 10*vg.Centimeter, kind)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	const margin = 4 * vg.Millimeter
	whole := draw.New(c)
	whole.SetColor(p.BackgroundColor) // of the margin too: an SVG has none of its own
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	return weights.ReplaceFile(file, func(w io.Writer) error {
		_, err := c.WriteTo(w)
		return err
	})
}
