// Package drawing draws a model's graph: ops as boxes with the shapes of their
// values and weights, blocks as boxes around them. It writes DOT, for Graphviz and
// what else reads it, and SVG, which it lays out itself.
package drawing

import (
	"fmt"
	"slices"
	"strings"

	"premlp/layers"
)

// Picture is what is drawn.
type Picture struct {
	Title string
	Nodes []layers.Node // inputs before those who read them
	// Block, where it is not empty, is the only block drawn: its nodes, and those
	// whose values they read.
	Block string
}

// drawn is a node of the picture.
type drawn struct {
	layers.Node
	outer bool // of another block: only its value is of interest
}

// nodes returns the nodes that are drawn.
func (p *Picture) nodes() []drawn {
	inside, read := map[string]bool{}, map[string]bool{}
	for _, n := range p.Nodes {
		if inside[n.Key] = p.Block == "" || n.Block == p.Block; inside[n.Key] {
			for _, in := range n.Inputs {
				read[in] = true
			}
		}
	}
	var list []drawn
	for _, n := range p.Nodes {
		switch {
		case inside[n.Key]:
			list = append(list, drawn{Node: n})
		case read[n.Key]:
			n.Inputs, n.Weights, n.Block, n.Name = nil, nil, "", n.Key
			list = append(list, drawn{Node: n, outer: true})
		}
	}
	return list
}

// lines are a node's text: its name, what it computes and makes, its weights.
func (d *drawn) lines() []string {
	what := d.Kind + " " + d.Shape
	if d.Batch {
		what += ", reads the batch"
	}
	lines := []string{d.Name, what}
	switch len(d.Weights) {
	case 0:
	case 1:
		lines = append(lines, "weight "+weightText(d.Weights[0]))
	default:
		lines = append(lines, fmt.Sprintf("%d weights, the first %s", len(d.Weights), weightText(d.Weights[0])))
	}
	return lines
}

// weightText is the shape and type of a weight.
func weightText(w layers.NodeWeight) string {
	return strings.ReplaceAll(fmt.Sprint(w.Shape), " ", ", ") + " " + w.Type
}

// tags are the sites that the node's value is.
func (d *drawn) tags() []string {
	var tags []string
	for _, p := range d.Points {
		tags = append(tags, p.String())
	}
	return tags
}

// colours of kinds, by what they do.
var colours = []struct {
	fill  string
	kinds []string
}{
	{"#d6e6f5", []string{"linear", "experts"}},
	{"#fbe0c3", []string{"attention", "route"}},
	{"#d9efd3", []string{"rmsnorm", "layernorm"}},
	{"#e6ddf3", []string{"silu", "gelu", "gelu_new", "relu", "relu2", "sigmoid_gate"}},
}

// colour returns the fill of a node.
func (d *drawn) colour() string {
	for _, c := range colours {
		if slices.Contains(c.kinds, d.Kind) && !d.outer {
			return c.fill
		}
	}
	return "#f2f2f2"
}
