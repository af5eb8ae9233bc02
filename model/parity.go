package model

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"premlp/layers"
	"premlp/weights"
)

// ParityOptions says what parity compares and how strictly.
type ParityOptions struct {
	Tolerance Tolerance
	Threads   int
	Device    Device // where it is computed; nil: this machine's processor
	// Of a golden file: one prompt's name, some sites and layers. Empty: all.
	Prompt string
	Sites  []Site
	Layers []int
}

// wants reports whether a prompt's point is to be compared. The logits are of no
// layer.
func (o *ParityOptions) wants(prompt string, p Point) bool {
	return (o.Prompt == "" || o.Prompt == strings.TrimSuffix(prompt, ".")) &&
		(len(o.Sites) == 0 || slices.Contains(o.Sites, p.Site)) &&
		(len(o.Layers) == 0 || p.Site == layers.Logits || slices.Contains(o.Layers, p.Layer))
}

// Parity compares a model's activations with golden ones.
type Parity struct {
	Tolerance Tolerance    `json:"tolerance"`
	Compared  []Comparison `json:"compared"` // prompt by prompt, in the order of computation
	Failures  []string     `json:"failures"` // empty: parity holds
	// First is where the model first leaves the golden values, nil where it does not.
	First *Divergence `json:"first_divergence"`
}

// Comparison is the outcome for one golden tensor, [T, D] rows.
type Comparison struct {
	Prompt    string  `json:"prompt"`    // the name's part before the first dot, "" without one
	Point     string  `json:"point"`     // "mlp_in.3", "logits"
	DType     string  `json:"dtype"`     // in which the golden values are stored
	Tolerance float64 `json:"tolerance"` // of each golden row's max |value|
	Distances
}

// Divergence is the first point, in the order of computation, that is past its
// tolerance.
type Divergence struct {
	Prompt string   `json:"prompt"`
	Point  string   `json:"point"`
	Row    int      `json:"row"`   // the first past the tolerance
	After  string   `json:"after"` // the point before it, which was not; "" where it is the prompt's first
	Ops    []string `json:"ops"`   // keys of what was computed since: one of them diverges first
	Distance
}

// Parity runs the prompts of a golden file through m and compares every site,
// layer and logit that the file holds and the options ask for. The file names its
// tensors as `premlp dump` does, "ids", "logits" and "<site>.<layer>", each
// optionally behind a prompt's name and a dot. A row that is off by more than its
// tolerance, a value that is not finite, a wrong shape, a tensor that cannot be
// compared, and nothing compared at all are failures; the error is for what
// cannot run.
func (m *Model) Parity(ctx context.Context, golden *weights.Safetensors, o ParityOptions) (*Parity, error) {
	prompts, err := m.goldenPrompts(golden)
	if err != nil {
		return nil, err
	}
	p := &Parity{Tolerance: o.Tolerance, Compared: []Comparison{}, Failures: []string{}}
	for _, g := range prompts {
		if o.Prompt == "" || o.Prompt == strings.TrimSuffix(g.name, ".") {
			p.Failures = append(p.Failures, g.failures...)
		}
		g.points = slices.DeleteFunc(g.points, func(at Point) bool { return !o.wants(g.name, at) })
		if len(g.points) == 0 {
			continue
		}
		if err := m.compare(ctx, golden, g, p, o); err != nil {
			return nil, err
		}
	}
	if len(p.Compared) == 0 {
		p.Failures = append(p.Failures, "nothing was compared")
	}
	return p, nil
}

// GoldenPrompts lists the names of a golden file's prompts, "" for one that has
// none.
func GoldenPrompts(golden *weights.Safetensors) []string {
	var names []string
	for name := range golden.Names() {
		if name == "ids" || strings.HasSuffix(name, ".ids") {
			names = append(names, strings.TrimSuffix(strings.TrimSuffix(name, "ids"), "."))
		}
	}
	return names
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
func (m *Model) compare(ctx context.Context, golden *weights.Safetensors, g *goldenPrompt, p *Parity, o ParityOptions) error {
	points := slices.DeleteFunc(slices.Clone(g.points), func(q Point) bool { return q.Site == layers.Logits })
	s, err := m.Session(SessionOptions{Points: points, Logits: len(points) < len(g.points), Threads: o.Threads, Device: o.Device})
	if err != nil {
		return err
	}
	defer s.Close()
	var before *Point // the last point
	return s.Run(ctx, Pack([][]int32{g.ids}, nil), func(at Point, rows Rows) error {
		name := g.name + at.String()
		t, err := golden.Tensor(name, len(g.ids), rows.Dim)
		if err != nil {
			p.Failures = append(p.Failures, err.Error())
			return nil
		}
		c := Comparison{
			Prompt: strings.TrimSuffix(g.name, "."), Point: at.String(), DType: t.DType.String(),
			Tolerance: p.Tolerance.For(at, t.DType.String()), Distances: compareRows(t.Floats(), rows.Data, rows.Dim),
		}
		p.Compared = append(p.Compared, c)
		if !(c.MaxRel <= c.Tolerance) {
			p.Failures = append(p.Failures, fmt.Sprintf("%s: row %d: off by %.3g of its max |value|, want at most %g", name, c.WorstRow, c.MaxRel, c.Tolerance))
			if p.First == nil {
				p.First = c.divergence(s, before, at)
			}
		}
		before = &at
		return nil
	})
}

// divergence describes a comparison that failed, the first of its session s.
func (c *Comparison) divergence(s *Session, before *Point, at Point) *Divergence {
	d := &Divergence{Prompt: c.Prompt, Point: c.Point, Ops: s.machine.Between(before, at)}
	if before != nil {
		d.After = before.String()
	}
	d.Row = slices.IndexFunc(c.Tokens, func(row Distance) bool { return !(row.MaxRel <= c.Tolerance) })
	d.Distance = c.Tokens[d.Row]
	return d
}
