package model

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"premlp/layers"
	"premlp/weights"
)

// Parity compares a model's activations with golden ones.
type Parity struct {
	Tolerance float64      `json:"tolerance"` // of each golden row's max |value|
	Compared  []Comparison `json:"compared"`
	Failures  []string     `json:"failures"` // empty: parity holds
}

// Comparison is the outcome for one golden tensor, [T, D] rows.
type Comparison struct {
	Prompt   string  `json:"prompt"` // the name's part before the first dot, "" without one
	Point    string  `json:"point"`  // "mlp_in.3", "logits"
	MaxAbs   float64 `json:"max_abs"`
	MaxRel   float64 `json:"max_rel"` // largest |ours-golden| over the row's max |golden|
	Cosine   float64 `json:"cosine"`  // smallest over rows
	WorstRow int     `json:"worst_row"`
	Rows     int     `json:"rows"`
}

// DefaultTolerance is the largest error that parity allows in float32, as a
// share of a golden row's max |value|.
const DefaultTolerance = 2e-5

// Parity runs the prompts of a golden file through m and compares every site,
// layer and logit the file holds. The file names its tensors as `premlp dump`
// does, "ids", "logits" and "<site>.<layer>", each optionally behind a prompt's
// name and a dot. A row off by more than tolerance times its max |value|, a
// value that is not finite, a wrong shape, a tensor that is not compared, and
// nothing compared at all are failures; the error is for what cannot run.
func (m *Model) Parity(ctx context.Context, golden *weights.Safetensors, tolerance float64, threads int) (*Parity, error) {
	prompts, err := m.goldenPrompts(golden)
	if err != nil {
		return nil, err
	}
	p := &Parity{Tolerance: tolerance, Compared: []Comparison{}, Failures: []string{}}
	for _, g := range prompts {
		p.Failures = append(p.Failures, g.failures...)
		if len(g.points) == 0 {
			continue
		}
		if err := m.compare(ctx, golden, g, p, threads); err != nil {
			return nil, err
		}
	}
	if len(p.Compared) == 0 {
		p.Failures = append(p.Failures, "nothing was compared")
	}
	return p, nil
}

// goldenPrompt is one prompt of a golden file.
type goldenPrompt struct {
	name     string // with its dot, or ""
	ids      []int32
	points   []Point
	failures []string
}

// goldenPrompts sorts the tensors of a golden file by prompt.
func (m *Model) goldenPrompts(golden *weights.Safetensors) ([]*goldenPrompt, error) {
	byName := map[string]*goldenPrompt{}
	var prompts []*goldenPrompt
	for name := range golden.Names() {
		if name != "ids" && !strings.HasSuffix(name, ".ids") {
			continue
		}
		ids, err := golden.Ints(name)
		if err != nil {
			return nil, err
		}
		g := &goldenPrompt{name: strings.TrimSuffix(name, "ids"), ids: ids}
		byName[g.name] = g
		prompts = append(prompts, g)
	}
	if len(prompts) == 0 {
		return nil, fmt.Errorf("golden file: want a tensor named ids or PROMPT.ids, have none")
	}
	for name := range golden.Names() {
		if name == "ids" || strings.HasSuffix(name, ".ids") {
			continue
		}
		prefix, point := splitGolden(name, byName)
		g := byName[prefix]
		if g == nil {
			prompts[0].failures = append(prompts[0].failures, name+": not compared: no ids for its prompt")
		} else if p, err := parsePoint(point); err != nil {
			g.failures = append(g.failures, fmt.Sprintf("%s: not compared: %v", name, err))
		} else if err := m.checkPoints([]Point{p}); err != nil {
			g.failures = append(g.failures, fmt.Sprintf("%s: not compared: %v", name, err))
		} else {
			g.points = append(g.points, p)
		}
	}
	return prompts, nil
}

// splitGolden cuts a tensor's name into its prompt's prefix and its point.
func splitGolden(name string, prompts map[string]*goldenPrompt) (prefix, point string) {
	if prefix, point, ok := strings.Cut(name, "."); ok && prompts[prefix+"."] != nil {
		return prefix + ".", point
	}
	return "", name
}

// parsePoint parses "logits" or "<site>.<layer>".
func parsePoint(s string) (Point, error) {
	if s == string(layers.Logits) {
		return Point{Site: layers.Logits}, nil
	}
	name, number, _ := strings.Cut(s, ".")
	site, err := layers.ParseSite(name)
	if err != nil {
		return Point{}, err
	}
	layer, err := strconv.Atoi(number)
	if err != nil {
		return Point{}, fmt.Errorf("layer %q: want a number", number)
	}
	return Point{Site: site, Layer: layer}, nil
}

// compare runs one prompt and compares all its points.
func (m *Model) compare(ctx context.Context, golden *weights.Safetensors, g *goldenPrompt, p *Parity, threads int) error {
	points := slices.DeleteFunc(slices.Clone(g.points), func(q Point) bool { return q.Site == layers.Logits })
	s, err := m.Session(SessionOptions{Points: points, Logits: len(points) < len(g.points), Threads: threads})
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Run(ctx, Pack([][]int32{g.ids}, nil), func(at Point, rows Rows) error {
		name := g.name + at.String()
		t, err := golden.Tensor(name, len(g.ids), rows.Dim)
		if err != nil {
			p.Failures = append(p.Failures, err.Error())
			return nil
		}
		c := compareRows(t.Floats(), rows.Data, rows.Dim)
		c.Prompt, c.Point = strings.TrimSuffix(g.name, "."), at.String()
		p.Compared = append(p.Compared, c)
		if !(c.MaxRel <= p.Tolerance) {
			p.Failures = append(p.Failures, fmt.Sprintf("%s: row %d: off by %.3g of its max |value|, want at most %g", name, c.WorstRow, c.MaxRel, p.Tolerance))
		}
		return nil
	})
}

// compareRows compares rows of d values. A value that is not finite on either
// side, and any error against a row of zeros, counts as the largest float64:
// JSON knows no infinity.
func compareRows(golden, ours []float32, d int) Comparison {
	c := Comparison{Cosine: 1, Rows: len(golden) / max(d, 1)}
	for r := range c.Rows {
		a, b := golden[r*d:(r+1)*d], ours[r*d:(r+1)*d]
		var top, off, dot, aa, bb float64
		for i := range a {
			x, y := float64(a[i]), float64(b[i])
			if diff := math.Abs(x - y); diff > off || math.IsNaN(diff) || math.IsInf(x, 0) {
				off = diff
			}
			if math.IsNaN(off) || math.IsInf(x, 0) {
				off = math.Inf(1)
			}
			top = max(top, math.Abs(x))
			dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
		}
		rel := 0.0
		if off > 0 {
			rel = min(off/top, math.MaxFloat64)
		}
		if math.IsNaN(rel) {
			rel = math.MaxFloat64
		}
		c.MaxAbs = min(max(c.MaxAbs, off), math.MaxFloat64)
		if rel > c.MaxRel {
			c.MaxRel, c.WorstRow = rel, r
		}
		if cos := dot / math.Sqrt(aa*bb); cos <= c.Cosine {
			c.Cosine = cos
		} else if math.IsNaN(cos) && (aa > 0 || bb > 0) {
			c.Cosine = 0
		}
	}
	return c
}
