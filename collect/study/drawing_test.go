package study

import (
	"bytes"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRoundTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{-1.2, 5, "-1 0 1 2 3 4 5"},
		{0, 0.73, "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7"},
		{-30, 170, "0 50 100 150"},
	} {
		var have []string
		for _, x := range (roundTicks{}).Ticks(c.low, c.high) {
			have = append(have, x.Label)
		}
		if strings.Join(have, " ") != c.want {
			t.Errorf("%v to %v: want %s, have %s", c.low, c.high, c.want, have)
		}
	}
}

func TestLayerTicks(t *testing.T) {
	for layers, want := range map[int]string{6: "0 1 2 3 4 5", 30: "0 5 10 15 20 25", 80: "0 10 20 30 40 50 60 70"} {
		var labels []string
		for _, x := range layerTicks(layers) {
			if x.Label != "" {
				labels = append(labels, x.Label)
			}
		}
		if have := strings.Join(labels, " "); have != want {
			t.Errorf("%d layers: want %s, have %s", layers, want, have)
		}
	}
}

// TestHeat: darker is more, and what lies outside has the ends' colours.
func TestHeat(t *testing.T) {
	light := func(v float64) int { c := heat(v).(color.NRGBA); return int(c.R) + int(c.G) + int(c.B) }
	for v := 0.5; v < 0.99; v += 0.01 {
		if light(v) <= light(v+0.01) {
			t.Errorf("%.2f: want it lighter than the next, have %d and %d", v, light(v), light(v+0.01))
		}
	}
	if heat(0.2) != heat(0.5) || heat(1.5) != heat(1) {
		t.Error("want the ends' colours outside")
	}
}

// TestSheet: the data areas of all panels have the same edges.
func TestSheet(t *testing.T) {
	s := &sheet{width: 600, height: 500, layers: 4}
	for _, values := range [][]float64{{0, 1, 2, 3}, {-12345, 0, 1e6, 5}} {
		d := &drawer{plot: newPanelPlot(4, "y"), legend: &legend{}}
		d.curve(values, blue, 2, nil, "one")
		if d.err != nil {
			t.Fatal(d.err)
		}
		s.panels = append(s.panels, panel{d.plot, "title", 0.5, d.legend.draw(d.plot.X.Label.TextStyle)})
	}
	path := filepath.Join(t.TempDir(), "p.png")
	if err := s.save(path, "png"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	// The y axes: in each half, the column with most dark points.
	axis := func(from, to int) (at int) {
		most := 0
		for x := range img.Bounds().Dx() / 2 {
			n := 0
			for y := from; y < to; y++ {
				if r, _, _, _ := img.At(x, y).RGBA(); r < 0x4000 {
					n++
				}
			}
			if n > most {
				most, at = n, x
			}
		}
		return at
	}
	h := img.Bounds().Dy()
	if a, b := axis(0, h/2), axis(h/2, h); a != b || a == 0 {
		t.Errorf("want the axes below each other, have them at %d and %d", a, b)
	}
	if err := s.save(path, "gif"); err == nil || !strings.Contains(err.Error(), "want svg or png") {
		t.Errorf("have %v", err)
	}
}
