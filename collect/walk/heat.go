package walk

import (
	"fmt"
	"io"
	"math"
	"slices"

	"premlp/model"
)

// Heat are the norms of a site's rows, of the layers that are computed.
type Heat struct {
	Site   string     `json:"site"`
	Tokens []string   `json:"tokens"`
	Layers []int      `json:"layers"`
	Norms  [][]number `json:"norms"` // [layer][token]
}

// Heat reads the norms of a site, "" for resid_post, in all layers that are
// computed.
func (w *Walk) Heat(site string) (*Heat, error) {
	r := &Heat{Site: orElse(site, string(residPost)), Tokens: w.Tokens(), Layers: []int{}, Norms: [][]number{}}
	known := false
	for i, o := range w.ops {
		for _, p := range w.points[o] {
			if string(p.Site) != r.Site {
				continue
			}
			if known = true; i >= w.session.Done() {
				continue
			}
			norms, err := w.normsOf(o)
			if err != nil {
				return nil, err
			}
			r.Layers, r.Norms = append(r.Layers, p.Layer), append(r.Norms, norms)
		}
	}
	if !known {
		_, err := w.place(site)
		if err == nil {
			err = fmt.Errorf("%q: want a site, as mlp_in", site)
		}
		return nil, err
	}
	return r, nil
}

// normsOf returns the norms of an op's rows. They are kept, as a screen asks for
// them at every stop.
func (w *Walk) normsOf(o *model.Op) ([]number, error) {
	if norms, known := w.norms[o]; known {
		return norms, nil
	}
	v, err := w.session.ValueOf(o)
	if err != nil {
		return nil, err
	}
	norms := make([]number, v.Rows)
	for t := range norms {
		norms[t] = number(norm(v.Row(t)))
	}
	w.norms[o] = norms
	return norms, nil
}

// Levels are a layer's norms by their logarithm, from the least, 0, to the largest
// that is not far above the others, 1. One that is far above has +Inf: the first
// token's norm is often a hundred times the others', which would all look alike
// beside it. A norm of 0 has -1, one that is no finite number has NaN.
func (r *Heat) Levels(i int) []float64 {
	levels := make([]float64, len(r.Norms[i]))
	var logs []float64
	for t, n := range r.Norms[i] {
		if levels[t] = math.Log(float64(n)); n > 0 && n-n == 0 {
			logs = append(logs, levels[t])
		}
	}
	low, high, fence := scale(logs)
	for t, n := range r.Norms[i] {
		switch {
		case n-n != 0:
			levels[t] = math.NaN()
		case n == 0:
			levels[t] = -1
		case levels[t] > fence:
			levels[t] = math.Inf(1)
		case high-low < 1e-9:
			levels[t] = 0
		default:
			levels[t] = (levels[t] - low) / (high - low)
		}
	}
	return levels
}

// scale returns the least of some logarithms, the largest that is not far out, and
// where far out begins: above the upper quartile by three times the distance of the
// quartiles (Tukey, Exploratory Data Analysis, 1977), and by a factor of two.
func scale(x []float64) (low, high, fence float64) {
	if len(x) == 0 {
		return 0, 0, 0
	}
	slices.Sort(x)
	lower, upper := x[(len(x)-1)/4], x[3*(len(x)-1)/4]
	fence = upper + max(3*(upper-lower), math.Ln2)
	n := len(x)
	for x[n-1] > fence {
		n--
	}
	return x[0], x[n-1], fence
}

// shades are eight heights of one character.
var shades = []rune("▁▂▃▄▅▆▇█")

// Shade is a level as a character: ^ is far above the others, a space 0, ! no finite
// number.
func Shade(level float64) rune {
	switch {
	case math.IsNaN(level):
		return '!'
	case level < 0:
		return ' '
	case level > 1:
		return '^'
	}
	return shades[int(math.Round(level*float64(len(shades)-1)))]
}

// Strip is a layer's norms as one character a token.
func (r *Heat) Strip(i int) string {
	strip := make([]rune, len(r.Norms[i]))
	for t, level := range r.Levels(i) {
		strip[t] = Shade(level)
	}
	return string(strip)
}

// Print writes a line for each layer.
func (r *Heat) Print(out io.Writer) {
	fmt.Fprintf(out, "norms of %s, a character a token, low to high within the layer, ^ far above\n", r.Site)
	for i, layer := range r.Layers {
		low, high := r.Norms[i][0], r.Norms[i][0]
		for _, n := range r.Norms[i] {
			low, high = min(low, n), max(high, n)
		}
		fmt.Fprintf(out, "%4d %s %10.4g to %.4g\n", layer, r.Strip(i), float64(low), float64(high))
	}
}
